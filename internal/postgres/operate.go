package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What an operator does at the command line to what is there already. Nobody is
// asked for rights, and the audit log names no actor; the invariants hold, and
// gateways hear of it from the change feed.

// OperatorTenants returns every tenant, by page, without roles and config.
func (s *Store) OperatorTenants(ctx context.Context, page tenancy.Page) (list []tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "listing tenants", platform, func(ctx context.Context, tx pgx.Tx) error {
		list, err = tenantList(ctx, tx, `
			SELECT `+tenantColumns+`, '', false FROM tenants t WHERE t.id > $1 ORDER BY t.id LIMIT $2`, page.After, page.Limit)
		return err
	})
	return list, err
}

// OperatorUpdateTenant changes a tenant, as UpdateTenant does for a platform admin.
func (s *Store) OperatorUpdateTenant(ctx context.Context, id tenancy.TenantID, change tenancy.TenantChange) (tenant tenancy.Tenant, err error) {
	err = s.transact(ctx, "changing tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		if _, err := s.changeTenant(ctx, tx, tenancy.Caller{}, id, change); err != nil {
			return err
		}
		tenant, err = scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id))
		return err
	})
	return tenant, err
}

// OperatorMembers returns members of a tenant, by page.
func (s *Store) OperatorMembers(ctx context.Context, id tenancy.TenantID, page tenancy.Page) (list []tenancy.Member, err error) {
	err = s.transact(ctx, "listing members", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		list, err = memberRows(ctx, tx, `SELECT `+memberColumns+` FROM tenant_users m JOIN users u ON u.id = m.user_id
			WHERE `+membersAfter(tenancy.MemberFilter{})+` ORDER BY m.id LIMIT $3`, id, page.After, page.Limit)
		return err
	})
	return list, err
}

// OperatorAddMember lets somebody in, or invites an address that has no account, as
// AddMember does for an admin. It returns tenancy.ErrAlreadyMember or
// tenancy.ErrSeatLimit.
func (s *Store) OperatorAddMember(ctx context.Context, id tenancy.TenantID, wanted tenancy.NewMember) (added tenancy.Added, err error) {
	err = s.transact(ctx, "adding member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		added, _, err = s.letIn(ctx, tx, tenancy.Caller{}, id, wanted)
		return err
	})
	return added, err
}

// OperatorUpdateMember changes a member's role or status, or returns
// tenancy.ErrNotFound or tenancy.ErrLastAdmin.
func (s *Store) OperatorUpdateMember(ctx context.Context, id tenancy.TenantID, ref tenancy.MemberRef, change tenancy.MemberChange) (member tenancy.Member, err error) {
	err = s.transact(ctx, "changing member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		before, err := findMember(ctx, tx, id, ref)
		if err != nil {
			return err
		}
		member, err = changeMember(ctx, tx, before, change)
		if err != nil || member == before {
			return err
		}
		return s.audit(ctx, tx, entry{tenant: id, action: "member.changed", target: "user:" + member.UserID.String(),
			detail: map[string]string{"email": string(member.Email), "role": member.Role.String(), "role_before": before.Role.String()}})
	})
	return member, err
}

// OperatorRemoveMember ends a membership, or returns tenancy.ErrNotFound or
// tenancy.ErrLastAdmin.
func (s *Store) OperatorRemoveMember(ctx context.Context, id tenancy.TenantID, ref tenancy.MemberRef) error {
	return s.transact(ctx, "removing member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		_, err := s.endMembership(ctx, tx, tenancy.Caller{}, id, ref, "member.removed")
		if missing(err) {
			return tenancy.ErrNotFound
		}
		return err
	})
}
