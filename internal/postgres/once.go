package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// keepOutcomes is how long a key is known.
	keepOutcomes = 24 * time.Hour
	// maxKeys is how many keys of a user are kept at a time.
	maxKeys = 1000
	// attemptWithin is when a request that has done nothing is taken to have ended
	// with its gateway; it is well past every time limit of one that lives.
	attemptWithin = 30 * time.Second
	// sweepAtOnce is how many rows one statement of a sweep deletes.
	sweepAtOnce = 1000
)

// Reserve gives the caller the right to carry out the request of once.Key, or
// returns the outcome that it had. It returns tenancy.ErrKeyReused where the
// fingerprint, the SHA-256 of the body, is another one, and
// tenancy.ErrInProgress, ErrOutcomeLost or ErrTooManyKeys.
func (s *Store) Reserve(ctx context.Context, caller tenancy.Caller, once tenancy.Once, fingerprint [32]byte) (outcome *tenancy.Outcome, err error) {
	err = s.transact(ctx, "reserving idempotency key", platform, func(ctx context.Context, tx pgx.Tx) error {
		reserved, err := reserve(ctx, tx, caller.User, once, fingerprint)
		if err != nil || reserved {
			return err
		}
		outcome, err = outcomeOf(ctx, tx, once, fingerprint)
		return err
	})
	return outcome, err
}

// reserve takes a key that nobody has, whose time is over, or whose holder has
// ended without doing anything. The last is decided under the lock of the row,
// which the holder's transaction takes as well (see carryOut).
func reserve(ctx context.Context, tx pgx.Tx, user tenancy.UserID, once tenancy.Once, fingerprint [32]byte) (bool, error) {
	made, err := tx.Exec(ctx, `
		INSERT INTO idempotency_keys AS k (id, user_id, attempt, fingerprint, expires_at)
		SELECT $1, $2, $3, $4, now() + $5::interval
		WHERE (SELECT count(*) FROM (SELECT FROM idempotency_keys WHERE user_id = $2 AND id <> $1 LIMIT $7) held) < $7
		ON CONFLICT (id) DO UPDATE
		SET attempt = excluded.attempt, fingerprint = excluded.fingerprint, reserved_at = now(), expires_at = excluded.expires_at,
		    carried_out_at = NULL, status = NULL, tenant_id = NULL, version = NULL, location = NULL, kind = NULL, body = NULL
		WHERE k.expires_at <= now()
		   OR k.carried_out_at IS NULL AND k.fingerprint = excluded.fingerprint AND k.reserved_at <= now() - $6::interval`,
		once.Key[:], user, once.Attempt, fingerprint[:], keepOutcomes, attemptWithin, maxKeys)
	return err == nil && made.RowsAffected() == 1, err
}

// outcomeOf tells what became of a key that somebody else has reserved.
func outcomeOf(ctx context.Context, tx pgx.Tx, once tenancy.Once, fingerprint [32]byte) (*tenancy.Outcome, error) {
	var (
		same, carriedOut, recent bool
		outcome                  tenancy.Outcome
		tenant                   *tenancy.TenantID
	)
	err := tx.QueryRow(ctx, `
		SELECT fingerprint = $2, carried_out_at IS NOT NULL, reserved_at > now() - $3::interval,
		       coalesce(status, 0), tenant_id, coalesce(version, 0), coalesce(location, ''), coalesce(kind, ''), body
		FROM idempotency_keys WHERE id = $1`, once.Key[:], fingerprint[:], attemptWithin).
		Scan(&same, &carriedOut, &recent, &outcome.Status, &tenant, &outcome.Version, &outcome.Location, &outcome.Kind, &outcome.Body)
	switch {
	case missing(err):
		return nil, tenancy.ErrTooManyKeys
	case err != nil:
		return nil, err
	case !same:
		return nil, tenancy.ErrKeyReused
	case outcome.Status == 0 && carriedOut && !recent:
		return nil, tenancy.ErrOutcomeLost
	case outcome.Status == 0:
		return nil, tenancy.ErrInProgress
	}
	if tenant != nil {
		outcome.Tenant = *tenant
	}
	return &outcome, nil
}

// carryOut says in the transaction of a write that the write is that of once, so
// that the two are committed together. It returns tenancy.ErrInProgress where the
// right has gone over to another request meanwhile: this one must not commit.
func carryOut(ctx context.Context, tx pgx.Tx, once tenancy.Once) error {
	if once.IsZero() {
		return nil
	}
	marked, err := tx.Exec(ctx, `
		UPDATE idempotency_keys SET carried_out_at = coalesce(carried_out_at, now()) WHERE id = $1 AND attempt = $2`,
		once.Key[:], once.Attempt)
	if err == nil && marked.RowsAffected() == 0 {
		return tenancy.ErrInProgress
	}
	return err
}

// Settle keeps the outcome of a request that was carried out. Of one that is
// larger than tenancy.MaxOutcome it keeps that there was one.
func (s *Store) Settle(ctx context.Context, once tenancy.Once, outcome tenancy.Outcome) error {
	return s.transact(ctx, "settling idempotency key", platform, func(ctx context.Context, tx pgx.Tx) error {
		if len(outcome.Body) > tenancy.MaxOutcome {
			return carryOut(ctx, tx, once)
		}
		_, err := tx.Exec(ctx, `
			UPDATE idempotency_keys
			SET carried_out_at = coalesce(carried_out_at, now()), status = $3, tenant_id = $4, version = nullif($5, 0),
			    location = nullif($6, ''), kind = nullif($7, ''), body = $8
			WHERE id = $1 AND attempt = $2`,
			once.Key[:], once.Attempt, outcome.Status, orNull(outcome.Tenant), outcome.Version, outcome.Location, outcome.Kind, outcome.Body)
		return err
	})
}

// Release gives a key back whose request was refused: sending it again tries
// again. A request that was carried out keeps it.
func (s *Store) Release(ctx context.Context, once tenancy.Once) error {
	return s.transact(ctx, "releasing idempotency key", platform, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE id = $1 AND attempt = $2 AND carried_out_at IS NULL`,
			once.Key[:], once.Attempt)
		return err
	})
}

// SweepOutcomes deletes keys whose time is over, and returns how many it was. Any
// number of replicas may sweep at once.
func (s *Store) SweepOutcomes(ctx context.Context) (swept int64, err error) {
	for deleted := int64(sweepAtOnce); deleted == sweepAtOnce && err == nil; swept += deleted {
		deleted = 0
		err = s.transact(ctx, "sweeping idempotency keys", platform, func(ctx context.Context, tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `
				DELETE FROM idempotency_keys WHERE id IN (
					SELECT id FROM idempotency_keys WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`, sweepAtOnce)
			deleted = tag.RowsAffected()
			return err
		})
	}
	return swept, err
}
