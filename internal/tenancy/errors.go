package tenancy

import (
	"errors"
	"strings"
)

// The refusals and faults that layers share. Adapters translate into them and
// wrap with what they were doing; httpapi maps each to one status and code.
var (
	// ErrNotFound: no such thing, or none that the caller may know of.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable: the answer cannot be had now; retrying may help.
	ErrUnavailable = errors.New("unavailable")
	// ErrNotMember: the caller is no (active) member, or there is no such tenant.
	// The two are one error because they must be one answer.
	ErrNotMember = errors.New("not a member of this tenant")
	// ErrRoleRequired: a member, but of too low a role.
	ErrRoleRequired = errors.New("a higher role is required")
	// ErrTenantSuspended: a member, but the tenant is suspended.
	ErrTenantSuspended = errors.New("the tenant is suspended")
	// ErrUserInactive: the token's user is suspended, deleted or unknown.
	ErrUserInactive = errors.New("the user is not active")
	// ErrAlreadyMember: the address has a membership or a pending invitation.
	ErrAlreadyMember = errors.New("already a member")
	// ErrLastAdmin: the tenant would be left without an active admin.
	ErrLastAdmin = errors.New("a tenant needs an admin")
	// ErrSeatLimit: members and pending invitations fill all seats.
	ErrSeatLimit = errors.New("no seat is left")
	// ErrSlugTaken: another tenant has that slug.
	ErrSlugTaken = errors.New("the slug is taken")
	// ErrInvitationGone: used by another, revoked, expired, of another address, or
	// none. They are one error because they must be one answer.
	ErrInvitationGone = errors.New("the invitation is gone")
	// ErrDomainTaken: another tenant has that domain.
	ErrDomainTaken = errors.New("the domain is taken")
	// ErrDomainUnproven: the record that proves the domain is not there.
	ErrDomainUnproven = errors.New("the domain is not proven")
	// ErrNameServer: no name server could say whether that record is there.
	ErrNameServer = errors.New("no name server answers")
	// ErrAddressTaken: another account has that address.
	ErrAddressTaken = errors.New("the address has an account")
	// ErrVersionMismatch: the change was meant for another version (see Match).
	ErrVersionMismatch = errors.New("it has another version")
	// ErrJoinRefused: no such tenant, or none that lets this address in.
	ErrJoinRefused = errors.New("the tenant cannot be joined with this address")
	// ErrLinkGone: used, expired, of somebody else, or never made.
	ErrLinkGone = errors.New("the link is gone")
	// ErrRefreshRefused: no refresh token of ours, one that was used before, or one
	// whose session has ended; never say which.
	ErrRefreshRefused = errors.New("the refresh token is not good")
	// ErrBadCredentials: unknown address or wrong password; never say which.
	ErrBadCredentials = errors.New("address or password is wrong")
)

// Violation is one thing wrong with an input.
type Violation struct {
	// Pointer is a JSON pointer (RFC 6901) to the field, e.g. "/email"; for a
	// parameter of the path or the query it is "/" and its name.
	Pointer string
	// In says where the field stands: "body", "path", "query" or "header".
	In     string
	Detail string
}

// InvalidError is an input that cannot be accepted, with all that is wrong
// with it.
type InvalidError struct {
	Violations []Violation
}

// Invalid returns an InvalidError of one violation in the body.
func Invalid(pointer, detail string) *InvalidError {
	return &InvalidError{Violations: []Violation{{Pointer: pointer, In: "body", Detail: detail}}}
}

// Error lists the fields and what is wrong with each.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		parts[i] = v.In + " " + v.Pointer + ": " + v.Detail
	}
	return "invalid input: " + strings.Join(parts, "; ")
}

var errNotUUID = errors.New("not a UUID: want 8-4-4-4-12 hexadecimal digits")
