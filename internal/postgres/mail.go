package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// How long a mail may wait for its server, and its link for its reader.
var (
	mailLasts = map[tenancy.MailKind]time.Duration{
		tenancy.MailReset: time.Hour, tenancy.MailVerify: 24 * time.Hour,
		tenancy.MailInvitation: 7 * 24 * time.Hour, tenancy.MailPasswordChanged: 24 * time.Hour,
	}
	linkLasts = map[tenancy.MailKind]time.Duration{tenancy.MailReset: time.Hour, tenancy.MailVerify: 24 * time.Hour}
)

// queueMail has a mail sent once the transaction is committed. It takes ID, Kind,
// To, and what the kind needs.
func queueMail(ctx context.Context, tx pgx.Tx, m tenancy.Mail) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mails (id, kind, email, user_id, tenant_id, invitation_id, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)`,
		m.ID, m.Kind, m.To, orNull(m.User), orNull(m.Tenant), orNull(m.Invitation), mailLasts[m.Kind])
	return err
}

// QueueMail has a mail sent.
func (s *Store) QueueMail(ctx context.Context, m tenancy.Mail) error {
	return s.transact(ctx, "queueing mail", platform, func(ctx context.Context, tx pgx.Tx) error {
		return queueMail(ctx, tx, m)
	})
}

// NextMail returns a mail that is due, or tenancy.ErrNotFound. Nobody else gets
// it for the time of the lease; whoever got it and is gone by then leaves it to
// the next. Mails that are too old are dropped.
func (s *Store) NextMail(ctx context.Context, lease time.Duration) (m tenancy.Mail, err error) {
	err = s.transact(ctx, "taking a mail to send", platform, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE expires_at <= now() ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED)`); err != nil {
			return err
		}
		var user *tenancy.UserID
		var tenant *tenancy.TenantID
		var invitation *tenancy.InvitationID
		err := tx.QueryRow(ctx, `
			UPDATE mails SET due_at = now() + $1::interval, attempts = attempts + 1
			WHERE id = (SELECT id FROM mails WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
			RETURNING id, kind, email, user_id, tenant_id, invitation_id, expires_at, attempts`, lease).
			Scan(&m.ID, &m.Kind, &m.To, &user, &tenant, &invitation, &m.ExpiresAt, &m.Attempts)
		if missing(err) {
			return tenancy.ErrNotFound
		}
		m.User, m.Tenant, m.Invitation = orZero(user), orZero(tenant), orZero(invitation)
		return err
	})
	return m, err
}

func orZero[Kind any](id *tenancy.ID[Kind]) tenancy.ID[Kind] {
	if id == nil {
		return tenancy.ID[Kind]{}
	}
	return *id
}

// MailDone forgets a mail that was sent, or that will not be.
func (s *Store) MailDone(ctx context.Context, id tenancy.MailID) error {
	return s.read(ctx, "forgetting a mail", func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, `DELETE FROM mails WHERE id = $1`, id)
		return err
	})
}

// DelayMail has a mail wait.
func (s *Store) DelayMail(ctx context.Context, id tenancy.MailID, by time.Duration) error {
	return s.read(ctx, "delaying a mail", func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, `UPDATE mails SET due_at = now() + $2::interval WHERE id = $1`, id, by)
		return err
	})
}

// PrepareMail says what a mail has to say now, and makes its link: the hash is
// that of the link's token, which ends the link that the mail had before.
func (s *Store) PrepareMail(ctx context.Context, m tenancy.Mail, token []byte) (letter tenancy.Letter, err error) {
	err = s.transact(ctx, "preparing a mail", platform, func(ctx context.Context, tx pgx.Tx) error {
		switch m.Kind {
		case tenancy.MailReset:
			letter, err = prepareReset(ctx, tx, m, token)
		case tenancy.MailVerify:
			letter, err = prepareProof(ctx, tx, m, token)
		case tenancy.MailInvitation:
			letter, err = prepareInvitation(ctx, tx, m, token)
		default:
			letter = tenancy.Letter{Kind: m.Kind}
		}
		return err
	})
	letter.To = m.To
	return letter, err
}

// prepareReset writes to the owner of the address, or else to whoever claimed it
// last, who owns it by using the link. Who has no password gets none by mail: an
// outside issuer signs them in.
func prepareReset(ctx context.Context, tx pgx.Tx, m tenancy.Mail, token []byte) (tenancy.Letter, error) {
	var user tenancy.UserID
	var name string
	var reachable bool
	err := tx.QueryRow(ctx, `
		SELECT id, name, status = 'active' AND password_hash <> '' FROM users
		WHERE email = $1 AND status <> 'deleted' ORDER BY email_verified_at IS NULL, id DESC LIMIT 1`, m.To).Scan(&user, &name, &reachable)
	if missing(err) || err == nil && !reachable {
		return tenancy.Letter{}, nil
	}
	if err != nil {
		return tenancy.Letter{}, err
	}
	expires, err := makeLink(ctx, tx, tenancy.MailReset, user, m.To, token)
	return tenancy.Letter{Kind: tenancy.MailReset, Name: name, ExpiresAt: expires}, err
}

// prepareProof asks a claimant for a proof, unless the address has an owner: they
// are told that somebody has tried, and the claim stays one.
func prepareProof(ctx context.Context, tx pgx.Tx, m tenancy.Mail, token []byte) (tenancy.Letter, error) {
	var name string
	var owned bool
	err := tx.QueryRow(ctx, `
		SELECT c.name, EXISTS (SELECT FROM users WHERE email = c.email AND `+ownsAddress+`)
		FROM users c WHERE c.id = $1 AND c.email = $2 AND c.email_verified_at IS NULL AND c.status = 'active'`, m.User, m.To).Scan(&name, &owned)
	if missing(err) {
		return tenancy.Letter{}, nil
	}
	if err != nil {
		return tenancy.Letter{}, err
	}
	if owned {
		return tenancy.Letter{Kind: tenancy.MailAccountExists}, nil
	}
	expires, err := makeLink(ctx, tx, tenancy.MailVerify, m.User, m.To, token)
	return tenancy.Letter{Kind: tenancy.MailVerify, Name: name, ExpiresAt: expires}, err
}

func makeLink(
	ctx context.Context, tx pgx.Tx, kind tenancy.MailKind, user tenancy.UserID, email tenancy.Email, token []byte,
) (expires time.Time, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO one_use_links (token_hash, purpose, user_id, email, expires_at) VALUES ($1, $2, $3, $4, now() + $5::interval)
		ON CONFLICT (user_id, purpose) DO UPDATE
		SET token_hash = excluded.token_hash, email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at
		RETURNING expires_at`, token, kind, user, email, linkLasts[kind]).Scan(&expires)
	return expires, err
}

// prepareInvitation puts the token into an invitation that is still open.
func prepareInvitation(ctx context.Context, tx pgx.Tx, m tenancy.Mail, token []byte) (tenancy.Letter, error) {
	if err := enter(ctx, tx, tenantRows(m.Tenant)); err != nil {
		return tenancy.Letter{}, err
	}
	letter := tenancy.Letter{Kind: tenancy.MailInvitation}
	err := tx.QueryRow(ctx, `
		UPDATE invitations i SET token_hash = $3 FROM tenants t
		WHERE i.tenant_id = $1 AND i.id = $2 AND i.email = $4 AND i.status = 'pending' AND i.expires_at > now()
		  AND t.id = i.tenant_id AND t.status = 'active'
		RETURNING t.name, coalesce((SELECT name FROM users WHERE id = i.invited_by), ''), i.expires_at`,
		m.Tenant, m.Invitation, token, m.To).Scan(&letter.Tenant, &letter.Inviter, &letter.ExpiresAt)
	if missing(err) {
		return tenancy.Letter{}, nil
	}
	return letter, err
}

// Sweep removes links and refresh tokens that no longer open anything, some at a
// time.
func (s *Store) Sweep(ctx context.Context) error {
	const atOnce = 1000
	return s.read(ctx, "sweeping", func(ctx context.Context) error {
		for _, sql := range []string{
			`DELETE FROM one_use_links WHERE token_hash IN (SELECT token_hash FROM one_use_links WHERE expires_at <= now() LIMIT $1)`,
			`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= now() - interval '1 day' LIMIT $1)`,
		} {
			if _, err := s.pool.Exec(ctx, sql, atOnce); err != nil {
				return err
			}
		}
		return nil
	})
}
