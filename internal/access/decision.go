package access

import "github.com/tenantgate/tenantgate/internal/tenancy"

// Decision says whether a request may go on, and why not.
type Decision struct {
	Allowed bool
	// Reason is NotRefused exactly where Allowed is true.
	Reason Reason
	// User is who asked; zero: the token leads to nobody.
	User tenancy.UserID
	// Tenant is the one the request selected, whether or not it exists; zero:
	// none was selected, or none of that name exists.
	Tenant tenancy.TenantID
	// Membership is what the request may be forwarded as. It is set only where
	// Allowed is true.
	Membership tenancy.Membership
}

// Reason is why a request was refused: one of the constants below.
type Reason uint8

// The reasons. The code of each, which clients see, is in Reason.String.
const (
	// Unavailable: nobody could find out; the error beside it says what failed.
	// It is the zero Reason, so that an answer which was not filled in is closed.
	Unavailable Reason = iota
	// NotRefused: nothing speaks against it.
	NotRefused
	// BadSelector: X-Tenant is not one tenant's id or slug.
	BadSelector
	// TenantRequired: nothing says which tenant the request is for.
	TenantRequired
	// TenantConflict: the host belongs to one tenant and X-Tenant names another.
	TenantConflict
	// TokenInvalid: the token's user is unknown, suspended or deleted, or the token
	// was ended before its time.
	TokenInvalid
	// NotAMember: the user is no active member of the tenant, or there is none of
	// that name. The two are one reason, so that strangers cannot tell them apart.
	NotAMember
	// TenantSuspended: an active member of a tenant that is suspended.
	TenantSuspended
	// RoleRequired: an active member whose role is too low.
	RoleRequired
)

var codes = [...]string{
	Unavailable:     "membership_unavailable",
	NotRefused:      "",
	BadSelector:     "bad_request",
	TenantRequired:  "tenant_required",
	TenantConflict:  "tenant_conflict",
	TokenInvalid:    "token_invalid",
	NotAMember:      "not_a_member",
	TenantSuspended: "tenant_suspended",
	RoleRequired:    "role_required",
}

// String returns the stable problem code, empty for NotRefused.
func (r Reason) String() string { return codes[r] }

// Reconsider returns why a request of that subject, which was let through before,
// would be refused as the needed role now.
func Reconsider(m tenancy.Membership, subject tenancy.Subject, need tenancy.Role) Reason {
	return judge(m, subject, need)
}

// judge says why the bearer of a token, who has this membership, may not act as
// the needed role. What it does not know is closed.
func judge(m tenancy.Membership, subject tenancy.Subject, need tenancy.Role) Reason {
	known := m.Role >= tenancy.RoleViewer && m.Role <= tenancy.RoleAdmin
	switch {
	case m.UserStatus != tenancy.StatusActive || m.Signouts.Cover(subject):
		return TokenInvalid
	case m.Tenant.IsZero() || !known || m.Status != tenancy.StatusActive:
		return NotAMember
	case m.TenantStatus == tenancy.StatusSuspended:
		return TenantSuspended
	case m.TenantStatus != tenancy.StatusActive:
		return NotAMember
	case !m.Role.AtLeast(need):
		return RoleRequired
	}
	return NotRefused
}
