package tenancy

import "time"

// Member is a membership as people see it: who, in which role, since when.
type Member struct {
	ID       MemberID
	TenantID TenantID
	UserID   UserID
	Email    Email
	Claimed  bool // the address is not proven
	Name     string
	Role     Role
	Status   Status
	JoinedAt time.Time
	Version  int64 // of the membership alone
}

// Person is somebody who did something, as others are shown them. Address and
// name are empty where the account is gone.
type Person struct {
	ID    UserID // zero: an operator, or the gateway itself
	Email Email
	Name  string
}

// MemberFilter says which members of a tenant are asked for. Zero fields ask
// for all.
type MemberFilter struct {
	Text   string // what the address, the name, or its last word begins with, in any case
	Role   Role
	Status Status
	Page
}

// MemberPage is what a listing of members found.
type MemberPage struct {
	Members []Member
	// More is the place to go on after where a search stopped before it had filled
	// the page; zero: it did not.
	More MemberID
}

// MemberChange says what becomes of a member. Nil fields stay.
type MemberChange struct {
	Role   *Role
	Status *Status // active or suspended
	Match  Match   // of the version of the membership
}

// Invitation keeps a seat for an address until it is accepted, revoked or
// expired.
type Invitation struct {
	ID        InvitationID
	TenantID  TenantID
	Email     Email
	Role      Role
	Status    InvitationStatus
	InvitedBy Person
	CreatedAt time.Time
	ExpiresAt time.Time
}

// InvitationStatus is what has become of an invitation.
type InvitationStatus string

// The states of an invitation. One that was pending is expired from the moment
// its time is over, whatever the row says.
const (
	InvitationPending  InvitationStatus = "pending"
	InvitationAccepted InvitationStatus = "accepted"
	InvitationRevoked  InvitationStatus = "revoked"
	InvitationExpired  InvitationStatus = "expired"
)

// InvitationFilter says which invitations of a tenant are asked for.
type InvitationFilter struct {
	Status InvitationStatus // empty: pending
	Page
}

// TenantInvitation is an invitation as the person sees whom it asks in.
type TenantInvitation struct {
	Invitation
	TenantName string
	TenantSlug string
}

// Acceptance names the invitation that somebody accepts: exactly one is set.
type Acceptance struct {
	// TokenHash is SHA-256 of the token in the mail. Whoever has the token reads
	// the mail of that address, so it proves the address too.
	TokenHash []byte
	// ID is for those whose address is verified.
	ID       InvitationID
	MemberID MemberID // of the membership that is made
}

// Accepted is the outcome of an acceptance.
type Accepted struct {
	Tenant TenantEntry
	Member Member
}

// NewMember asks for somebody to be let into a tenant. Which of the two it
// becomes, a membership or an invitation, depends on whether the address has
// an account and on InviteOnly; the ids for both are chosen by the caller.
type NewMember struct {
	Email      Email
	Role       Role
	InviteOnly bool // an existing account is invited too, not added
	MemberID   MemberID
	Invitation NewInvitation
}

// NewInvitation carries what an invitation needs if one has to be made.
type NewInvitation struct {
	ID        InvitationID
	TokenHash []byte // SHA-256 of the one-use token; the token itself is never stored
	ExpiresAt time.Time
}

// Added is the outcome of adding somebody: exactly one of the two is set.
type Added struct {
	Member     *Member
	Invitation *Invitation
}

// MemberRef names a member of a tenant by address or by id: exactly one is set.
type MemberRef struct {
	Email Email
	ID    MemberID
}
