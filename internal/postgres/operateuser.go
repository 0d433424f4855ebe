package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// OperatorUsers returns every account, by page, those that only claim their
// address and those that are deleted included.
func (s *Store) OperatorUsers(ctx context.Context, page tenancy.Page) (list []tenancy.User, err error) {
	err = s.read(ctx, "listing users", func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` FROM users WHERE id > $1 ORDER BY id LIMIT $2`, tenancy.UserID(page.After), page.Limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.User, error) { return scanUser(row) })
		return err
	})
	return list, err
}

// OperatorMemberships returns what a user is in tenants that are not deleted, by
// page, the tenants' statuses and the user's own left as they are.
func (s *Store) OperatorMemberships(ctx context.Context, user tenancy.UserID, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing memberships", ownRows(user), func(ctx context.Context, tx pgx.Tx) error {
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, m.role, false FROM tenant_users m JOIN tenants t ON t.id = m.tenant_id
			WHERE m.user_id = $1 AND t.id > $2 AND t.status <> 'deleted' ORDER BY t.id LIMIT $3`, user, tenancy.TenantID(page.After), page.Limit)
		return err
	})
	return list, err
}

// OperatorSetUserStatus suspends an account or ends its suspension. It returns
// tenancy.ErrNotFound where there is none or it is deleted, and
// tenancy.ErrLastAdmin where an active tenant would be left without an admin who
// can act. The suspended person's tokens are refused from then on, and good again
// after.
func (s *Store) OperatorSetUserStatus(ctx context.Context, id tenancy.UserID, status tenancy.Status) (user tenancy.User, err error) {
	err = s.transact(ctx, "changing user", platform, func(ctx context.Context, tx pgx.Tx) error {
		var led []tenancy.TenantID
		if status != tenancy.StatusActive {
			if led, err = lockLed(ctx, tx, id); err != nil {
				return err
			}
		}
		var before tenancy.Status
		err := tx.QueryRow(ctx, `SELECT status FROM users WHERE id = $1 AND status <> 'deleted' FOR NO KEY UPDATE`, id).Scan(&before)
		if missing(err) {
			return tenancy.ErrNotFound
		}
		if err != nil {
			return err
		}
		if user, err = scanUser(tx.QueryRow(ctx, `UPDATE users SET status = $2 WHERE id = $1 RETURNING `+userColumns, id, status)); err != nil || before == status {
			return err
		}
		for _, tenant := range led {
			if err := enter(ctx, tx, tenantRows(tenant)); err != nil {
				return err
			}
			if err := keepAdmin(ctx, tx, tenancy.Member{TenantID: tenant, Role: tenancy.RoleAdmin, Status: tenancy.StatusActive}); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, entry{action: "user.changed", target: "user:" + id.String(),
			detail: map[string]string{"status": string(status), "status_before": string(before)}})
	})
	return user, err
}

// lockLed locks the active tenants of which a user is an active admin, in the order
// of their ids, so that nobody else leaves one meanwhile.
func lockLed(ctx context.Context, tx pgx.Tx, user tenancy.UserID) ([]tenancy.TenantID, error) {
	if err := enter(ctx, tx, ownRows(user)); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT t.id FROM tenant_users m JOIN tenants t ON t.id = m.tenant_id
		WHERE m.user_id = $1 AND m.role = 'admin' AND m.status = 'active' AND t.status = 'active'
		ORDER BY t.id FOR NO KEY UPDATE OF t`, user)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[tenancy.TenantID])
}
