package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What is pending in the row and out of time is expired all the same.
const invitationColumns = `i.id, i.tenant_id, i.email, i.role,
	CASE WHEN i.status = 'pending' AND i.expires_at <= now() THEN 'expired' ELSE i.status END,
	i.invited_by, coalesce(b.email, ''), coalesce(b.name, ''), i.created_at, i.expires_at`

const invitationTables = ` FROM invitations i LEFT JOIN users b ON b.id = i.invited_by `

func scanInvitation(row pgx.Row, more ...any) (tenancy.Invitation, error) {
	var i tenancy.Invitation
	var role string
	var by *tenancy.UserID
	err := row.Scan(append([]any{&i.ID, &i.TenantID, &i.Email, &role, &i.Status, &by, &i.InvitedBy.Email, &i.InvitedBy.Name, &i.CreatedAt, &i.ExpiresAt}, more...)...)
	i.Role = roleNamed(role)
	if by != nil {
		i.InvitedBy.ID = *by
	}
	return i, err
}

// inState selects the invitations that are in a state now.
var inState = map[tenancy.InvitationStatus]string{
	tenancy.InvitationPending:  `i.status = 'pending' AND i.expires_at > now()`,
	tenancy.InvitationAccepted: `i.status = 'accepted'`,
	tenancy.InvitationRevoked:  `i.status = 'revoked'`,
	tenancy.InvitationExpired:  `i.status IN ('pending', 'expired') AND i.expires_at <= now()`,
}

// Invitations returns the invitations of a tenant that are in the state asked
// for, to its admins, in the order in which they were made.
func (s *Store) Invitations(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.InvitationFilter,
) (list []tenancy.Invitation, err error) {
	if filter.Status == "" {
		filter.Status = tenancy.InvitationPending
	}
	err = s.transact(ctx, "listing invitations", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleAdmin); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+invitationColumns+invitationTables+`
			WHERE i.tenant_id = $1 AND i.id > $2 AND `+inState[filter.Status]+` ORDER BY i.id LIMIT $3`, id, filter.After, filter.Limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.Invitation, error) { return scanInvitation(row) })
		return err
	})
	return list, err
}

// findInvitation returns an invitation of this tenant, or tenancy.ErrNotFound.
func findInvitation(ctx context.Context, tx pgx.Tx, id tenancy.TenantID, invitation tenancy.InvitationID) (tenancy.Invitation, error) {
	found, err := scanInvitation(tx.QueryRow(ctx, `SELECT `+invitationColumns+invitationTables+`WHERE i.tenant_id = $1 AND i.id = $2`, id, invitation))
	if missing(err) {
		return tenancy.Invitation{}, tenancy.ErrNotFound
	}
	return found, err
}

// InvitationsOf returns the pending invitations of the caller's address to
// active tenants, the newest first; none where the address is not verified.
// page.After is where the page before ended; zero: the first page.
func (s *Store) InvitationsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) (list []tenancy.TenantInvitation, err error) {
	err = s.transact(ctx, "listing invitations of user", platform, func(ctx context.Context, tx pgx.Tx) error {
		email, verified, err := addressOf(ctx, tx, caller.User)
		if err != nil || !verified {
			return err
		}
		if err := enter(ctx, tx, addressRows(email)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+invitationColumns+`, t.name, t.slug`+invitationTables+`
			JOIN tenants t ON t.id = i.tenant_id AND t.status = 'active'
			WHERE i.email = $1 AND i.status = 'pending' AND i.expires_at > now() AND ($2::uuid IS NULL OR i.id < $2)
			ORDER BY i.id DESC LIMIT $3`, email, orNull(tenancy.InvitationID(page.After)), page.Limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (found tenancy.TenantInvitation, err error) {
			found.Invitation, err = scanInvitation(row, &found.TenantName, &found.TenantSlug)
			return found, err
		})
		return err
	})
	return list, err
}

// addressOf returns the address of an active user, and whether they have shown
// that they read its mail.
func addressOf(ctx context.Context, tx pgx.Tx, id tenancy.UserID) (email tenancy.Email, verified bool, err error) {
	var status tenancy.Status
	err = tx.QueryRow(ctx, `SELECT email, status, email_verified_at IS NOT NULL FROM users WHERE id = $1`, id).Scan(&email, &status, &verified)
	if missing(err) || err == nil && status != tenancy.StatusActive {
		return "", false, tenancy.ErrUserInactive
	}
	return email, verified, err
}
