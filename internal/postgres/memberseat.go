package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Seats counts who fills the tenant, for any of its members.
func (s *Store) Seats(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (seats tenancy.Seats, err error) {
	err = s.transact(ctx, "counting seats", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil {
			return err
		}
		seats, err = countSeats(ctx, tx, id)
		return err
	})
	return seats, err
}

func countSeats(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) (seats tenancy.Seats, err error) {
	err = tx.QueryRow(ctx, `
		SELECT t.max_users,
		       coalesce((SELECT s.members FROM tenant_seats s WHERE s.tenant_id = t.id), 0),
		       (SELECT count(*) FROM invitations i WHERE i.tenant_id = t.id AND i.status = 'pending' AND i.expires_at > now())
		FROM tenants t WHERE t.id = $1`, id).Scan(&seats.Max, &seats.Members, &seats.Pending)
	if missing(err) {
		return tenancy.Seats{}, tenancy.ErrNotFound
	}
	return seats, err
}

// takeSeat returns tenancy.ErrSeatLimit where all are taken. The tenant has to
// be locked, or two could take the last one.
func takeSeat(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) error {
	seats, err := countSeats(ctx, tx, id)
	if err == nil && seats.Available() == 0 {
		return tenancy.ErrSeatLimit
	}
	return err
}

// AddMember lets somebody in: an address with an account becomes a member,
// unless InviteOnly is set, and any other is invited. It returns
// tenancy.ErrAlreadyMember before tenancy.ErrSeatLimit.
func (s *Store) AddMember(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, wanted tenancy.NewMember,
) (added tenancy.Added, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "adding member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := admitAdmin(ctx, tx, caller, id); err != nil {
			return err
		}
		added, changes, err = s.letIn(ctx, tx, caller, id, wanted)
		return err
	})
	if err != nil {
		return tenancy.Added{}, nil, err
	}
	return added, changes, nil
}

// letIn makes a member or an invitation. The tenant has to be locked.
func (s *Store) letIn(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, wanted tenancy.NewMember,
) (added tenancy.Added, changes []tenancy.Change, err error) {
	user, err := accountToAdd(ctx, tx, id, wanted.Email)
	if err != nil {
		return added, nil, err
	}
	if err := takeSeat(ctx, tx, id); err != nil {
		return added, nil, err
	}
	if user.IsZero() || wanted.InviteOnly {
		added.Invitation, err = s.invite(ctx, tx, caller, id, wanted)
		return added, nil, err
	}
	changes = []tenancy.Change{{Key: tenancy.Key{User: user, Tenant: id}, Gives: true}}
	added.Member, err = s.insertMember(ctx, tx, caller, tenancy.Member{ID: wanted.MemberID, TenantID: id, UserID: user, Role: wanted.Role})
	return added, changes, err
}

// accountToAdd returns the user of an address, or zero where it has no account,
// and tenancy.ErrAlreadyMember where it has its place in the tenant already.
func accountToAdd(ctx context.Context, tx pgx.Tx, id tenancy.TenantID, email tenancy.Email) (tenancy.UserID, error) {
	var user *tenancy.UserID
	var taken bool
	err := tx.QueryRow(ctx, `
		SELECT u.id,
		       EXISTS (SELECT FROM tenant_users m WHERE m.tenant_id = $1 AND m.user_id = u.id)
		       OR EXISTS (SELECT FROM invitations i
		                  WHERE i.tenant_id = $1 AND i.email = k.email AND i.status = 'pending' AND i.expires_at > now())
		FROM (SELECT $2::text AS email) k LEFT JOIN users u ON u.email = k.email AND `+ownsAddress, id, email).Scan(&user, &taken)
	switch {
	case err != nil:
		return tenancy.UserID{}, err
	case taken:
		return tenancy.UserID{}, tenancy.ErrAlreadyMember
	case user == nil:
		return tenancy.UserID{}, nil
	}
	return *user, nil
}

// insertMember writes the membership of m's user and returns it in full.
func (s *Store) insertMember(ctx context.Context, tx pgx.Tx, by tenancy.Caller, m tenancy.Member) (*tenancy.Member, error) {
	err := tx.QueryRow(ctx, `
		WITH added AS (
			INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)
			RETURNING user_id, status, joined_at
		)
		SELECT u.email, u.email_verified_at IS NULL, u.name, a.status, a.joined_at FROM added a JOIN users u ON u.id = a.user_id`,
		m.ID, m.TenantID, m.UserID, m.Role.String()).Scan(&m.Email, &m.Claimed, &m.Name, &m.Status, &m.JoinedAt)
	if err != nil {
		return nil, err
	}
	return &m, s.audit(ctx, tx, entry{by: by, tenant: m.TenantID, action: "member.added", target: "user:" + m.UserID.String(),
		detail: map[string]string{"email": string(m.Email), "role": m.Role.String()}})
}

// RemoveMember ends a membership, or else the pending invitation of an address.
// The person's current tenant is cleared where it was this one.
func (s *Store) RemoveMember(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef,
) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "removing member", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := admitAdmin(ctx, tx, caller, id); err != nil {
			return err
		}
		changes, err = s.endMembership(ctx, tx, caller, id, ref, "member.removed")
		if errors.Is(err, tenancy.ErrNotFound) {
			return s.revokePending(ctx, tx, caller, id, ref.Email)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// endMembership deletes a membership, or returns tenancy.ErrNotFound or
// tenancy.ErrLastAdmin. The tenant has to be locked, or two admins could remove
// each other.
func (s *Store) endMembership(
	ctx context.Context, tx pgx.Tx, by tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef, action string,
) ([]tenancy.Change, error) {
	removed, err := findMember(ctx, tx, id, ref)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM tenant_users WHERE tenant_id = $1 AND id = $2`, id, removed.ID); err != nil {
		return nil, err
	}
	if err := keepAdmin(ctx, tx, removed); err != nil {
		return nil, err
	}
	// User everywhere: their current tenant may have changed too.
	changes := []tenancy.Change{{Key: tenancy.Key{User: removed.UserID, Tenant: id}}, {Key: tenancy.Key{User: removed.UserID}}}
	return changes, s.audit(ctx, tx, entry{by: by, tenant: id, action: action, target: "user:" + removed.UserID.String(),
		detail: map[string]string{"email": string(removed.Email), "role": removed.Role.String()}})
}
