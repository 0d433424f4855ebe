package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var errSnapshot = errors.New("the server sent no snapshot that can be read")

// Replicas lists the gateways that have announced themselves and not been
// forgotten, this one among them.
func (s *Store) Replicas(ctx context.Context) (list []tenancy.Replica, err error) {
	err = s.read(ctx, "listing replicas", func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `SELECT id, name, lease_ms, beat, seen::text FROM replicas`)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanReplica)
		return err
	})
	return list, err
}

// Unheard lists the transactions that have committed changes which a replica has
// not acknowledged.
func (s *Store) Unheard(ctx context.Context) (xids []uint64, err error) {
	err = s.read(ctx, "listing unacknowledged changes", func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `
			SELECT DISTINCT c.xid::text::bigint FROM changes c
			WHERE c.xid >= (SELECT pg_snapshot_xmin(seen) FROM replicas ORDER BY 1 LIMIT 1)
			  AND EXISTS (SELECT FROM replicas r WHERE NOT pg_visible_in_snapshot(c.xid, r.seen))`)
		if err != nil {
			return err
		}
		xids, err = pgx.CollectRows(rows, pgx.RowTo[uint64])
		return err
	})
	return xids, err
}

func scanReplica(row pgx.CollectableRow) (r tenancy.Replica, err error) {
	var lease int64
	var seen string
	if err := row.Scan(&r.ID, &r.Name, &lease, &r.Beat, &seen); err != nil {
		return r, err
	}
	r.Lease = time.Duration(lease) * time.Millisecond
	var valid bool
	if r.Seen, valid = tenancy.ParseSnapshot(seen); !valid {
		return r, errSnapshot
	}
	return r, nil
}
