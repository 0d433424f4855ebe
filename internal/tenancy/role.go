package tenancy

import "fmt"

// Role is what a member may do inside one tenant. Roles are ordered:
// RoleNone < RoleViewer < RoleMember < RoleAdmin, so "at least" is a comparison.
type Role uint8

// The roles of a tenant. RoleNone is the role of somebody who is no member.
const (
	RoleNone Role = iota
	RoleViewer
	RoleMember
	RoleAdmin
)

var roleNames = [...]string{"none", "viewer", "member", "admin"}

// ParseRole reads "viewer", "member" or "admin". "none" is not a role that
// anybody can be given.
func ParseRole(s string) (Role, error) {
	for role := RoleViewer; role <= RoleAdmin; role++ {
		if roleNames[role] == s {
			return role, nil
		}
	}
	return RoleNone, fmt.Errorf("unknown role %q: want viewer, member or admin", s)
}

// AtLeast reports whether r includes all that want may do.
func (r Role) AtLeast(want Role) bool { return r >= want }

// String returns the name that headers, JSON and SQL use.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// MarshalText writes the form of String.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRole reads.
func (r *Role) UnmarshalText(text []byte) error {
	role, err := ParseRole(string(text))
	if err != nil {
		return err
	}
	*r = role
	return nil
}

// PlatformRole is what a user may do across tenants. It is never a tenant role
// and opens no tenant's data at the gate.
type PlatformRole string

// The platform roles.
const (
	PlatformUser  PlatformRole = "user"
	PlatformAdmin PlatformRole = "platform_admin"
)
