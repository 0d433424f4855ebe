package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const sessionColumns = `id, user_id, tenant_id, user_agent, created_at, coalesce(last_used_at, created_at), expires_at`

func scanSession(row pgx.Row) (tenancy.Session, error) {
	var s tenancy.Session
	var tenant *tenancy.TenantID
	err := row.Scan(&s.ID, &s.User, &tenant, &s.UserAgent, &s.CreatedAt, &s.LastUsedAt, &s.ExpiresAt)
	if tenant != nil {
		s.Tenant = *tenant
	}
	return s, err
}

// OpenSession records a sign-in with its first refresh token. It returns
// tenancy.ErrUserInactive where there is no such user, and tenancy.ErrBadCredentials
// where the password has changed since it was verified.
func (s *Store) OpenSession(ctx context.Context, session tenancy.NewSession) error {
	return s.transact(ctx, "opening session", platform, func(ctx context.Context, tx pgx.Tx) error {
		return openSession(ctx, tx, session)
	})
}

func openSession(ctx context.Context, tx pgx.Tx, session tenancy.NewSession) error {
	if err := holdAccount(ctx, tx, session); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO sessions (id, user_id, tenant_id, user_agent, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		session.ID, session.User, orNull(session.Tenant), session.UserAgent, session.CreatedAt, session.ExpiresAt)
	if err != nil {
		return err
	}
	return addRefreshToken(ctx, tx, session.ID, session.RefreshHash)
}

// holdAccount keeps the password as it is until the session is open: whoever
// changes it then finds the session, to end it.
func holdAccount(ctx context.Context, tx pgx.Tx, session tenancy.NewSession) error {
	var hash string
	err := tx.QueryRow(ctx, `SELECT password_hash FROM users WHERE id = $1 AND status = 'active' FOR SHARE`, session.User).Scan(&hash)
	switch {
	case missing(err):
		return tenancy.ErrUserInactive
	case err == nil && session.PasswordHash != "" && session.PasswordHash != hash:
		return tenancy.ErrBadCredentials
	}
	return err
}

func addRefreshToken(ctx context.Context, tx pgx.Tx, id tenancy.SessionID, hash []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO refresh_tokens (token_hash, session_id) VALUES ($1, $2)`, hash, id)
	return err
}

// RefreshSession takes a refresh token for the next one and returns their
// session, or tenancy.ErrRefreshRefused. A token that was used before ends the
// session, for either its bearer or that of its successor has stolen it; the
// error then comes with what caches must forget.
func (s *Store) RefreshSession(ctx context.Context, used, next []byte) (session tenancy.Session, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "refreshing session", platform, func(ctx context.Context, tx pgx.Tx) error {
		id, fresh, err := useRefreshToken(ctx, tx, used)
		if err != nil {
			return err
		}
		if !fresh {
			changes, err = s.endReplayed(ctx, tx, id)
			return err
		}
		if session, err = continueSession(ctx, tx, id); err != nil {
			return err
		}
		if err := shorten(ctx, tx, &session); err != nil {
			return err
		}
		return addRefreshToken(ctx, tx, id, next)
	})
	if err == nil && session.ID.IsZero() {
		err = tenancy.ErrRefreshRefused
	}
	return session, changes, err
}

// useRefreshToken marks a token as used. Of requests that race, the lock on its
// row lets one find it fresh.
func useRefreshToken(ctx context.Context, tx pgx.Tx, hash []byte) (id tenancy.SessionID, fresh bool, err error) {
	err = tx.QueryRow(ctx, `UPDATE refresh_tokens SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL RETURNING session_id`, hash).Scan(&id)
	if !missing(err) {
		return id, true, err
	}
	err = tx.QueryRow(ctx, `SELECT session_id FROM refresh_tokens WHERE token_hash = $1`, hash).Scan(&id)
	if missing(err) {
		err = tenancy.ErrRefreshRefused
	}
	return id, false, err
}

// continueSession returns a session that has not ended, of an active user.
func continueSession(ctx context.Context, tx pgx.Tx, id tenancy.SessionID) (tenancy.Session, error) {
	session, err := scanSession(tx.QueryRow(ctx, `
		UPDATE sessions SET last_used_at = now()
		WHERE id = $1 AND ended_at IS NULL AND expires_at > now()
		  AND EXISTS (SELECT FROM users u WHERE u.id = user_id AND u.status = 'active')
		RETURNING `+sessionColumns, id))
	if missing(err) {
		return tenancy.Session{}, tenancy.ErrRefreshRefused
	}
	return session, err
}

// shorten holds a session to what its tenant says of how long they last, which may
// be less than when it began. What is over by that is tenancy.ErrRefreshRefused.
func shorten(ctx context.Context, tx pgx.Tx, session *tenancy.Session) error {
	if session.Tenant.IsZero() {
		return nil
	}
	if err := enter(ctx, tx, tenantRows(session.Tenant)); err != nil {
		return err
	}
	config, err := configOf(ctx, tx, session.Tenant)
	if err != nil {
		return err
	}
	length := tenancy.SettingsOf(config).SessionLength
	if length == 0 || !session.CreatedAt.Add(length).Before(session.ExpiresAt) {
		return nil
	}
	session.ExpiresAt = session.CreatedAt.Add(length)
	var over bool
	if err := tx.QueryRow(ctx, `SELECT $1 <= now()`, session.ExpiresAt).Scan(&over); err != nil {
		return err
	}
	if over {
		return tenancy.ErrRefreshRefused
	}
	return nil
}

// endReplayed ends the session of a token that was used twice, as nobody's deed.
func (s *Store) endReplayed(ctx context.Context, tx pgx.Tx, id tenancy.SessionID) ([]tenancy.Change, error) {
	var user tenancy.UserID
	err := tx.QueryRow(ctx, `UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING user_id`, id).Scan(&user)
	if missing(err) {
		return nil, nil // ended already
	}
	if err != nil {
		return nil, err
	}
	return []tenancy.Change{{Key: tenancy.Key{User: user}}}, s.audit(ctx, tx, entry{
		action: "session.replayed", target: "session:" + id.String(), detail: map[string]string{"user": user.String()}})
}

// SessionOf returns the session that an unused refresh token continues, or
// tenancy.ErrRefreshRefused.
func (s *Store) SessionOf(ctx context.Context, hash []byte) (session tenancy.Session, err error) {
	err = s.read(ctx, "finding session", func(ctx context.Context) error {
		session, err = scanSession(s.pool.QueryRow(ctx, `
			SELECT `+sessionColumns+` FROM sessions
			WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NULL)
			  AND ended_at IS NULL AND expires_at > now()`, hash))
		if missing(err) {
			return tenancy.ErrRefreshRefused
		}
		return err
	})
	return session, err
}

// EndSession ends one of the caller's sessions, or returns tenancy.ErrNotFound.
func (s *Store) EndSession(ctx context.Context, caller tenancy.Caller, id tenancy.SessionID) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "ending session", platform, func(ctx context.Context, tx pgx.Tx) error {
		ended, err := tx.Exec(ctx, `
			UPDATE sessions SET ended_at = now()
			WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > now()`, id, caller.User)
		if err != nil {
			return err
		}
		if ended.RowsAffected() == 0 {
			return tenancy.ErrNotFound
		}
		changes = []tenancy.Change{{Key: tenancy.Key{User: caller.User}}}
		return s.audit(ctx, tx, entry{by: caller, action: "session.ended", target: "session:" + id.String()})
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// EndSessions ends all of the caller's sessions.
func (s *Store) EndSessions(ctx context.Context, caller tenancy.Caller) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "ending sessions", platform, func(ctx context.Context, tx pgx.Tx) error {
		changes, err = s.endSessions(ctx, tx, caller, caller.User, tenancy.SessionID{})
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// endSessions ends all sessions of a user but the one to keep (zero: none), and
// what others have issued to them.
func (s *Store) endSessions(
	ctx context.Context, tx pgx.Tx, by tenancy.Caller, user tenancy.UserID, keep tenancy.SessionID,
) ([]tenancy.Change, error) {
	_, err := tx.Exec(ctx, `UPDATE sessions SET ended_at = now() WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL AND expires_at > now()`, user, keep)
	if err != nil {
		return nil, err
	}
	// What others have issued goes by the time, for it has no session here.
	if _, err := tx.Exec(ctx, `UPDATE users SET tokens_not_before = now() WHERE id = $1`, user); err != nil {
		return nil, err
	}
	return []tenancy.Change{{Key: tenancy.Key{User: user}}}, s.audit(ctx, tx, entry{
		by: by, action: "session.all_ended", target: "user:" + user.String()})
}

// SessionsOf returns the caller's sessions that have not ended, the newest first.
func (s *Store) SessionsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) (list []tenancy.Session, err error) {
	err = s.read(ctx, "listing sessions", func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `
			SELECT `+sessionColumns+` FROM sessions
			WHERE user_id = $1 AND ($2 = '00000000-0000-0000-0000-000000000000'::uuid OR id < $2) AND ended_at IS NULL AND expires_at > now()
			ORDER BY id DESC LIMIT $3`, caller.User, tenancy.SessionID(page.After), page.Limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.Session, error) { return scanSession(row) })
		return err
	})
	return list, err
}
