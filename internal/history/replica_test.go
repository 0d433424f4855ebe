package history_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// lease is how long the replicas of the property test believe what they know
// without hearing of changes.
const lease = 400 * time.Millisecond

// member is a replica whose ways to Redis, to Postgres and of its change feed are
// wires that can be cut, held and slowed, and whose wall clock can be set.
type member struct {
	*replica.Replica
	redis, postgres, feed *tenancytest.Wire
	slow                  atomic.Int64 // how long obeying takes
	step                  atomic.Int64 // seconds that its wall clock is wrong by
}

func startReplica(t *testing.T, database *pgserver.Server, redis *tenancytest.RedisServer) *member {
	t.Helper()
	m := &member{
		redis:    tenancytest.NewWire(t, redis.Addr()),
		postgres: tenancytest.NewWire(t, database.Addr()), feed: tenancytest.NewWire(t, database.Addr()),
	}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	m.Replica, err = replica.Open(t.Context(), replica.Config{
		Database: through(t, database, m.postgres), Direct: through(t, database, m.feed),
		Redis: "redis://" + m.redis.Addr() + "/0", Lease: lease, Log: quiet, Now: m.now,
		Local:  cache.Config{Entries: 10_000, Freshness: time.Minute, Timeout: time.Second},
		Shared: cache.RedisConfig{TTL: time.Minute, Log: quiet},
		Obey: func(obey func(context.Context, ...tenancy.Change)) func(context.Context, ...tenancy.Change) {
			return func(ctx context.Context, changes ...tenancy.Change) {
				pause(ctx, time.Duration(m.slow.Load()))
				obey(ctx, changes...)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing a replica: %v", err)
		}
	})
	return m
}

// through is the address of the database by that wire.
func through(t *testing.T, database *pgserver.Server, wire *tenancytest.Wire) string {
	t.Helper()
	address, err := url.Parse(database.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	address.Host = wire.Addr()
	return address.String()
}

// Membership asks the caches.
func (m *member) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	return m.Memberships.Membership(ctx, key)
}

// now is the clock of a machine whose wall clock was set: what is measured goes
// on as it did. Package time cannot make such a Time; the seconds of one with a
// monotonic reading are above the 30 bits of its nanoseconds.
func (m *member) now() time.Time {
	now := time.Now()
	*(*uint64)(unsafe.Pointer(&now)) += uint64(m.step.Load()) << 30 //nolint:gosec // wraps for steps back, as it must
	return now
}

// cutOff cuts a replica off from Postgres; mend ends all that is done to wires.
func (m *member) cutOff() { m.postgres.Cut(); m.feed.Cut() }
func (m *member) mend()   { m.postgres.Mend(); m.feed.Mend(); m.redis.Mend() }

// world is the replicas and what can go wrong around them.
type world struct {
	t        *testing.T
	database *pgserver.Server
	redis    *tenancytest.RedisServer
	replicas []*member
}

// fault is something that goes wrong for a while, and what ends it.
type fault struct {
	name       string
	begin, end func()
	deaf       []int // replicas that hear nothing from Postgres meanwhile
}

// faults are all that can go wrong, of the replica that was drawn.
func (w *world) faults(random *rand.Rand) []fault {
	number := random.IntN(len(w.replicas))
	r := w.replicas[number]
	all := []int{0, 1, 2}
	none := func() {}
	hour := int64(3600)
	return []fault{
		{"none", none, none, nil},
		{"the way to Redis is cut", r.redis.Cut, r.mend, nil},
		{"the way to Redis is held", r.redis.Hold, r.mend, nil},
		{"the way to Redis is slow", func() { r.redis.Delay(20 * time.Millisecond) }, r.mend, nil},
		{"the way to Postgres is cut", r.postgres.Cut, r.mend, nil},
		{"the way to Postgres is held", r.postgres.Hold, r.mend, nil},
		{"the way to Postgres is slow", func() { r.postgres.Delay(20 * time.Millisecond) }, r.mend, nil},
		{"the feed is cut", r.feed.Cut, r.mend, nil},
		{"the feed is deaf", r.feed.Hold, r.mend, nil},
		{"the feed is slow", func() { r.feed.Delay(50 * time.Millisecond) }, r.mend, nil},
		{"the replica is cut off", r.cutOff, r.mend, []int{number}},
		{"the replica hangs on Postgres", func() { r.postgres.Hold(); r.feed.Hold() }, r.mend, []int{number}},
		{"the replica obeys slowly", func() { r.slow.Store(int64(lease / 2)) }, func() { r.slow.Store(0) }, nil},
		{"the replica obeys too slowly", func() { r.slow.Store(int64(2 * lease)) }, func() { r.slow.Store(0) }, nil},
		{"the wall clock is set forward", func() { r.step.Add(hour) }, func() { r.step.Add(-hour) }, nil},
		{"the wall clock is set back", func() { r.step.Add(-hour) }, func() { r.step.Add(hour) }, nil},
		{"Redis pauses", w.redis.Pause, w.redis.Resume, nil},
		{"Redis restarts, empty", w.redis.Restart, none, nil},
		{"Redis is filled with garbage", w.garble, none, nil},
		{"Postgres ends all connections", func() { w.terminate("%") }, none, nil},
		{"Postgres ends the feeds' connections", func() { w.terminate("tenantgate feed") }, none, nil},
		{"Postgres crashes", func() { w.must(w.database.Kill()) }, func() { w.must(w.database.Restart(context.Background())) }, all},
	}
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Errorf("playing a fault: %v", err)
	}
}

// garble writes nonsense, and a value cut in two, under every key of ours.
func (w *world) garble() {
	client, err := cache.NewClient(w.redis.URL())
	if err != nil {
		w.t.Error(err)
		return
	}
	defer func() { _ = client.Close() }()
	ctx := context.Background()
	for i, key := range client.Keys(ctx, "*").Val() {
		half := client.Get(ctx, key).Val()
		if i%2 == 0 {
			half = "nonsense"
		}
		client.Set(ctx, key, half[:len(half)/2], time.Minute)
	}
}

func (w *world) terminate(who string) {
	tenancytest.Exec(w.t, w.database.URL("postgres"), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name LIKE $1`, who)
}
