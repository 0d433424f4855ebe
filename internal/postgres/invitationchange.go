package postgres

import (
	"context"
	"errors"

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
	if err := s.mailInvitation(ctx, tx, i); err != nil {
		return nil, err
	}
	return &i, s.audit(ctx, tx, entry{by: by, tenant: id, action: "invitation.created", target: "invitation:" + i.ID.String(),
		detail: map[string]string{"email": string(i.Email), "role": i.Role.String()}})
}

// mailInvitation has the invitation mailed. Its token is made when the mail is
// sent; until then, and without a mail server, nobody has one.
func (s *Store) mailInvitation(ctx context.Context, tx pgx.Tx, i tenancy.Invitation) error {
	return queueMail(ctx, tx, tenancy.Mail{ID: s.newID(), Kind: tenancy.MailInvitation, To: i.Email, Tenant: i.TenantID, Invitation: i.ID})
}

// revokePending ends the pending invitation of an address, or returns
// tenancy.ErrNotFound.
func (s *Store) revokePending(ctx context.Context, tx pgx.Tx, by tenancy.Caller, id tenancy.TenantID, email tenancy.Email) error {
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

// ResendInvitation gives an invitation a new token, which ends the old one, and
// its time anew. It returns tenancy.ErrNotFound, tenancy.ErrInvitationGone where
// it was accepted or revoked or its address has its place by another way, and
// tenancy.ErrSeatLimit where it had expired and no seat is left.
func (s *Store) ResendInvitation(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID, renewed tenancy.NewInvitation,
) (sent tenancy.Invitation, err error) {
	err = s.transact(ctx, "resending invitation", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := admitAdmin(ctx, tx, caller, id); err != nil {
			return err
		}
		if sent, err = findInvitation(ctx, tx, id, invitation); err != nil {
			return err
		}
		if err := renewable(ctx, tx, sent); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE invitations SET status = 'pending', token_hash = $3, expires_at = $4 WHERE tenant_id = $1 AND id = $2`,
			id, invitation, renewed.TokenHash, renewed.ExpiresAt)
		if err != nil {
			return err
		}
		if sent, err = findInvitation(ctx, tx, id, invitation); err != nil {
			return err
		}
		if err := s.mailInvitation(ctx, tx, sent); err != nil {
			return err
		}
		return s.auditInvitation(ctx, tx, caller, sent, "invitation.resent")
	})
	if err != nil {
		return tenancy.Invitation{}, err
	}
	return sent, nil
}

// renewable says whether an invitation may be sent again. One that has run out
// has lost its seat and its claim to the address.
func renewable(ctx context.Context, tx pgx.Tx, i tenancy.Invitation) error {
	switch i.Status {
	case tenancy.InvitationPending:
		return nil
	case tenancy.InvitationExpired:
		_, err := accountToAdd(ctx, tx, i.TenantID, i.Email)
		if errors.Is(err, tenancy.ErrAlreadyMember) {
			return tenancy.ErrInvitationGone
		}
		if err != nil {
			return err
		}
		return takeSeat(ctx, tx, i.TenantID)
	}
	return tenancy.ErrInvitationGone
}

// RevokeInvitation takes an invitation back, once or again. It returns
// tenancy.ErrNotFound, or tenancy.ErrInvitationGone where it was accepted or has
// expired.
func (s *Store) RevokeInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID) error {
	return s.transact(ctx, "revoking invitation", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := admitAdmin(ctx, tx, caller, id); err != nil {
			return err
		}
		found, err := findInvitation(ctx, tx, id, invitation)
		switch {
		case err != nil || found.Status == tenancy.InvitationRevoked:
			return err
		case found.Status != tenancy.InvitationPending:
			return tenancy.ErrInvitationGone
		}
		if _, err := tx.Exec(ctx, `UPDATE invitations SET status = 'revoked' WHERE tenant_id = $1 AND id = $2`, id, invitation); err != nil {
			return err
		}
		return s.auditInvitation(ctx, tx, caller, found, "invitation.revoked")
	})
}

func (s *Store) auditInvitation(ctx context.Context, tx pgx.Tx, by tenancy.Caller, i tenancy.Invitation, action string) error {
	return s.audit(ctx, tx, entry{by: by, tenant: i.TenantID, action: action, target: "invitation:" + i.ID.String(),
		detail: map[string]string{"email": string(i.Email), "role": i.Role.String()}})
}
