package postgres

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	maxTrips    = 4               // round trips for memberships that are under way at a time
	maxTogether = 256             // look-ups of one round trip
	tripWithin  = 2 * time.Second // one round trip, retries included
)

// lookup is a membership that somebody waits for. What was found is there when
// landed is closed.
type lookup struct {
	key    tenancy.Key
	left   atomic.Bool // nobody waits any more
	landed chan struct{}
	found  tenancy.Membership
	err    error
}

// lookups gathers look-ups. One that finds few under way sets out at once; while
// as many round trips are under way as may be, those that come wait for the next,
// and travel together. So ten thousand at once cost some dozens of transactions.
//
// Nobody gets on a trip that has set out: what a look-up is answered was read
// after it was asked.
type lookups struct {
	mu      sync.Mutex
	waiting []*lookup
	trips   int

	began atomic.Uint64
}

// join has l wait, and reports whether the caller has to begin a trip.
func (q *lookups) join(l *lookup) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, l)
	if q.trips == maxTrips {
		return false
	}
	q.trips++
	return true
}

// board takes those who wait for the next trip. Where nobody does, the caller's
// trips end.
func (q *lookups) board() []*lookup {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(l *lookup) bool { return l.left.Load() })
	together := q.waiting[:min(len(q.waiting), maxTogether)]
	q.waiting = q.waiting[len(together):]
	if len(together) == 0 {
		q.waiting = nil
		q.trips--
		return nil
	}
	q.began.Add(1)
	return slices.Clone(together)
}

// Trips returns how many round trips for memberships have begun.
func (s *Store) Trips() uint64 { return s.lookups.began.Load() }

// Membership implements [tenancy.Memberships], together with others who ask at
// the same time. It returns tenancy.ErrUnavailable, wrapped, where ctx ends first;
// the others are answered all the same.
func (s *Store) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	l := &lookup{key: key, landed: make(chan struct{})}
	if s.lookups.join(l) {
		go s.travel(context.WithoutCancel(ctx))
	}
	select {
	case <-l.landed:
		return l.found, l.err
	case <-ctx.Done():
		l.left.Store(true)
		return tenancy.Membership{}, translate(lookingUp, ctx.Err())
	}
}

const lookingUp = "looking up membership"

func (s *Store) travel(ctx context.Context) {
	for together := s.lookups.board(); together != nil; together = s.lookups.board() {
		err := s.trip(ctx, together)
		for _, l := range together {
			l.err = cmp.Or(l.err, err)
			close(l.landed)
		}
	}
}

// trip reads memberships in one round trip and one transaction: statements that
// one Sync ends are one (PostgreSQL, "Pipelining" in the protocol's message flow).
// Each tenant's are read by a statement of their own, under its row-level security.
func (s *Store) trip(ctx context.Context, together []*lookup) (err error) {
	defer func() {
		// A panic in a goroutine that many wait for would end the process.
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", lookingUp, p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, tripWithin)
	defer cancel()
	asked := make(map[tenancy.TenantID]map[tenancy.UserID][]*lookup)
	for _, l := range together {
		if asked[l.key.Tenant] == nil {
			asked[l.key.Tenant] = make(map[tenancy.UserID][]*lookup)
		}
		asked[l.key.Tenant][l.key.User] = append(asked[l.key.Tenant][l.key.User], l)
	}
	return s.read(ctx, lookingUp, func(ctx context.Context) error {
		batch := &pgx.Batch{}
		for tenant, users := range asked {
			rows := tenantRows(tenant)
			batch.Queue(enterSQL, rows.setting, rows.id)
			batch.Queue(membershipsSQL, slices.Collect(maps.Keys(users)), tenant).Query(func(rows pgx.Rows) error {
				return land(rows, tenant, users)
			})
		}
		return s.pool.SendBatch(ctx, batch).Close()
	})
}

// land gives each of those who asked about a tenant what was found.
func land(rows pgx.Rows, tenant tenancy.TenantID, asked map[tenancy.UserID][]*lookup) error {
	for rows.Next() {
		m, err := scanMembership(rows, tenant)
		if err != nil {
			return err
		}
		for _, l := range asked[m.User] {
			l.found = m
		}
	}
	return rows.Err()
}
