package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// OwnAccount returns the caller's account, or tenancy.ErrUserInactive.
func (s *Store) OwnAccount(ctx context.Context, caller tenancy.Caller) (account tenancy.Account, err error) {
	err = s.read(ctx, "loading account", func(ctx context.Context) error {
		row := s.pool.QueryRow(ctx, `SELECT `+userColumns+`, password_hash FROM users WHERE id = $1 AND status = 'active'`, caller.User)
		account.User, err = scanUser(row, &account.PasswordHash)
		if missing(err) {
			return tenancy.ErrUserInactive
		}
		return err
	})
	return account, err
}

// RenameUser changes the caller's name, or returns tenancy.ErrUserInactive or
// tenancy.ErrVersionMismatch.
func (s *Store) RenameUser(
	ctx context.Context, caller tenancy.Caller, name string, match tenancy.Match,
) (user tenancy.User, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "renaming user", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, err = scanUser(tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE`, caller.User))
		if missing(err) {
			return tenancy.ErrUserInactive
		}
		if err != nil {
			return err
		}
		if err := match.Check(user.Version); err != nil || user.Name == name {
			return err
		}
		user, err = scanUser(tx.QueryRow(ctx, `UPDATE users SET name = $2 WHERE id = $1 RETURNING `+userColumns, caller.User, name))
		if err != nil {
			return err
		}
		changes = []tenancy.Change{{Key: tenancy.Key{User: caller.User}}}
		return s.audit(ctx, tx, entry{by: caller, action: "user.renamed", target: "user:" + caller.User.String()})
	})
	if err != nil {
		return tenancy.User{}, nil, err
	}
	return user, changes, nil
}

// ChangePassword replaces the caller's password hash, unless it is no longer the
// old one (tenancy.ErrBadCredentials), ends their other sessions and tells them.
func (s *Store) ChangePassword(
	ctx context.Context, caller tenancy.Caller, old, replacement string, note tenancy.MailID,
) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "changing password", platform, func(ctx context.Context, tx pgx.Tx) error {
		var email tenancy.Email
		err := tx.QueryRow(ctx, `
			UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND status = 'active' RETURNING email`,
			caller.User, old, replacement).Scan(&email)
		if missing(err) {
			return tenancy.ErrBadCredentials
		}
		if err != nil {
			return err
		}
		changes, err = s.endSessions(ctx, tx, caller, caller.User, caller.Session)
		if err != nil {
			return err
		}
		return s.passwordChanged(ctx, tx, caller, caller.User, email, note)
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// passwordChanged notes a new password in the log, tells its owner, and ends
// links that would set another.
func (s *Store) passwordChanged(
	ctx context.Context, tx pgx.Tx, by tenancy.Caller, user tenancy.UserID, email tenancy.Email, note tenancy.MailID,
) error {
	if _, err := tx.Exec(ctx, `DELETE FROM one_use_links WHERE user_id = $1 AND purpose = 'reset'`, user); err != nil {
		return err
	}
	if err := queueMail(ctx, tx, tenancy.Mail{ID: note, Kind: tenancy.MailPasswordChanged, To: email, User: user}); err != nil {
		return err
	}
	return s.audit(ctx, tx, entry{by: by, action: "user.password_changed", target: "user:" + user.String()})
}

// ResetPassword sets a new password hash for the account of a link, or returns
// tenancy.ErrLinkGone. All its sessions end, and its address is proven, for the
// link was in a mail to it.
func (s *Store) ResetPassword(ctx context.Context, link []byte, replacement string, ids tenancy.ResetIDs) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "resetting password", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, email, err := useLink(ctx, tx, "reset", link)
		if err != nil {
			return err
		}
		caller := tenancy.Caller{User: user, RequestID: ids.RequestID}
		if changes, err = s.proveAddress(ctx, tx, caller, email, ids.Member); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1`, user, replacement); err != nil {
			return err
		}
		ended, err := s.endSessions(ctx, tx, caller, user, tenancy.SessionID{})
		if err != nil {
			return err
		}
		changes = append(changes, ended...)
		return s.passwordChanged(ctx, tx, caller, user, email, ids.Note)
	})
	if err != nil {
		return nil, asGone(err)
	}
	return changes, nil
}

// VerifyEmail proves the caller's address by a link of theirs, and lets them into
// the tenant that has waited for it, or returns tenancy.ErrLinkGone.
func (s *Store) VerifyEmail(ctx context.Context, caller tenancy.Caller, link []byte, member tenancy.MemberID) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "verifying address", platform, func(ctx context.Context, tx pgx.Tx) error {
		user, email, err := useLink(ctx, tx, "verify", link)
		if err == nil && user != caller.User {
			err = tenancy.ErrLinkGone
		}
		if err != nil {
			return err
		}
		changes, err = s.proveAddress(ctx, tx, caller, email, member)
		return err
	})
	if err != nil {
		return nil, asGone(err)
	}
	return changes, nil
}

// asGone hides that somebody else has proven the address meanwhile.
func asGone(err error) error {
	if errors.Is(err, tenancy.ErrAddressTaken) {
		return tenancy.ErrLinkGone
	}
	return err
}

// useLink takes a link, which works once, and returns whose it is: an active
// user's who still has the address that it was sent to.
func useLink(ctx context.Context, tx pgx.Tx, purpose string, hash []byte) (user tenancy.UserID, email tenancy.Email, err error) {
	err = tx.QueryRow(ctx, `
		DELETE FROM one_use_links l USING users u
		WHERE l.token_hash = $1 AND l.purpose = $2 AND l.expires_at > now()
		  AND u.id = l.user_id AND u.email = l.email AND u.status = 'active'
		RETURNING u.id, u.email`, hash, purpose).Scan(&user, &email)
	if missing(err) {
		err = tenancy.ErrLinkGone
	}
	return user, email, err
}

// proveAddress makes the caller the owner of their address, where they are not,
// and a member of the tenant that they wait for, where it still lets them in.
func (s *Store) proveAddress(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, email tenancy.Email, member tenancy.MemberID,
) ([]tenancy.Change, error) {
	var joining *tenancy.TenantID
	err := tx.QueryRow(ctx, `SELECT joining_tenant_id FROM users WHERE id = $1 AND email_verified_at IS NULL`, caller.User).Scan(&joining)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	changes := []tenancy.Change{{Key: tenancy.Key{User: caller.User}}}
	var settings tenancy.Settings // lets nobody in
	if joining != nil {
		settings, err = joinable(ctx, tx, *joining) // the tenant is locked before the user, as everywhere
		if err != nil && !errors.Is(err, tenancy.ErrJoinRefused) {
			return nil, err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE users SET email_verified_at = now(), joining_tenant_id = NULL WHERE id = $1`, caller.User)
	if err != nil {
		return nil, err
	}
	if err := s.audit(ctx, tx, entry{by: caller, action: "user.email_verified", target: "user:" + caller.User.String()}); err != nil {
		return nil, err
	}
	if joining == nil || !settings.MayJoin(email, true) {
		return changes, nil
	}
	return s.joinAwaited(ctx, tx, caller, *joining, member, settings.DefaultRole, changes)
}

// joinAwaited joins a tenant that was waited for. That it is full by now does not
// undo the proof.
func (s *Store) joinAwaited(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, member tenancy.MemberID, role tenancy.Role, changes []tenancy.Change,
) ([]tenancy.Change, error) {
	joined, err := s.join(ctx, tx, caller, id, member, role)
	if errors.Is(err, tenancy.ErrSeatLimit) {
		return changes, nil
	}
	if err != nil {
		return nil, err
	}
	moved, err := s.setCurrentTenant(ctx, tx, caller, id)
	return append(append(changes, joined...), moved...), err
}
