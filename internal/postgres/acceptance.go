package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// AcceptInvitation makes the caller a member of the tenant that asks in their
// address, which has to be verified, or is so by the token. The same person may accept again and gets
// the same answer, for as long as they are a member. Everything else is
// tenancy.ErrInvitationGone: whether an invitation of somebody else's exists is
// not for the caller to know.
func (s *Store) AcceptInvitation(
	ctx context.Context, caller tenancy.Caller, acceptance tenancy.Acceptance,
) (accepted tenancy.Accepted, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "accepting invitation", platform, func(ctx context.Context, tx pgx.Tx) error {
		email, verified, err := addressOf(ctx, tx, caller.User)
		if err != nil {
			return err
		}
		if !verified && acceptance.TokenHash == nil {
			return tenancy.ErrInvitationGone
		}
		accepted.Member, changes, err = s.accept(ctx, tx, caller, email, acceptance)
		if err != nil {
			return err
		}
		if !verified {
			proven, err := s.proveByInvitation(ctx, tx, caller, email, accepted.Member.TenantID)
			if err != nil {
				return err
			}
			changes = append(changes, proven...)
		}
		accepted.Tenant, err = tenantEntry(ctx, tx, caller.User, accepted.Member.TenantID, accepted.Member.Role)
		return err
	})
	if err != nil {
		return tenancy.Accepted{}, nil, asInvitationGone(err)
	}
	return accepted, changes, nil
}

// asInvitationGone: whoever claims an address that another account owns accepts
// nothing with it.
func asInvitationGone(err error) error {
	if errors.Is(err, tenancy.ErrAddressTaken) {
		return tenancy.ErrInvitationGone
	}
	return err
}

// proveByInvitation makes the caller the owner of the address that the token of an
// invitation was mailed to. It leaves the transaction in the scope of the tenant.
func (s *Store) proveByInvitation(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, email tenancy.Email, id tenancy.TenantID,
) ([]tenancy.Change, error) {
	changes, err := s.proveAddress(ctx, tx, caller, email, s.newID())
	if err != nil {
		return nil, err
	}
	return changes, enter(ctx, tx, tenantRows(id))
}

// accept makes the caller, who has that address, a member. It leaves the
// transaction in the scope of the tenant.
func (s *Store) accept(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, email tenancy.Email, acceptance tenancy.Acceptance,
) (tenancy.Member, []tenancy.Change, error) {
	found, err := invitationTo(ctx, tx, email, acceptance)
	if err != nil {
		return tenancy.Member{}, nil, err
	}
	if err := enter(ctx, tx, tenantRows(found.TenantID)); err != nil {
		return tenancy.Member{}, nil, err
	}
	if err := lockTenant(ctx, tx, found.TenantID); err != nil {
		return tenancy.Member{}, nil, err
	}
	// What was found before the lock may have changed since.
	if found, err = invitationTo(ctx, tx, email, acceptance); err != nil {
		return tenancy.Member{}, nil, err
	}
	return s.redeem(ctx, tx, caller, found, acceptance.MemberID)
}

// invitationTo returns the invitation of an address that an acceptance names.
func invitationTo(ctx context.Context, tx pgx.Tx, email tenancy.Email, acceptance tenancy.Acceptance) (tenancy.Invitation, error) {
	if err := enter(ctx, tx, addressRows(email)); err != nil {
		return tenancy.Invitation{}, err
	}
	sql, arg := `SELECT `+invitationColumns+invitationTables+`WHERE i.email = $1 AND i.id = $2`, any(acceptance.ID)
	if acceptance.TokenHash != nil {
		sql, arg = `SELECT `+invitationColumns+invitationTables+`WHERE i.email = $1 AND i.token_hash = $2`, any(acceptance.TokenHash)
	}
	found, err := scanInvitation(tx.QueryRow(ctx, sql, email, arg))
	if missing(err) {
		return tenancy.Invitation{}, tenancy.ErrInvitationGone
	}
	return found, err
}

// redeem turns an invitation into a membership, once. The tenant is locked, and
// the seat is the one that the invitation has held.
func (s *Store) redeem(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, i tenancy.Invitation, wanted tenancy.MemberID,
) (tenancy.Member, []tenancy.Change, error) {
	member, err := findOwn(ctx, tx, caller.User, i.TenantID)
	if err != nil && !missing(err) {
		return tenancy.Member{}, nil, err
	}
	isMember := err == nil
	if err := enterable(ctx, tx, i.TenantID); err != nil {
		return tenancy.Member{}, nil, err
	}
	mine, err := acceptedBy(ctx, tx, i, caller.User)
	switch {
	case err != nil:
		return tenancy.Member{}, nil, err
	case isMember && mine:
		return member, nil, nil
	case i.Status != tenancy.InvitationPending:
		return tenancy.Member{}, nil, tenancy.ErrInvitationGone
	}
	_, err = tx.Exec(ctx, `
		UPDATE invitations SET status = 'accepted', accepted_by = $3, accepted_at = now() WHERE tenant_id = $1 AND id = $2`, i.TenantID, i.ID, caller.User)
	if err != nil {
		return tenancy.Member{}, nil, err
	}
	if !isMember {
		added, err := s.insertMember(ctx, tx, caller, tenancy.Member{ID: wanted, TenantID: i.TenantID, UserID: caller.User, Role: i.Role})
		if err != nil {
			return tenancy.Member{}, nil, err
		}
		member = *added
	}
	changes := []tenancy.Change{{Key: tenancy.Key{User: caller.User, Tenant: i.TenantID}, Gives: true}}
	return member, changes, s.auditInvitation(ctx, tx, caller, i, "invitation.accepted")
}

// findOwn returns a user's membership of a tenant, of whatever status.
func findOwn(ctx context.Context, tx pgx.Tx, user tenancy.UserID, id tenancy.TenantID) (tenancy.Member, error) {
	return scanMember(tx.QueryRow(ctx, `
		SELECT `+memberColumns+` FROM tenant_users m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.user_id = $2`, id, user))
}

// enterable says whether a tenant lets anybody in. A deleted one is gone, and
// its invitations with it.
func enterable(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) error {
	var status tenancy.Status
	err := tx.QueryRow(ctx, `SELECT status FROM tenants WHERE id = $1`, id).Scan(&status)
	switch {
	case missing(err):
		return tenancy.ErrInvitationGone
	case err != nil:
		return err
	case status == tenancy.StatusSuspended:
		return tenancy.ErrTenantSuspended
	case status != tenancy.StatusActive:
		return tenancy.ErrInvitationGone
	}
	return nil
}

func acceptedBy(ctx context.Context, tx pgx.Tx, i tenancy.Invitation, user tenancy.UserID) (mine bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(accepted_by = $3, false) FROM invitations WHERE tenant_id = $1 AND id = $2`, i.TenantID, i.ID, user).Scan(&mine)
	return mine, err
}
