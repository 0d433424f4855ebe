package history_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/history"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// promised is what holds: from the answer of a write on for all replicas (R1),
// within the lease for what SQL changes, however busy the machine is (R2), and
// never longer without hearing from Postgres (R3).
var promised = history.Promise{SQL: lease, Lease: lease}

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

// size is how many write at a time, each to two people of its own, and how many
// tenants these are in: in each of them writes take turns. A suite that other tests
// run beside has fewer, or requests would not get their turn.
func size() (writers, tenants int) {
	if os.Getenv("SOAK") == "" {
		return 16, 8
	}
	return 80, 16
}

// TestReplicasKeepTheirPromises drives three replicas with traffic, writes and
// faults, and checks the history every few seconds.
func TestReplicasKeepTheirPromises(t *testing.T) {
	t.Parallel()
	w := &world{t: t, database: tenancytest.PostgresServer(t), redis: tenancytest.Redis(t)}
	// The servers of tests lose at a crash what they have just said to be committed;
	// then nobody need honour it.
	tenancytest.Exec(t, w.database.URL("postgres"), "ALTER DATABASE postgres SET synchronous_commit = on")
	writers, tenants := size()
	people := seed(t, w.database.URL("postgres"), tenants, 2*writers/tenants)
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
		for range 4 {
			running.Go(func() {
				for ctx.Err() == nil {
					pause(ctx, time.Duration(rand.IntN(int(time.Millisecond)))) // or writers starve
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
	for writer := range writers {
		running.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(writer)))
			for ctx.Err() == nil {
				key := people[writer+writers*random.IntN(len(people)/writers)]
				by := random.IntN(len(w.replicas)+1) - 1
				for _, status := range []tenancy.Status{tenancy.StatusSuspended, tenancy.StatusActive} {
					r.write(by, key, status == tenancy.StatusActive, func() { w.change(by, key, status) })
					pause(ctx, time.Duration(random.IntN(int(lease))))
				}
				revoked.Add(1)
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, 100))
	faults := make(map[string]int)
	lags := make(lateness)
	for end := time.Now().Add(soakTime(t)); time.Now().Before(end) && !t.Failed(); {
		all := w.faults(random)
		f := all[random.IntN(len(all))]
		faults[f.name]++
		r.during(f, func() { pause(ctx, time.Duration(random.IntN(int(3*lease)))) })
		pause(ctx, time.Duration(random.IntN(int(2*lease))))
		lags.report(t, r.take())
	}
	stop()
	running.Wait()
	lags.report(t, r.take())
	lags.log(t)
	t.Logf("%d revocations; %d requests served, %d refused, %d failed; faults: %v",
		revoked.Load(), served.Load(), refused.Load(), failed.Load(), faults)
	if served.Load() < 1000 || refused.Load() < 100 || revoked.Load() < 10 {
		t.Error("too little was done to say anything")
	}
}

// lateness is, of each revocation by SQL, how long after it a request began that
// was served.
type lateness map[history.Write]time.Duration

func (l lateness) report(t *testing.T, h history.History) {
	t.Helper()
	for i, v := range history.Check(h, promised) {
		if i == 10 {
			t.Error("and more")
			break
		}
		t.Error(v)
	}
	last := make(map[tenancy.Key][]history.Write)
	for _, w := range h.Writes {
		last[w.Key] = append(last[w.Key], w)
		if w.Replica == history.BySQL && !w.Gives && w.Answered != unanswered {
			l[w] = max(l[w], 0)
		}
	}
	for _, r := range h.Requests {
		for i, w := range last[r.Key] {
			next := i+1 < len(last[r.Key]) && last[r.Key][i+1].Start < r.End
			if late, of := l[w]; of && r.Served && !next {
				l[w] = max(late, r.Start-w.Answered)
			}
		}
	}
}

// log tells the distribution.
func (l lateness) log(t *testing.T) {
	t.Helper()
	all := slices.Sorted(maps.Values(l))
	if len(all) > 0 {
		t.Logf("%d revocations by SQL; last served: p50 %v, p99 %v, latest %v after the commit was answered",
			len(all), all[len(all)/2], all[len(all)*99/100], all[len(all)-1])
	}
}

// change writes as a replica's API does, or by SQL, which tells nobody. It tries
// again until it knows that it has: the outcome must be known to judge what
// follows.
func (w *world) change(by int, key tenancy.Key, status tenancy.Status) {
	try := w.bySQL
	if by != history.BySQL {
		try = w.replicas[by].change
	}
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err = try(ctx, key, status)
		cancel()
		if err == nil {
			return
		}
	}
	w.t.Errorf("writing failed for a minute: %v", err)
}

// change has the store write, and waits for the others: for its own transaction,
// or where an attempt before was committed without an answer, for that.
func (m *member) change(ctx context.Context, key tenancy.Key, status tenancy.Status) error {
	_, changes, err := m.Store.UpdateMember(ctx, tenancy.Caller{User: admin}, key.Tenant,
		tenancy.MemberRef{Email: address(key.User)}, tenancy.MemberChange{Status: &status})
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		m.Confirm(ctx)
		return nil
	}
	m.Invalidate(ctx, tenancy.Change{Key: key, Gives: status == tenancy.StatusActive})
	return nil
}

func (w *world) bySQL(ctx context.Context, key tenancy.Key, status tenancy.Status) error {
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
