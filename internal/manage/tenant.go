package manage

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MaxPage is the most items a list returns at once.
const MaxPage = 100

// Profile returns the caller's own user, or tenancy.ErrUserInactive.
func (s *Service) Profile(ctx context.Context, caller tenancy.Caller) (tenancy.User, error) {
	user, err := s.Store.User(ctx, caller.User)
	if err != nil {
		return tenancy.User{}, fmt.Errorf("loading the caller: %w", err)
	}
	return user, nil
}

// Tenant returns a tenant of the caller with its config and their role in it.
func (s *Service) Tenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.TenantEntry, error) {
	entry, err := s.Store.Tenant(ctx, caller, id)
	if err != nil {
		return tenancy.TenantEntry{}, fmt.Errorf("loading the tenant: %w", err)
	}
	return entry, nil
}

// Seats counts who fills a tenant of the caller.
func (s *Service) Seats(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (tenancy.Seats, error) {
	seats, err := s.Store.Seats(ctx, caller, id)
	if err != nil {
		return tenancy.Seats{}, fmt.Errorf("counting the seats: %w", err)
	}
	return seats, nil
}

// ListedTenants returns the tenants that list themselves for registration.
func (s *Service) ListedTenants(ctx context.Context, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	entries, err := s.Store.ListedTenants(ctx, page)
	if err != nil {
		return nil, fmt.Errorf("listing open tenants: %w", err)
	}
	return entries, nil
}

// TenantsOf returns the tenants the caller is an active member of, or
// tenancy.ErrUserInactive: a list is not bound to one tenant, so no membership
// check has looked at the user yet.
func (s *Service) TenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	if _, err := s.Profile(ctx, caller); err != nil {
		return nil, err
	}
	entries, err := s.Store.TenantsOf(ctx, caller, page)
	if err != nil {
		return nil, fmt.Errorf("listing the caller's tenants: %w", err)
	}
	return entries, nil
}

// DeletedTenantsOf returns the deleted tenants that the caller may restore: those
// whose admin they were, until they are purged. Or tenancy.ErrUserInactive.
func (s *Service) DeletedTenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	if _, err := s.Profile(ctx, caller); err != nil {
		return nil, err
	}
	entries, err := s.Store.DeletedTenantsOf(ctx, caller, page)
	if err != nil {
		return nil, fmt.Errorf("listing the caller's deleted tenants: %w", err)
	}
	return entries, nil
}

// AllTenants returns every tenant to a platform admin. It returns
// tenancy.ErrRoleRequired to anybody else, and tenancy.ErrUserInactive.
func (s *Service) AllTenants(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantEntry, error) {
	if _, err := s.Profile(ctx, caller); err != nil {
		return nil, err
	}
	entries, err := s.Store.AllTenants(ctx, caller, page)
	if err != nil {
		return nil, fmt.Errorf("listing all tenants: %w", err)
	}
	return entries, nil
}
