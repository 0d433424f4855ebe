package tenancy

import "context"

// Key names one membership, whether or not it exists.
type Key struct {
	User   UserID
	Tenant TenantID
}

// Membership is all that the gate must know of a (user, tenant) pair to decide
// and to write its headers. It is a value: caches hand out copies.
//
// Where the tenant, the user or the membership does not exist, Role is RoleNone
// and the statuses of what is missing are empty; that is an answer, not an error.
type Membership struct {
	Key
	TenantSlug   string
	TenantStatus Status
	Email        Email
	UserStatus   Status
	Role         Role
	Status       Status
	// Version changes whenever any of the above does, and only grows.
	Version int64
	// Signouts are the user's.
	Signouts Signouts
}

// Found reports whether there is what was asked for: a membership, or for a key
// without a tenant a user. What is not there may come to be at any moment.
func (m Membership) Found() bool {
	return m.Role != RoleNone || m.Tenant.IsZero() && m.UserStatus != ""
}

// Memberships answers who is what in which tenant. Postgres is the truth;
// caches decorate it, each one in front of the next.
type Memberships interface {
	// Membership looks one pair up; a key without a tenant asks about the user
	// alone. It returns ErrUnavailable (wrapped) where no layer can answer; it
	// never guesses.
	Membership(ctx context.Context, key Key) (Membership, error)
}

// NameKind says what sort of name a Name is.
type NameKind uint8

// The names a tenant can be found by.
const (
	BySlug NameKind = iota
	ByDomain
)

// Name is a name of a tenant, already in its canonical form.
type Name struct {
	Kind  NameKind
	Value string
}

// Directory finds tenants by what requests call them. It says nothing of
// whether they may be entered.
type Directory interface {
	// TenantNamed returns the tenant of that name, or the zero id where none has
	// it. It returns ErrUnavailable (wrapped) where nobody can say.
	TenantNamed(ctx context.Context, name Name) (TenantID, error)
	// CurrentTenant returns the user's stored default, or the zero id. Errors as
	// for TenantNamed.
	CurrentTenant(ctx context.Context, user UserID) (TenantID, error)
}

// Identities maps people of trusted issuers to our users.
type Identities interface {
	// UserOf returns the user behind (Issuer, Subject). Where none is mapped yet
	// and the identity may be provisioned (Provision, and a verified address that
	// ParseEmail accepts), the user of that address is mapped, or made, now.
	// Otherwise it returns the zero id. Errors as for Directory.
	UserOf(ctx context.Context, identity Identity) (UserID, error)
}

// Change names what a write has touched, for caches to forget. A zero User
// means everybody in Tenant, a zero Tenant means User everywhere; Names are
// names whose tenant may be another one now. A Change that names nothing means
// everything.
type Change struct {
	Key
	Names []Name
	// Gives says that the write takes nothing away from anybody: nobody need wait
	// until other replicas have heard of it.
	Gives bool
}

// Everything reports whether the change names nothing.
func (c Change) Everything() bool {
	return c.User.IsZero() && c.Tenant.IsZero() && len(c.Names) == 0
}

// Invalidator forgets. When Invalidate has returned, no later look-up through
// this layer answers from what it knew before; where a layer cannot be sure of
// that (its store is away), it stops answering until it can.
type Invalidator interface {
	Invalidate(ctx context.Context, changes ...Change)
}
