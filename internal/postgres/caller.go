package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// standing says whether a membership lets its user act with role want: nil,
// ErrUserInactive, ErrNotMember, ErrTenantSuspended or ErrRoleRequired. The
// order matters: only members learn that a tenant is suspended, or exists.
func standing(m tenancy.Membership, want tenancy.Role) error {
	switch {
	case m.UserStatus != tenancy.StatusActive:
		return tenancy.ErrUserInactive
	case m.Status != tenancy.StatusActive, m.Role == tenancy.RoleNone:
		return tenancy.ErrNotMember
	case m.TenantStatus == tenancy.StatusSuspended:
		return tenancy.ErrTenantSuspended
	case m.TenantStatus != tenancy.StatusActive:
		return tenancy.ErrNotMember
	case !m.Role.AtLeast(want):
		return tenancy.ErrRoleRequired
	}
	return nil
}

// admit returns the caller's role in the tenant, which is at least want, or the
// error of standing.
func admit(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, want tenancy.Role) (tenancy.Role, error) {
	m, err := scanMembership(tx.QueryRow(ctx, membershipSQL, caller.User, id), id)
	if err != nil {
		return tenancy.RoleNone, err
	}
	return m.Role, standing(m, want)
}

// admitAdmin takes the tenant for the rest of the transaction and then checks
// that the caller is its admin. Locking comes first and in a statement of its
// own: an admin who is being removed at this moment must be seen as removed,
// and a statement sees what was committed before it began.
func admitAdmin(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) error {
	if err := lockTenant(ctx, tx, id); err != nil {
		return err
	}
	_, err := admit(ctx, tx, caller, id, tenancy.RoleAdmin)
	return err
}

// lockTenant makes writes to a tenant's members and invitations take turns. NO
// KEY: a plain FOR UPDATE would stall every insert that refers to the tenant.
// Whether there is such a tenant is for the caller to find out.
func lockTenant(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) error {
	_, err := tx.Exec(ctx, `SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE`, id)
	return err
}

// isSuspended reports whether all that stands in the way is a suspension.
func isSuspended(err error) bool { return errors.Is(err, tenancy.ErrTenantSuspended) }

// A steward is somebody who may manage a tenant as a whole.
type steward struct {
	tenancy.Membership
	platform bool // a platform admin, whatever they are in the tenant
}

// admitSteward admits the admins of a tenant, as admit does, and platform
// admins, whom a suspension does not stop. A tenant that is not there is
// ErrNotMember for both. The tenant has to be locked where it is to change.
func admitSteward(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) (steward, error) {
	m, err := scanMembership(tx.QueryRow(ctx, membershipSQL, caller.User, id), id)
	if err != nil {
		return steward{}, err
	}
	user, err := activeUser(ctx, tx, caller.User)
	if err != nil {
		return steward{}, err
	}
	who := steward{Membership: m, platform: user.Role == tenancy.PlatformAdmin}
	switch {
	case m.TenantStatus == "":
		return who, tenancy.ErrNotMember
	case who.platform:
		return who, nil
	}
	return who, standing(m, tenancy.RoleAdmin)
}

// role returns the steward's role in the tenant as they are shown it.
func (s steward) role() tenancy.Role {
	if s.Status != tenancy.StatusActive {
		return tenancy.RoleNone
	}
	return s.Role
}
