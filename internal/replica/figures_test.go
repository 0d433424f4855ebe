package replica_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// The figures of docs/performance.md, each of one run:
//
//	go test -run '^$' -bench . -benchtime 1x ./internal/replica

// report says what half of the samples, and all but a hundredth, stay below.
func report(b *testing.B, what string, samples []time.Duration) {
	slices.Sort(samples)
	ms := func(share int) float64 {
		return float64(samples[min(len(samples)*share/100, len(samples)-1)]) / float64(time.Millisecond)
	}
	b.ReportMetric(ms(50), what+"-p50-ms")
	b.ReportMetric(ms(99), what+"-p99-ms")
	b.ReportMetric(0, "ns/op")
}

func replicas(b *testing.B, count int, database, redis string) []*member {
	b.Helper()
	var all []*member
	for range count {
		all = append(all, open(b, database, redis, func(c *replica.Config) { c.Lease = 2 * time.Second }))
	}
	return all
}

// From the commit of a statement until no replica lets in.
func BenchmarkSQLChangeUntilDenied(b *testing.B) {
	database := tenancytest.Postgres(b)
	users := seed(b, database, 300)
	all := replicas(b, 3, database, tenancytest.Redis(b).URL())
	for b.Loop() {
		var took []time.Duration
		conn := tenancytest.Connect(b, database)
		for _, user := range users {
			for _, r := range all {
				r.role(b, user)
			}
			conn.Exec("DELETE FROM tenant_users WHERE user_id = $1", user)
			began := time.Now()
			for _, r := range all {
				tenancytest.Eventually(b, 20*time.Second, "it is denied", func() bool { return r.role(b, user) == tenancy.RoleNone })
			}
			took = append(took, time.Since(began))
		}
		report(b, "denied", took)
	}
}

func BenchmarkRemoval(b *testing.B) {
	for _, count := range []int{1, 3, 10} {
		b.Run(fmt.Sprintf("replicas=%d", count), func(b *testing.B) {
			database := tenancytest.Postgres(b)
			users := seed(b, database, 300)
			all := replicas(b, count, database, "")
			for b.Loop() {
				var took []time.Duration
				for _, user := range users {
					took = append(took, all[0].remove(b, user))
				}
				report(b, "removal", took)
			}
		})
	}
	b.Run("deaf", func(b *testing.B) {
		database := tenancytest.Postgres(b)
		users := seed(b, database, 101)
		all := replicas(b, 3, database, "")
		all[2].fault.set(func(f *fault) { f.deaf = true })
		for b.Loop() {
			b.ReportMetric(all[0].remove(b, users[0]).Seconds()*1000, "first-ms")
			var took []time.Duration
			for _, user := range users[1:] {
				took = append(took, all[0].remove(b, user))
			}
			report(b, "later", took)
		}
	})
}

func BenchmarkStampede(b *testing.B) {
	const requests = 10_000
	for _, keys := range []int{1, requests} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			database := tenancytest.Postgres(b)
			users := seed(b, database, keys)
			r := replicas(b, 1, database, "")[0]
			for b.Loop() {
				took, failed := make([]time.Duration, requests), make([]bool, requests)
				start := make(chan struct{})
				var running sync.WaitGroup
				for i := range requests {
					running.Go(func() {
						<-start
						began := time.Now()
						_, err := r.Memberships.Membership(context.Background(), tenancy.Key{User: users[i%keys], Tenant: acme})
						took[i], failed[i] = time.Since(began), err != nil
					})
				}
				close(start)
				running.Wait()
				report(b, "answer", took)
				b.ReportMetric(float64(r.store.calls.Load()), "look-ups")
				b.ReportMetric(float64(r.Store.Trips()), "transactions")
				b.ReportMetric(float64(count(failed)), "failed")
			}
		})
	}
}

func count(failed []bool) (n int) {
	for _, f := range failed {
		if f {
			n++
		}
	}
	return n
}

// Two look-ups at a time, of members who stay what they are.
func BenchmarkFault(b *testing.B) {
	server, shared := tenancytest.PostgresServer(b), tenancytest.Redis(b)
	database := server.URL("postgres")
	users := seed(b, database, 100)
	for _, fault := range []struct {
		name  string
		begin func(*member)
	}{
		{"redis-flushed", func(m *member) { m.Client.FlushAll(b.Context()) }},
		{"redis-garbage", func(m *member) {
			for _, key := range m.Client.Keys(b.Context(), "*").Val() {
				m.Client.Set(b.Context(), key, "nonsense", time.Minute)
			}
		}},
		{"redis-restarted", func(*member) { shared.Restart() }},
		{"postgres-restarted", func(*member) {
			if err := server.Kill(); err != nil {
				b.Fatal(err)
			}
			if err := server.Restart(b.Context()); err != nil {
				b.Fatal(err)
			}
		}},
	} {
		b.Run(fault.name, func(b *testing.B) {
			m := open(b, database, shared.URL(), func(c *replica.Config) {
				c.Lease, c.Local.Freshness = 2*time.Second, 5*time.Millisecond // so that Redis has something to do
			})
			for b.Loop() {
				lookUnder(b, m, users, func() { fault.begin(m) })
			}
		})
	}
}

// lookUnder looks up while a fault comes and for three seconds more, or until
// the feed is heard again.
func lookUnder(b *testing.B, m *member, users []tenancy.UserID, fault func()) {
	var mu sync.Mutex
	var wrong, failed, served int
	var last time.Time
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	for worker := range 2 {
		running.Go(func() {
			for i := worker; ctx.Err() == nil; i++ {
				got, err := m.Memberships.Membership(context.Background(), tenancy.Key{User: users[i%len(users)], Tenant: acme})
				mu.Lock()
				switch {
				case err != nil:
					failed, last = failed+1, time.Now()
				case got.Role != tenancy.RoleViewer:
					wrong++
				default:
					served++
				}
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	fault()
	tenancytest.Eventually(b, 20*time.Second, "it is over", func() bool { return time.Since(began) > 3*time.Second && m.Feed.Stats().Current })
	stop()
	running.Wait()
	b.ReportMetric(float64(served), "served")
	b.ReportMetric(float64(wrong), "wrong")
	b.ReportMetric(float64(failed), "failed")
	if failed > 0 {
		b.ReportMetric(last.Sub(began).Seconds()*1000, "recovered-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// Statements a second of a replica that nobody asks anything.
func BenchmarkIdle(b *testing.B) {
	database := tenancytest.Postgres(b)
	r := replicas(b, 1, database, "")[0]
	beats := func() int {
		n, err := strconv.Atoi(tenancytest.Rows(b, database, "SELECT beat::text FROM replicas"))
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	for b.Loop() {
		before, began := beats(), time.Now()
		tenancytest.Eventually(b, 20*time.Second, "ten seconds", func() bool { return time.Since(began) > 10*time.Second })
		b.ReportMetric(float64(beats()-before)/time.Since(began).Seconds(), "statements/s")
		b.ReportMetric(0, "ns/op")
	}
	if !r.Feed.Stats().Current {
		b.Error("it does not hear")
	}
}

// 10,000 memberships in one transaction, with and without the change feed's
// trigger.
func BenchmarkInserts(b *testing.B) {
	const each = `DO $$ DECLARE u uuid; BEGIN FOR u IN SELECT id FROM users WHERE email <> 'anna@example.com' LOOP
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), id, u, 'viewer' FROM tenants; END LOOP; END $$`
	const all = `INSERT INTO tenant_users (id, tenant_id, user_id, role)
		SELECT gen_random_uuid(), t.id, u.id, 'viewer' FROM tenants t, users u WHERE u.email <> 'anna@example.com'`
	for _, form := range []struct{ name, sql string }{{"statements=10000", each}, {"statements=1", all}} {
		for _, trigger := range []string{"ENABLE", "DISABLE"} {
			b.Run(form.name+"/"+trigger, func(b *testing.B) {
				database := tenancytest.Postgres(b)
				seed(b, database, 10_000)
				tenancytest.Exec(b, database, "DELETE FROM tenant_users WHERE role = 'viewer'")
				tenancytest.Exec(b, database, "ALTER TABLE tenant_users "+trigger+" TRIGGER tenant_users_tell_insert")
				for b.Loop() {
					began := time.Now()
					tenancytest.Exec(b, database, form.sql)
					b.ReportMetric(time.Since(began).Seconds()*1000, "ms")
					b.ReportMetric(0, "ns/op")
				}
			})
		}
	}
}
