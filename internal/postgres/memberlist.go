package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const memberColumns = `m.id, m.tenant_id, m.user_id, u.email, u.email_verified_at IS NULL, u.name, m.role, m.status, m.joined_at, m.version`

func scanMember(row pgx.Row) (tenancy.Member, error) {
	var m tenancy.Member
	var role string
	err := row.Scan(&m.ID, &m.TenantID, &m.UserID, &m.Email, &m.Claimed, &m.Name, &role, &m.Status, &m.JoinedAt, &m.Version)
	m.Role = roleNamed(role)
	return m, err
}

// Members returns members of a tenant, for any of them, in the order of their
// ids, which is that in which they joined.
func (s *Store) Members(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.MemberFilter) (page tenancy.MemberPage, err error) {
	err = s.transact(ctx, "listing members", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil {
			return err
		}
		if filter.Text != "" {
			page, err = searchMembers(ctx, tx, id, filter)
			return err
		}
		page.Members, err = memberRows(ctx, tx, `SELECT `+memberColumns+` FROM tenant_users m JOIN users u ON u.id = m.user_id
			WHERE `+membersAfter(filter)+` ORDER BY m.id LIMIT $3`, id, filter.After, filter.Limit)
		return err
	})
	return page, err
}

func memberRows(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]tenancy.Member, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.Member, error) { return scanMember(row) })
}

// membersAfter selects the members of tenant $1 after member $2 that a filter
// lets through, but for its text. It puts roles and statuses, which are of
// closed sets, into the SQL: each combination has a plan of its own, and so its
// index.
func membersAfter(filter tenancy.MemberFilter) string {
	where := `m.tenant_id = $1 AND m.id > $2`
	if filter.Role != tenancy.RoleNone {
		where += ` AND m.role = '` + filter.Role.String() + `'`
	}
	switch filter.Status {
	case tenancy.StatusActive:
		where += ` AND m.status = 'active'`
	case tenancy.StatusSuspended:
		where += ` AND m.status = 'suspended'`
	}
	return where
}

// Member returns one member of a tenant, for any of them, or
// tenancy.ErrNotFound.
func (s *Store) Member(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef) (member tenancy.Member, err error) {
	err = s.transact(ctx, "loading member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil {
			return err
		}
		member, err = findMember(ctx, tx, id, ref)
		return err
	})
	return member, err
}

// findMember returns a member of this tenant, or tenancy.ErrNotFound.
func findMember(ctx context.Context, tx pgx.Tx, id tenancy.TenantID, ref tenancy.MemberRef) (tenancy.Member, error) {
	where, arg := `m.id = $2`, any(ref.ID)
	if ref.Email != "" {
		// Whoever has proven the address comes before those who claim it.
		where, arg = `u.email = $2 ORDER BY u.email_verified_at IS NULL, u.id LIMIT 1`, any(ref.Email)
	}
	member, err := scanMember(tx.QueryRow(ctx, `
		SELECT `+memberColumns+` FROM tenant_users m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND `+where, id, arg))
	if missing(err) {
		return tenancy.Member{}, tenancy.ErrNotFound
	}
	return member, err
}
