package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const tenantColumns = `t.id, t.name, t.slug, coalesce(t.domain, ''), t.status, t.max_users, t.created_at, t.version`

func scanTenant(row pgx.Row, more ...any) (tenancy.Tenant, error) {
	var t tenancy.Tenant
	err := row.Scan(append([]any{&t.ID, &t.Name, &t.Slug, &t.Domain, &t.Status, &t.MaxUsers, &t.CreatedAt, &t.Version}, more...)...)
	return t, err
}

// Tenant returns the tenant with its config and the caller's role in it.
func (s *Store) Tenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (found tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "loading tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		role, err := admit(ctx, tx, caller, id, tenancy.RoleViewer)
		if err != nil {
			return err
		}
		found, err = tenantEntry(ctx, tx, caller.User, id, role)
		return err
	})
	return found, err
}

// tenantEntry loads a tenant as a user, in a known role, sees it.
func tenantEntry(ctx context.Context, tx pgx.Tx, user tenancy.UserID, id tenancy.TenantID, role tenancy.Role) (tenancy.TenantEntry, error) {
	found := tenancy.TenantEntry{Role: role}
	row := tx.QueryRow(ctx, `
		SELECT `+tenantColumns+`, EXISTS (SELECT FROM users u WHERE u.id = $2 AND u.current_tenant_id = t.id)
		FROM tenants t WHERE t.id = $1`, id, user)
	var err error
	if found.Tenant, err = scanTenant(row, &found.Current); err != nil {
		return tenancy.TenantEntry{}, err
	}
	found.Config, err = configOf(ctx, tx, id)
	return found, err
}

// ListedTenants returns the active tenants whose join_policy is "open" or
// "domain", without their config.
func (s *Store) ListedTenants(ctx context.Context, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing tenants for registration", platform, func(ctx context.Context, tx pgx.Tx) error {
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, '', false
			FROM tenant_configs c JOIN tenants t ON t.id = c.tenant_id
			WHERE c.key = 'join_policy' AND c.value IN ('"open"', '"domain"') AND c.tenant_id > $1 AND t.status = 'active'
			ORDER BY c.tenant_id LIMIT $2`, page.After, page.Limit)
		return err
	})
	return list, err
}

// TenantsOf returns the tenants the caller is an active member of, suspended
// ones included and deleted ones not, without their config.
func (s *Store) TenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing tenants of user", ownRows(caller.User), func(ctx context.Context, tx pgx.Tx) error {
		user, err := activeUser(ctx, tx, caller.User)
		if err != nil {
			return err
		}
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, m.role, t.id = $4
			FROM tenant_users m JOIN tenants t ON t.id = m.tenant_id
			WHERE m.user_id = $3 AND m.tenant_id > $1 AND m.status = 'active' AND t.status <> 'deleted'
			ORDER BY m.tenant_id LIMIT $2`, page.After, page.Limit, user.ID, user.CurrentTenant)
		return err
	})
	return list, err
}

// DeletedTenantsOf returns the deleted tenants that the caller, who was an admin
// of them, may restore yet, without their config.
func (s *Store) DeletedTenantsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing deleted tenants of user", ownRows(caller.User), func(ctx context.Context, tx pgx.Tx) error {
		user, err := activeUser(ctx, tx, caller.User)
		if err != nil {
			return err
		}
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, m.role, false
			FROM tenant_users m JOIN tenants t ON t.id = m.tenant_id
			WHERE m.user_id = $3 AND m.tenant_id > $1 AND m.status = 'active' AND m.role = 'admin'
				AND t.status = 'deleted' AND t.deleted_at > now() - make_interval(secs => $4)
			ORDER BY m.tenant_id LIMIT $2`, page.After, page.Limit, user.ID, tenancy.PurgeAfter.Seconds())
		return err
	})
	return list, err
}

// AllTenants returns every tenant, deleted ones included, to a platform admin,
// without their config; and tenancy.ErrRoleRequired to anybody else.
func (s *Store) AllTenants(ctx context.Context, caller tenancy.Caller, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing all tenants", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, err := activeUser(ctx, tx, caller.User)
		if err != nil {
			return err
		}
		if user.Role != tenancy.PlatformAdmin {
			return tenancy.ErrRoleRequired
		}
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, '', t.id = $3
			FROM tenants t WHERE t.id > $1 ORDER BY t.id LIMIT $2`, page.After, page.Limit, user.CurrentTenant)
		return err
	})
	return list, err
}

// tenantList runs a query for a page of tenants, each with a role and whether
// it is the current one.
func tenantList(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]tenancy.TenantEntry, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e tenancy.TenantEntry, err error) {
		var role string
		e.Tenant, err = scanTenant(row, &role, &e.Current)
		e.Role = roleNamed(role)
		return e, err
	})
}

// SwitchTenant makes a tenant that the caller may act in their current one.
func (s *Store) SwitchTenant(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID,
) (entered tenancy.Entered, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "switching tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		// Held until commit, so that a removal, which clears the current tenant,
		// comes wholly before or wholly after.
		if _, err := tx.Exec(ctx, `SELECT FROM tenant_users WHERE tenant_id = $1 AND user_id = $2 FOR KEY SHARE`, id, caller.User); err != nil {
			return err
		}
		role, err := admit(ctx, tx, caller, id, tenancy.RoleViewer)
		if err != nil {
			return err
		}
		changes, err = s.setCurrentTenant(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if entered.SessionEnds, err = moveSession(ctx, tx, caller, id); err != nil {
			return err
		}
		entered.TenantEntry, err = tenantEntry(ctx, tx, caller.User, id, role)
		return err
	})
	if err != nil {
		return tenancy.Entered{}, nil, err
	}
	return entered, changes, nil
}

// moveSession notes which tenant the session's next tokens name, and returns when
// the session expires; zero where the caller has none of ours.
func moveSession(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) (ends time.Time, err error) {
	err = tx.QueryRow(ctx, `UPDATE sessions SET tenant_id = $3 WHERE id = $1 AND user_id = $2 RETURNING expires_at`,
		caller.Session, caller.User, id).Scan(&ends)
	if missing(err) {
		return time.Time{}, nil
	}
	return ends, err
}

// setCurrentTenant changes nothing, and has nothing forgotten, where the tenant
// is the current one already: clients switch to get a token, too.
func (s *Store) setCurrentTenant(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Change, error) {
	updated, err := tx.Exec(ctx, `UPDATE users SET current_tenant_id = $2 WHERE id = $1 AND current_tenant_id IS DISTINCT FROM $2`, caller.User, id)
	if err != nil || updated.RowsAffected() == 0 {
		return nil, err
	}
	changes := []tenancy.Change{{Key: tenancy.Key{User: caller.User}, Gives: true}}
	return changes, s.audit(ctx, tx, entry{by: caller, tenant: id, action: "user.switched", target: "user:" + caller.User.String()})
}
