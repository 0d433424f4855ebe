package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// UpdateMember changes a member's role or status and returns them as they are
// then. Nothing changes, and nobody is told to forget anything, where they are
// so already.
func (s *Store) UpdateMember(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef, change tenancy.MemberChange,
) (member tenancy.Member, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "changing member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := admitAdmin(ctx, tx, caller, id); err != nil {
			return err
		}
		before, err := findMember(ctx, tx, id, ref)
		if err != nil {
			return err
		}
		if err := change.Match.Check(before.Version); err != nil {
			return err
		}
		member, err = changeMember(ctx, tx, before, change)
		if err != nil || member == before {
			return err
		}
		changes = []tenancy.Change{{Key: tenancy.Key{User: member.UserID, Tenant: id}}}
		return s.audit(ctx, tx, entry{by: caller, tenant: id, action: "member.changed", target: "user:" + member.UserID.String(),
			detail: map[string]string{
				"email": string(member.Email), "role": member.Role.String(), "role_before": before.Role.String(),
				"status": string(member.Status), "status_before": string(before.Status),
			}})
	})
	if err != nil {
		return tenancy.Member{}, nil, err
	}
	return member, changes, nil
}

// changeMember writes what differs. The tenant has to be locked, or two admins
// could demote each other.
func changeMember(ctx context.Context, tx pgx.Tx, m tenancy.Member, change tenancy.MemberChange) (tenancy.Member, error) {
	before := m
	if change.Role != nil {
		m.Role = *change.Role
	}
	if change.Status != nil {
		m.Status = *change.Status
	}
	if m == before {
		return m, nil
	}
	err := tx.QueryRow(ctx, `UPDATE tenant_users SET role = $3, status = $4 WHERE tenant_id = $1 AND id = $2 RETURNING version`,
		m.TenantID, m.ID, m.Role.String(), m.Status).Scan(&m.Version)
	if err != nil {
		return tenancy.Member{}, err
	}
	return m, keepAdmin(ctx, tx, before)
}

// keepAdmin returns tenancy.ErrLastAdmin where the one who was an active admin
// before what this transaction did was the only one. The tenant has to be
// locked, so that nobody else is leaving at this moment.
func keepAdmin(ctx context.Context, tx pgx.Tx, before tenancy.Member) error {
	if before.Role != tenancy.RoleAdmin || before.Status != tenancy.StatusActive {
		return nil
	}
	var remains bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM tenant_users m JOIN users u ON u.id = m.user_id
		               WHERE m.tenant_id = $1 AND m.role = 'admin' AND m.status = 'active' AND u.status = 'active')`, before.TenantID).Scan(&remains)
	if err == nil && !remains {
		return tenancy.ErrLastAdmin
	}
	return err
}

// LeaveTenant ends the caller's own membership; the tenant may be suspended.
func (s *Store) LeaveTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "leaving tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil && !isSuspended(err) {
			return err
		}
		var own tenancy.MemberID
		err := tx.QueryRow(ctx, `SELECT id FROM tenant_users WHERE tenant_id = $1 AND user_id = $2`, id, caller.User).Scan(&own)
		if err != nil {
			return err
		}
		changes, err = s.endMembership(ctx, tx, caller, id, tenancy.MemberRef{ID: own}, "member.left")
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}
