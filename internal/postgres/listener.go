package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MaxReading is how many changes are read at once; where there are more, it is
// cheaper to forget everything.
const MaxReading = 10_000

// pruneAfter is how long changes are kept, for replicas that were away and for
// what Redis holds.
const pruneAfter = "15 minutes"

// Listener is a connection of its own on which a replica hears of changes and
// tells what it has heard. It needs a session of Postgres: a pooler that gives
// out transactions loses what is listened for. It is not safe for concurrent use.
type Listener struct {
	conn   *pgx.Conn
	origin string
}

// Listen connects. It refuses a server in recovery: a standby shows changes
// later than they are made, and says nothing of them.
func Listen(ctx context.Context, dsn string) (*Listener, error) {
	config, err := pgxpool.ParseConfig(dsn) // which knows pool_max_conns and its kin
	if err != nil {
		return nil, badDSN(err)
	}
	bound(config.ConnConfig)
	config.ConnConfig.RuntimeParams["application_name"] = "tenantgate feed"
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, translate("connecting the change feed", err)
	}
	l := &Listener{conn: conn}
	if err := l.begin(ctx); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, translate("connecting the change feed", err)
	}
	return l, nil
}

func (l *Listener) begin(ctx context.Context) error {
	if err := enterSession(ctx, l.conn); err != nil {
		return err
	}
	// A server that crashes may give the ids of transactions that it has lost to
	// others. Its statistics begin anew then, even where the postmaster goes on.
	const who = `SELECT pg_postmaster_start_time() || '/' || (SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter) || '/' ||
		(SELECT system_identifier FROM pg_control_system()) || '/' ||
		(SELECT timeline_id FROM pg_control_checkpoint()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())`
	if err := l.conn.QueryRow(ctx, who).Scan(&l.origin); err != nil {
		return err
	}
	// A lost renewal costs a lease; waiting for the disk at each costs more.
	for _, sql := range []string{"SET synchronous_commit = off", "LISTEN tenantgate_changes", "LISTEN tenantgate_acks"} {
		if _, err := l.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// Origin tells one history of a database from another: transaction ids mean the
// same only where it is the same.
func (l *Listener) Origin() string { return l.origin }

// Announce makes the replica known, or renews its lease. It waits for the disk:
// after a crash of the server writers must still know whom to wait for.
func (l *Listener) Announce(ctx context.Context, r tenancy.Replica) error {
	return translate("announcing replica", pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = on"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO replicas (id, name, lease_ms, seen) VALUES ($1, $2, $3, '1:1:')
			ON CONFLICT (id) DO UPDATE SET beat = replicas.beat + 1, beat_at = now(), lease_ms = excluded.lease_ms`,
			r.ID, r.Name, r.Lease.Milliseconds())
		return err
	}))
}

// The snapshot is that of the statement, so it sees exactly the rows that the
// statement returns or that were seen before. What a snapshot does not see are
// the transactions from its xmax on and those it lists, however long some take.
const readSQL = `
	WITH renewed AS (
		UPDATE replicas SET beat = beat + 1, beat_at = now(), seen = $2::text::pg_snapshot WHERE id = $1 RETURNING 1
	), since AS (
		SELECT coalesce($3::text::pg_snapshot, (pruned::text || ':' || pruned::text || ':')::pg_snapshot) AS seen, pruned FROM change_feed
	)
	SELECT EXISTS (SELECT FROM renewed), pg_current_snapshot()::text, s.pruned::text, (SELECT max(lease_ms) FROM replicas),
	       c.id IS NOT NULL, c.tenant_id, c.user_id, c.slugs, c.domains
	FROM since s LEFT JOIN LATERAL (
		SELECT * FROM changes
		WHERE xid >= pg_snapshot_xmax(s.seen) OR xid = ANY (ARRAY (SELECT pg_snapshot_xip(s.seen)))
		ORDER BY id LIMIT $4
	) c ON true`

// Read returns what has changed since a snapshot, and renews the replica's lease
// with what it has obeyed so far; the zero snapshot of since means all there is.
func (l *Listener) Read(ctx context.Context, id [16]byte, obeyed, since tenancy.Snapshot) (tenancy.Reading, error) {
	var after any
	if !since.IsZero() {
		after = since.String()
	}
	done := "1:1:"
	if !obeyed.IsZero() {
		done = obeyed.String()
	}
	rows, err := l.conn.Query(ctx, readSQL, id, done, after, MaxReading+1)
	if err != nil {
		return tenancy.Reading{}, translate("reading changes", err)
	}
	reading, err := scanReading(rows)
	return reading, translate("reading changes", err)
}

func scanReading(rows pgx.Rows) (r tenancy.Reading, err error) {
	var seen, pruned string
	var longest *int64
	var some bool
	var tenant *tenancy.TenantID
	var user *tenancy.UserID
	var slugs, domains []string
	_, err = pgx.ForEachRow(rows, []any{&r.Renewed, &seen, &pruned, &longest, &some, &tenant, &user, &slugs, &domains}, func() error {
		if some {
			r.Changes = append(r.Changes, changeOf(tenant, user, slugs, domains))
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	var valid bool
	if r.Seen, valid = tenancy.ParseSnapshot(seen); !valid {
		return r, errSnapshot
	}
	if r.Pruned, err = strconv.ParseUint(pruned, 10, 64); err != nil {
		return r, err
	}
	if longest != nil {
		r.Longest = time.Duration(*longest) * time.Millisecond
	}
	r.Truncated = len(r.Changes) > MaxReading
	return r, nil
}

func changeOf(tenant *tenancy.TenantID, user *tenancy.UserID, slugs, domains []string) tenancy.Change {
	var c tenancy.Change
	if tenant != nil {
		c.Tenant = *tenant
	}
	if user != nil {
		c.User = *user
	}
	for _, slug := range slugs {
		c.Names = append(c.Names, tenancy.Name{Kind: tenancy.BySlug, Value: slug})
	}
	for _, domain := range domains {
		c.Names = append(c.Names, tenancy.Name{Kind: tenancy.ByDomain, Value: domain})
	}
	return c
}

// Acknowledge tells writers that wait that the replica has obeyed a snapshot.
func (l *Listener) Acknowledge(ctx context.Context, id [16]byte, obeyed tenancy.Snapshot) error {
	_, err := l.conn.Exec(ctx, `
		WITH told AS (UPDATE replicas SET seen = $2::text::pg_snapshot WHERE id = $1)
		SELECT pg_notify('tenantgate_acks', '')`, id, obeyed.String())
	return translate("acknowledging changes", err)
}

// Wait waits until ctx ends, or something is heard: that there are changes, or
// else that a replica has acknowledged some.
func (l *Listener) Wait(ctx context.Context) (changes bool, err error) {
	heard, err := l.conn.WaitForNotification(ctx)
	if err != nil {
		if ctx.Err() != nil && !l.conn.IsClosed() {
			return false, ctx.Err()
		}
		return false, translate("listening for changes", fmt.Errorf("%w: %w", tenancy.ErrUnavailable, err))
	}
	return heard.Channel == "tenantgate_changes", nil
}

// Tidy deletes changes that every replica has obeyed and that are old, and takes
// the replicas that are given off the list. Of several at once, one does it.
func (l *Listener) Tidy(ctx context.Context, gone [][16]byte) error {
	return translate("tidying changes", pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM replicas WHERE id = ANY($1)`, gone); err != nil {
			return err
		}
		// Held on to change_feed, so that two do not set it back.
		_, err := tx.Exec(ctx, `
			WITH locked AS (SELECT pruned FROM change_feed FOR UPDATE SKIP LOCKED), bound AS (
				SELECT least(pg_snapshot_xmin(pg_current_snapshot()),
				             (SELECT xid FROM changes WHERE at > now() - $1::interval ORDER BY xid LIMIT 1),
				             (SELECT pg_snapshot_xmin(seen) FROM replicas ORDER BY 1 LIMIT 1)) AS below
				FROM locked
			), told AS (
				UPDATE change_feed f SET pruned = greatest(f.pruned, b.below) FROM bound b
			)
			DELETE FROM changes c USING bound b WHERE c.xid < b.below`, pruneAfter)
		return err
	}))
}

// Leave takes the replica off the list, where it can.
func (l *Listener) Leave(ctx context.Context, id [16]byte) {
	if !l.conn.IsClosed() {
		_, _ = l.conn.Exec(ctx, `DELETE FROM replicas WHERE id = $1`, id)
	}
}

// Close disconnects.
func (l *Listener) Close(ctx context.Context) { _ = l.conn.Close(ctx) }
