package history_test

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/history"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// promised is what holds until replicas tell each other of their writes: the
// writer's own replica keeps it at once. Another one believes its memory for the
// lease, and Redis, where that could not be told, for as long as a value lives
// that a slow look-up was still allowed to write.
var promised = history.Promise{Others: staleness, SQL: staleness}

const (
	fillLease = 2 * time.Second // of the Redis layer
	staleness = lease + redisTTL + fillLease
)

// soakTime is how long the property test runs: SOAK, or half a minute.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK")
	if text == "" {
		return 30 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SOAK: %v", err)
	}
	return d
}

// TestReplicasKeepTheirPromises drives three replicas with traffic, writes and
// faults, and checks the history every few seconds.
func TestReplicasKeepTheirPromises(t *testing.T) {
	t.Parallel()
	w := &world{t: t, database: tenancytest.PostgresServer(t), redis: tenancytest.Redis(t)}
	people := seed(t, w.database.URL("postgres"), 40)
	for range 3 {
		w.replicas = append(w.replicas, startReplica(t, w.database, w.redis))
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := newRecorder()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running sync.WaitGroup
	var served, refused, failed, revoked atomic.Int64
	for number, replica := range w.replicas {
		for range 2 {
			running.Go(func() {
				for ctx.Err() == nil {
					ok, err := r.ask(context.Background(), number, replica, people[rand.IntN(len(people))])
					switch {
					case ok:
						served.Add(1)
					case err != nil:
						failed.Add(1)
					default:
						refused.Add(1)
					}
				}
			})
		}
	}
	const writers = 20
	for writer := range writers {
		running.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(writer)))
			for ctx.Err() == nil {
				key := people[writer+writers*random.IntN(len(people)/writers)]
				by := random.IntN(len(w.replicas)+1) - 1
				for _, status := range []tenancy.Status{tenancy.StatusSuspended, tenancy.StatusActive} {
					r.write(by, key, status == tenancy.StatusActive, func() { w.change(by, key, status) })
					pause(ctx, time.Duration(random.IntN(int(2*staleness))))
				}
				revoked.Add(1)
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, 100))
	faults := make(map[string]int)
	for end := time.Now().Add(soakTime(t)); time.Now().Before(end) && !t.Failed(); {
		all := w.faults(random)
		f := all[random.IntN(len(all))]
		faults[f.name]++
		f.begin()
		pause(ctx, time.Duration(random.IntN(int(800*time.Millisecond))))
		f.end()
		pause(ctx, time.Duration(random.IntN(int(500*time.Millisecond))))
		report(t, r.take())
	}
	stop()
	running.Wait()
	report(t, r.take())
	t.Logf("%d revocations; %d requests served, %d refused, %d failed; faults: %v",
		revoked.Load(), served.Load(), refused.Load(), failed.Load(), faults)
	if served.Load() < 1000 || refused.Load() < 100 || revoked.Load() < 10 {
		t.Error("too little was done to say anything")
	}
}

func report(t *testing.T, h history.History) {
	t.Helper()
	for i, v := range history.Check(h, promised) {
		if i == 10 {
			t.Error("and more")
			return
		}
		t.Error(v)
	}
}

// change writes as a replica's API does: to the database, then to its caches,
// then it is answered. SQL tells nobody.
func (w *world) change(by int, key tenancy.Key, status tenancy.Status) {
	w.set(key, status)
	if by != history.BySQL {
		w.replicas[by].Invalidate(context.Background(), tenancy.Change{Key: key})
	}
}

func (w *world) try(ctx context.Context, key tenancy.Key, status tenancy.Status) error {
	conn, err := pgx.Connect(ctx, w.database.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "UPDATE tenant_users SET status = $2 WHERE tenant_id = $3 AND user_id = $1", key.User, string(status), key.Tenant)
	return err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
