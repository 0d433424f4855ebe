package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// claimLock keeps replicas from purging claims at the same time.
	claimLock = 0x7467_7075_7267_6502 // "tgpurge" and 2
	// claimBatch bounds the rows, and so the time, of one transaction.
	claimBatch = 100
)

// PurgeClaims erases those of the next hundred accounts after a user that only
// claim their address and are due (see 007_claims.sql). It returns where to go on;
// zero: that was all, or another replica is at it.
func (s *Store) PurgeClaims(ctx context.Context, after tenancy.UserID) (next tenancy.UserID, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "purging claims", platform, func(ctx context.Context, tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(claimLock)).Scan(&mine); err != nil || !mine {
			return err
		}
		var erased []tenancy.UserID
		if next, erased, err = purgeClaims(ctx, tx, after); err != nil {
			return err
		}
		for _, user := range erased {
			changes = append(changes, tenancy.Change{Key: tenancy.Key{User: user}})
			if err := s.audit(ctx, tx, entry{action: "user.purged", target: "user:" + user.String()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return tenancy.UserID{}, nil, err
	}
	return next, changes, nil
}

func purgeClaims(ctx context.Context, tx pgx.Tx, after tenancy.UserID) (next tenancy.UserID, erased []tenancy.UserID, err error) {
	rows, err := tx.Query(ctx, `SELECT erased, looked_at FROM purge_claims($1, $2)`, after, claimBatch)
	if err != nil {
		return next, nil, err
	}
	var user *tenancy.UserID
	_, err = pgx.ForEachRow(rows, []any{&user, &next}, func() error {
		if user != nil {
			erased = append(erased, *user)
		}
		return nil
	})
	return next, erased, err
}
