package postgres

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const userColumns = `id, email, name, status, role, current_tenant_id, created_at, email_verified_at IS NOT NULL, version`

// ownsAddress says of a row of users that its address is the account's own, by
// which it may be found: proven, or vouched for by an operator or an issuer. At
// most one account owns an address (users_email_key).
const ownsAddress = `email_verified_at IS NOT NULL AND status <> 'deleted'`

func scanUser(row pgx.Row, more ...any) (tenancy.User, error) {
	var u tenancy.User
	var current *tenancy.TenantID
	err := row.Scan(append([]any{&u.ID, &u.Email, &u.Name, &u.Status, &u.Role, &current, &u.CreatedAt, &u.EmailVerified, &u.Version}, more...)...)
	if current != nil {
		u.CurrentTenant = *current
	}
	return u, err
}

// Account returns the account that owns an address, or tenancy.ErrNotFound.
func (s *Store) Account(ctx context.Context, email tenancy.Email) (account tenancy.Account, err error) {
	err = s.read(ctx, "loading account", func(ctx context.Context) error {
		row := s.pool.QueryRow(ctx, `SELECT `+userColumns+`, password_hash FROM users WHERE email = $1 AND `+ownsAddress, email)
		account.User, err = scanUser(row, &account.PasswordHash)
		if missing(err) {
			return tenancy.ErrNotFound
		}
		return err
	})
	return account, err
}

// Candidates returns the owner of an address, suspended or not, and the newest
// account that claims it; nil where there is none.
func (s *Store) Candidates(ctx context.Context, email tenancy.Email) (owner, claim *tenancy.Account, err error) {
	err = s.read(ctx, "loading accounts", func(ctx context.Context) error {
		owner, claim = nil, nil
		rows, err := s.pool.Query(ctx, `
			SELECT `+userColumns+`, password_hash FROM users WHERE email = $1 AND `+ownsAddress+`
			UNION ALL
			(SELECT `+userColumns+`, password_hash FROM users
			 WHERE email = $1 AND email_verified_at IS NULL AND status <> 'deleted' ORDER BY id DESC LIMIT 1)`, email)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var account tenancy.Account
			if account.User, err = scanUser(rows, &account.PasswordHash); err != nil {
				return err
			}
			if account.EmailVerified {
				owner = &account
			} else {
				claim = &account
			}
		}
		return rows.Err()
	})
	return owner, claim, err
}

// User returns an active user, or tenancy.ErrUserInactive.
func (s *Store) User(ctx context.Context, id tenancy.UserID) (user tenancy.User, err error) {
	err = s.read(ctx, "loading user", func(ctx context.Context) error {
		user, err = activeUser(ctx, s.pool, id)
		return err
	})
	return user, err
}

// activeUser asks a pool or a transaction for a user who may act.
func activeUser(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, id tenancy.UserID,
) (tenancy.User, error) {
	user, err := scanUser(db.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id))
	if missing(err) || err == nil && user.Status != tenancy.StatusActive {
		return tenancy.User{}, tenancy.ErrUserInactive
	}
	return user, err
}

// CreateUser makes an account, or returns tenancy.ErrAddressTaken. An empty
// platform role is that of a plain user.
func (s *Store) CreateUser(ctx context.Context, account tenancy.NewUser) (user tenancy.User, err error) {
	err = s.transact(ctx, "creating user", platform, func(ctx context.Context, tx pgx.Tx) error {
		var made bool
		user, made, err = s.ensureUser(ctx, tx, account)
		if err == nil && !made {
			return tenancy.ErrAddressTaken
		}
		return err
	})
	return user, err
}

// ensureUser returns the user who owns an address, and is made now where there is
// none. Of transactions that race, one makes it and all return it.
func (s *Store) ensureUser(ctx context.Context, tx pgx.Tx, account tenancy.NewUser) (user tenancy.User, made bool, err error) {
	role := cmp.Or(account.Role, tenancy.PlatformUser)
	inserted, err := tx.Exec(ctx, `
		INSERT INTO users (id, email, name, password_hash, role) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (email) WHERE `+ownsAddress+` DO NOTHING`, account.ID, account.Email, account.Name, account.PasswordHash, role)
	if err != nil {
		return tenancy.User{}, false, err
	}
	user, err = scanUser(tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE email = $1 AND `+ownsAddress, account.Email))
	if err != nil || inserted.RowsAffected() == 0 {
		return user, false, err
	}
	return user, true, s.audit(ctx, tx, entry{action: "user.created", target: "user:" + user.ID.String(),
		detail: map[string]string{"email": string(user.Email), "role": string(user.Role)}})
}
