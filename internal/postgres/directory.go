package postgres

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	slugSQL          = `SELECT id FROM tenants WHERE slug = $1`
	domainSQL        = `SELECT id FROM tenants WHERE domain = $1`
	currentTenantSQL = `SELECT current_tenant_id FROM users WHERE id = $1`
)

// TenantNamed implements [tenancy.Directory]. Suspended and deleted tenants
// keep their names.
func (s *Store) TenantNamed(ctx context.Context, name tenancy.Name) (tenancy.TenantID, error) {
	switch name.Kind {
	case tenancy.BySlug:
		return s.findTenant(ctx, "finding tenant by slug", slugSQL, name.Value)
	case tenancy.ByDomain:
		return s.findTenant(ctx, "finding tenant by domain", domainSQL, name.Value)
	}
	return tenancy.TenantID{}, fmt.Errorf("finding tenant: unknown kind of name %d", name.Kind)
}

// CurrentTenant implements [tenancy.Directory].
func (s *Store) CurrentTenant(ctx context.Context, user tenancy.UserID) (tenancy.TenantID, error) {
	return s.findTenant(ctx, "finding current tenant", currentTenantSQL, user)
}

// findTenant returns the one id that a query finds, or zero.
func (s *Store) findTenant(ctx context.Context, doing, sql string, arg any) (tenancy.TenantID, error) {
	var found *tenancy.TenantID
	err := s.read(ctx, doing, func(ctx context.Context) error {
		err := s.pool.QueryRow(ctx, sql, arg).Scan(&found)
		if missing(err) {
			return nil
		}
		return err
	})
	if err != nil || found == nil {
		return tenancy.TenantID{}, err
	}
	return *found, nil
}
