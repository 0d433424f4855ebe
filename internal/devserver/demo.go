package devserver

import (
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Password opens every demo account. It is published, so the accounts are put
// only into databases that hold nothing else.
const Password = "demo-password"

// Tenant is a tenant of the demo. Its id never changes, so that pasted commands
// work on every machine.
type Tenant struct {
	ID         tenancy.TenantID
	Slug, Name string
	Status     tenancy.Status
	MaxUsers   int
	// JoinPolicy is the config of that name; empty: not set.
	JoinPolicy string
}

// Person is an account of the demo, with roles by the tenants' slugs.
type Person struct {
	ID       tenancy.UserID
	Email    tenancy.Email
	Name     string
	Platform tenancy.PlatformRole // empty: a plain user
	// The person starts in the first of these in the order of Tenants.
	Roles []TenantRole
}

// TenantRole is a membership of the demo.
type TenantRole struct {
	Tenant string // its slug
	Role   tenancy.Role
}

// Tenants returns the demo's tenants: two ordinary ones, a suspended one, and
// one that anybody may join until its few seats are taken.
func Tenants() []Tenant {
	const active, suspended = tenancy.StatusActive, tenancy.StatusSuspended
	return []Tenant{
		{ID: tenantID(1), Slug: "acme", Name: "Acme Support", Status: active, MaxUsers: 25},
		{ID: tenantID(2), Slug: "globex", Name: "Globex Care", Status: active, MaxUsers: 10},
		{ID: tenantID(3), Slug: "initech", Name: "Initech Helpdesk", Status: suspended, MaxUsers: 10},
		{ID: tenantID(4), Slug: "umbrella", Name: "Umbrella Hotline", Status: active, MaxUsers: 3, JoinPolicy: "open"},
	}
}

// People returns the demo's accounts: every role, people in more than one
// tenant, somebody in none, and a platform admin, who must stay the last (see
// Seed).
func People() []Person {
	const viewer, member, admin = tenancy.RoleViewer, tenancy.RoleMember, tenancy.RoleAdmin
	return []Person{
		{ID: userID(1), Email: "alice@acme.test", Name: "Alice Adams", Roles: []TenantRole{{Tenant: "acme", Role: admin}, {Tenant: "globex", Role: viewer}}},
		{ID: userID(2), Email: "bob@acme.test", Name: "Bob Baker", Roles: []TenantRole{{Tenant: "acme", Role: member}}},
		{ID: userID(3), Email: "carol@acme.test", Name: "Carol Clark", Roles: []TenantRole{{Tenant: "acme", Role: viewer}}},
		{ID: userID(4), Email: "dave@globex.test", Name: "Dave Davis", Roles: []TenantRole{{Tenant: "globex", Role: admin}, {Tenant: "acme", Role: member}}},
		{ID: userID(5), Email: "peggy@globex.test", Name: "Peggy Price", Roles: []TenantRole{{Tenant: "globex", Role: viewer}}},
		{ID: userID(6), Email: "frank@initech.test", Name: "Frank Fox", Roles: []TenantRole{{Tenant: "initech", Role: admin}}},
		{ID: userID(7), Email: "ursula@umbrella.test", Name: "Ursula Unger", Roles: []TenantRole{{Tenant: "umbrella", Role: admin}}},
		{ID: userID(8), Email: "erin@nowhere.test", Name: "Erin Evans"},
		{ID: userID(9), Email: "root@tenantgate.test", Name: "Root", Platform: tenancy.PlatformAdmin},
	}
}

func tenantID(n byte) tenancy.TenantID { return tenancy.TenantID(demoUUID(0xa0, n)) }

func userID(n byte) tenancy.UserID { return tenancy.UserID(demoUUID(0xb0, n)) }

// demoUUID returns a UUIDv7 (RFC 9562, section 5.7) of the first of January 2026.
func demoUUID(kind, n byte) [16]byte {
	return [16]byte{0x01, 0x9b, 0x76, 0xda, 0xa8, 0x00, 0x70, 0x00, 0x80, 0x00, 0, 0, 0, 0, kind, n}
}
