package tenancy

import (
	"encoding/hex"
	"fmt"
)

// ID is a UUID (RFC 9562) that cannot be mistaken for the ID of something
// else: TenantID and UserID are different types, so swapping two arguments
// does not compile. The zero ID names nothing.
type ID[Kind any] [16]byte

type (
	tenantKind     struct{}
	userKind       struct{}
	memberKind     struct{}
	sessionKind    struct{}
	invitationKind struct{}
	mailKind       struct{}
	entryKind      struct{}
)

// The ids of the domain. New ones are UUIDv7, made by whoever creates the row.
type (
	// TenantID names a tenant.
	TenantID = ID[tenantKind]
	// UserID names a user.
	UserID = ID[userKind]
	// MemberID names a membership.
	MemberID = ID[memberKind]
	// SessionID names a sign-in.
	SessionID = ID[sessionKind]
	// InvitationID names an invitation.
	InvitationID = ID[invitationKind]
	// MailID names a mail to send.
	MailID = ID[mailKind]
	// EntryID names an entry of the audit log.
	EntryID = ID[entryKind]
)

// ParseID reads the 36-character form of RFC 9562, section 4, in either case.
// It refuses the other spellings that UUID libraries accept (braces, URN, no
// hyphens): a thing with two names is a thing a rule can miss.
func ParseID[Kind any](s string) (ID[Kind], error) {
	var id ID[Kind]
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID[Kind]{}, errNotUUID
	}
	for _, part := range [...]struct{ to, from, end int }{{0, 0, 8}, {4, 9, 13}, {6, 14, 18}, {8, 19, 23}, {10, 24, 36}} {
		if _, err := hex.Decode(id[part.to:], []byte(s[part.from:part.end])); err != nil {
			return ID[Kind]{}, errNotUUID
		}
	}
	return id, nil
}

// ParseTenantID is [ParseID] for tenants.
func ParseTenantID(s string) (TenantID, error) { return ParseID[tenantKind](s) }

// ParseUserID is [ParseID] for users.
func ParseUserID(s string) (UserID, error) { return ParseID[userKind](s) }

// ParseMemberID is [ParseID] for members.
func ParseMemberID(s string) (MemberID, error) { return ParseID[memberKind](s) }

// ParseSessionID is [ParseID] for sessions.
func ParseSessionID(s string) (SessionID, error) { return ParseID[sessionKind](s) }

// ParseInvitationID is [ParseID] for invitations.
func ParseInvitationID(s string) (InvitationID, error) { return ParseID[invitationKind](s) }

// IsZero reports whether the id names nothing.
func (id ID[Kind]) IsZero() bool { return id == ID[Kind]{} }

// String returns the lower-case 36-character form.
func (id ID[Kind]) String() string {
	var b [36]byte
	return string(id.AppendTo(b[:0]))
}

// AppendTo appends the form of String to b.
func (id ID[Kind]) AppendTo(b []byte) []byte {
	for i, part := range [...][]byte{id[0:4], id[4:6], id[6:8], id[8:10], id[10:16]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}

// MarshalText writes the form of String; it makes ids readable in JSON.
func (id ID[Kind]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what ParseID reads.
func (id *ID[Kind]) UnmarshalText(text []byte) error {
	parsed, err := ParseID[Kind](string(text))
	if err != nil {
		return fmt.Errorf("reading id: %w", err)
	}
	*id = parsed
	return nil
}
