package tenancy

import "time"

// Member is a membership as people see it: who, in which role, since when.
type Member struct {
	ID       MemberID
	TenantID TenantID
	UserID   UserID
	Email    Email
	Name     string
	Role     Role
	Status   Status
	JoinedAt time.Time
}

// Invitation keeps a seat for an address until it is accepted, revoked or
// expired.
type Invitation struct {
	ID        InvitationID
	TenantID  TenantID
	Email     Email
	Role      Role
	Status    string // "pending"
	CreatedAt time.Time
	ExpiresAt time.Time
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
