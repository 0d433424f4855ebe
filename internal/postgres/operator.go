package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What an operator does at the command line, and the demo at its start: nobody
// is asked for rights, and the audit log names no actor. The invariants hold
// all the same. Each of these makes what is missing and leaves alone what is
// there, so it may be called again. No cache is told: use them before a gateway
// serves the tenant, or on people it has not seen.

// NewTenant is what it takes to make a tenant.
type NewTenant struct {
	ID       tenancy.TenantID
	Name     string
	Slug     string         // as ParseSlug accepts it
	Domain   string         // a host name in lower case; empty: none
	Status   tenancy.Status // empty: active
	MaxUsers int            // 0: the schema's default
	Admin    tenancy.UserID // its first member
	MemberID tenancy.MemberID
}

// SeedTenant returns the tenant of that slug. Where there is none it makes it,
// together with the membership of its first admin.
func (s *Store) SeedTenant(ctx context.Context, wanted NewTenant) (tenant tenancy.Tenant, err error) {
	err = s.transact(ctx, "seeding tenant", tenantRows(wanted.ID), func(ctx context.Context, tx pgx.Tx) error {
		made, err := tx.Exec(ctx, `
			INSERT INTO tenants (id, name, slug, domain, status, max_users)
			VALUES ($1, $2, $3, nullif($4, ''), coalesce(nullif($5, ''), 'active'), coalesce(nullif($6, 0), 25))
			ON CONFLICT (slug) DO NOTHING`,
			wanted.ID, wanted.Name, wanted.Slug, wanted.Domain, wanted.Status, wanted.MaxUsers)
		if err != nil {
			return err
		}
		if tenant, err = scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.slug = $1`, wanted.Slug)); err != nil {
			return err
		}
		if made.RowsAffected() == 0 {
			return nil
		}
		err = s.audit(ctx, tx, entry{tenant: tenant.ID, action: "tenant.created", target: "tenant:" + tenant.ID.String(),
			detail: map[string]string{"slug": tenant.Slug}})
		if err != nil {
			return err
		}
		return s.seedMember(ctx, tx, tenancy.Member{ID: wanted.MemberID, TenantID: tenant.ID, UserID: wanted.Admin, Role: tenancy.RoleAdmin})
	})
	return tenant, err
}

// SeedUser returns the user of that address, and makes it where there is none.
func (s *Store) SeedUser(ctx context.Context, account tenancy.NewUser) (user tenancy.User, err error) {
	err = s.transact(ctx, "seeding user", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, _, err = s.ensureUser(ctx, tx, account)
		return err
	})
	return user, err
}

// SeedMember makes a user a member unless they are one, in whatever role. It
// takes ID, TenantID, UserID and Role of m, and returns tenancy.ErrSeatLimit
// where no seat is left. Whoever has no current tenant gets this one.
func (s *Store) SeedMember(ctx context.Context, m tenancy.Member) error {
	return s.transact(ctx, "seeding member", tenantRows(m.TenantID), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, m.TenantID); err != nil {
			return err
		}
		return s.seedMember(ctx, tx, m)
	})
}

func (s *Store) seedMember(ctx context.Context, tx pgx.Tx, m tenancy.Member) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenant_users WHERE tenant_id = $1 AND user_id = $2)`, m.TenantID, m.UserID).Scan(&there)
	if err != nil || there {
		return err
	}
	if err := takeSeat(ctx, tx, m.TenantID); err != nil {
		return err
	}
	if _, err := s.insertMember(ctx, tx, tenancy.Caller{}, m); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE users SET current_tenant_id = $2 WHERE id = $1 AND current_tenant_id IS NULL`, m.UserID, m.TenantID)
	return err
}

// SeedConfig sets a key of a tenant's configuration to a JSON value unless the
// tenant has that key.
func (s *Store) SeedConfig(ctx context.Context, id tenancy.TenantID, key string, value json.RawMessage) error {
	return s.transact(ctx, "seeding config", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		made, err := tx.Exec(ctx, `
			INSERT INTO tenant_configs (tenant_id, key, value) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, key) DO NOTHING`, id, key, value)
		if err != nil || made.RowsAffected() == 0 {
			return err
		}
		return s.audit(ctx, tx, entry{tenant: id, action: "config.set", target: "config:" + key})
	})
}
