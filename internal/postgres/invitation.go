package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// invite writes an invitation. One of the same address that has run out makes
// way for it: only one may be pending.
func (s *Store) invite(ctx context.Context, tx pgx.Tx, by tenancy.Caller, id tenancy.TenantID, wanted tenancy.NewMember) (*tenancy.Invitation, error) {
	_, err := tx.Exec(ctx, `
		UPDATE invitations SET status = 'expired'
		WHERE tenant_id = $1 AND email = $2 AND status = 'pending' AND expires_at <= now()`, id, wanted.Email)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at, invited_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		wanted.Invitation.ID, id, wanted.Email, wanted.Role.String(), wanted.Invitation.TokenHash, wanted.Invitation.ExpiresAt, orNull(by.User))
	if err != nil {
		return nil, err
	}
	i, err := findInvitation(ctx, tx, id, wanted.Invitation.ID)
	if err != nil {
		return nil, err
	}
	return &i, s.audit(ctx, tx, entry{by: by, tenant: id, action: "invitation.created", target: "invitation:" + i.ID.String(),
		detail: map[string]string{"email": string(i.Email), "role": i.Role.String()}})
}

// revokeInvitation ends the pending invitation of an address, or returns
// tenancy.ErrNotFound.
func (s *Store) revokeInvitation(ctx context.Context, tx pgx.Tx, by tenancy.Caller, id tenancy.TenantID, email tenancy.Email) error {
	var revoked tenancy.InvitationID
	err := tx.QueryRow(ctx, `
		UPDATE invitations SET status = 'revoked'
		WHERE tenant_id = $1 AND email = $2 AND status = 'pending' AND expires_at > now() RETURNING id`, id, email).Scan(&revoked)
	if missing(err) {
		return tenancy.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, entry{by: by, tenant: id, action: "invitation.revoked", target: "invitation:" + revoked.String(),
		detail: map[string]string{"email": string(email)}})
}
