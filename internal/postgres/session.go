package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// OpenSession records a sign-in. It returns tenancy.ErrUserInactive where there
// is no such user.
func (s *Store) OpenSession(ctx context.Context, session tenancy.Session) error {
	return s.transact(ctx, "opening session", platform, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := activeUser(ctx, tx, session.User); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
			session.ID, session.User, session.CreatedAt, session.ExpiresAt)
		return err
	})
}
