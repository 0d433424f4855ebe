package manage

import (
	"context"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Store is what the use cases need kept. Each method is one transaction; those
// that write check the caller's rights inside it, write the audit row in it,
// and return what caches must forget once it is committed.
//
// Every method returns tenancy.ErrUnavailable (wrapped) where the store cannot
// answer. A method that takes a caller and a tenant returns
// tenancy.ErrNotMember, tenancy.ErrTenantSuspended or tenancy.ErrRoleRequired
// where the caller may not do this; the use cases add no check of their own.
type Store interface {
	MemberStore
	InvitationStore
	SettingStore
	AuditStore
	SessionStore
	LifeStore
	PersonStore

	// Account returns the account of an address, or tenancy.ErrNotFound.
	Account(ctx context.Context, email tenancy.Email) (tenancy.Account, error)
	// User returns an active user, or tenancy.ErrUserInactive.
	User(ctx context.Context, id tenancy.UserID) (tenancy.User, error)
	// CreateUser makes an account, or returns tenancy.ErrAddressTaken.
	CreateUser(ctx context.Context, user tenancy.NewUser) (tenancy.User, error)
	// Candidates returns the accounts that a password for an address may be meant
	// for: its owner, and the newest account that claims it. Either may be missing.
	Candidates(ctx context.Context, email tenancy.Email) (owner, claim *tenancy.Account, err error)

	// Tenant returns the tenant with its config and the caller's role in it.
	Tenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error)
	// Seats counts who fills the tenant.
	Seats(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Seats, error)
	// ListedTenants returns the active tenants that list themselves for
	// registration: those whose join_policy is "open" or "domain".
	ListedTenants(ctx context.Context, page tenancy.Page) ([]tenancy.TenantEntry, error)
	// TenantsOf returns the tenants the caller is an active member of, suspended
	// ones included, deleted ones not.
	TenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error)
	// DeletedTenantsOf returns the deleted tenants that the caller may restore.
	DeletedTenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error)
	// AllTenants returns every tenant to a platform admin, and
	// tenancy.ErrRoleRequired to anybody else.
	AllTenants(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error)

	// SwitchTenant stores the caller's current tenant, and that of their session.
	SwitchTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Entered, []tenancy.Change, error)
	// AddMember lets somebody in or invites them. Besides the caller's errors:
	// tenancy.ErrAlreadyMember (a member, or invited already) and
	// tenancy.ErrSeatLimit.
	AddMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, member tenancy.NewMember) (tenancy.Added, []tenancy.Change, error)
	// RemoveMember ends a membership, or the pending invitation of that address.
	// Besides the caller's errors: tenancy.ErrNotFound and tenancy.ErrLastAdmin.
	RemoveMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, member tenancy.MemberRef) ([]tenancy.Change, error)
}
