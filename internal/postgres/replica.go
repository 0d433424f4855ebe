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
