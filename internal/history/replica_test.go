package history_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// What the replicas of the property test believe for how long.
const (
	lease    = 300 * time.Millisecond
	redisTTL = time.Second
)

// replica is what decides in a gateway, assembled without Caddy: process memory,
// Redis and Postgres, each behind a wire that can be cut, held and slowed.
type replica struct {
	*cache.Local
	redis, postgres *tenancytest.Wire
}

func startReplica(t *testing.T, database *pgserver.Server, redis *tenancytest.RedisServer) *replica {
	t.Helper()
	r := &replica{redis: tenancytest.NewWire(t, redis.Addr()), postgres: tenancytest.NewWire(t, database.Addr())}
	address, err := url.Parse(database.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	address.Host = r.postgres.Addr()
	quiet := slog.New(slog.DiscardHandler)
	store, err := postgres.Open(t.Context(), address.String(), postgres.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	client, err := cache.NewClient("redis://" + r.redis.Addr() + "/0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	r.Local = cache.NewLocal(
		cache.NewRedis(store, client, cache.RedisConfig{TTL: redisTTL, Log: quiet}),
		cache.Config{Entries: 10_000, Freshness: lease, Timeout: time.Second})
	return r
}

// world is the replicas and what can go wrong around them.
type world struct {
	t        *testing.T
	database *pgserver.Server
	redis    *tenancytest.RedisServer
	replicas []*replica
}

// fault is something that goes wrong for a while, and what ends it.
type fault struct {
	name       string
	begin, end func()
}

// faults are all that can go wrong, of the replica that was drawn.
func (w *world) faults(random *rand.Rand) []fault {
	r := w.replicas[random.IntN(len(w.replicas))]
	return []fault{
		{"none", func() {}, func() {}},
		{"the way to Redis is cut", r.redis.Cut, r.redis.Mend},
		{"the way to Redis is held", r.redis.Hold, r.redis.Mend},
		{"the way to Redis is slow", func() { r.redis.Delay(20 * time.Millisecond) }, r.redis.Mend},
		{"the way to Postgres is cut", r.postgres.Cut, r.postgres.Mend},
		{"the way to Postgres is held", r.postgres.Hold, r.postgres.Mend},
		{"the way to Postgres is slow", func() { r.postgres.Delay(20 * time.Millisecond) }, r.postgres.Mend},
		{"Redis pauses", w.redis.Pause, w.redis.Resume},
		{"Redis restarts, empty", w.redis.Restart, func() {}},
		{"Redis is filled with garbage", w.garble, func() {}},
		{"Postgres ends all connections", w.terminate, func() {}},
		{"Postgres crashes", func() { w.must(w.database.Kill()) }, func() { w.must(w.database.Restart(context.Background())) }},
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

func (w *world) terminate() {
	tenancytest.Exec(w.t, w.database.URL("postgres"),
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
}

// set writes to the database as nobody's request, and tries again until it knows
// that it has: the outcome of a write must be known to judge what follows.
func (w *world) set(key tenancy.Key, status tenancy.Status) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := w.try(ctx, key, status)
		cancel()
		if err == nil {
			return
		}
	}
}
