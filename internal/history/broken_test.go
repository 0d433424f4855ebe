package history_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Each test here plays one interleaving twice: on what must keep the promise, and
// on a variant that leaves one precaution out. The checker must see nothing wrong
// with the first and catch the second.

func variants(t *testing.T, play func(t *testing.T, broken bool)) {
	t.Helper()
	for name, broken := range map[string]bool{"sound": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, broken)
		})
	}
}

// ungenerational is a process cache that keeps whatever a look-up brings, however
// much was invalidated meanwhile.
type ungenerational struct {
	slot
	next tenancy.Memberships
}

func (c *ungenerational) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	if m, found := c.get(key); found {
		return m, nil
	}
	m, err := c.next.Membership(ctx, key)
	if err == nil {
		c.set(key, m)
	}
	return m, err
}

func (c *ungenerational) Invalidate(_ context.Context, changes ...tenancy.Change) {
	for _, change := range changes {
		c.drop(change.Key)
	}
}

// TestNoGenerationCheck: a read that began before the revocation ends after it.
func TestNoGenerationCheck(t *testing.T) {
	t.Parallel()
	variants(t, func(t *testing.T, broken bool) {
		truth, r := newDatabase(), newRecorder()
		var replica layer = cache.NewLocal(truth, cache.Config{Entries: 10, Freshness: time.Hour})
		if broken {
			replica = &ungenerational{next: truth}
		}
		overtake(t, r, truth, 0, replica, replica)
		r.wantBroken(t, broken, "R1")
	})
}

// overtake has a slow reader start a look-up, the writer revoke during it, and a
// request reach the writer's replica after both.
func overtake(t *testing.T, r *recorder, truth *database, number int, reader, writer layer) {
	t.Helper()
	read, release := truth.holdNext()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = r.ask(context.Background(), number, reader, key)
	}()
	<-read
	r.write(0, key, false, func() {
		truth.remove(key)
		writer.Invalidate(t.Context(), tenancy.Change{Key: key})
	})
	close(release)
	<-done
	_, _ = r.ask(t.Context(), 0, writer, key)
}

// unleased is a Redis layer that fills without having taken a lease before it
// read.
type unleased struct {
	next   tenancy.Memberships
	client *cache.Client
}

func (c unleased) Membership(ctx context.Context, key tenancy.Key) (m tenancy.Membership, err error) {
	if text, err := c.client.Get(ctx, key.User.String()).Result(); err == nil {
		return m, json.Unmarshal([]byte(text), &m)
	}
	if m, err = c.next.Membership(ctx, key); err != nil {
		return m, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	return m, c.client.Set(ctx, key.User.String(), text, time.Minute).Err()
}

func (c unleased) Invalidate(ctx context.Context, changes ...tenancy.Change) {
	for _, change := range changes {
		c.client.Del(ctx, change.User.String())
	}
}

// TestNoFillLease: one replica's read that began before the revocation reaches
// Redis after another's invalidation.
func TestNoFillLease(t *testing.T) {
	t.Parallel()
	variants(t, func(t *testing.T, broken bool) {
		truth, r, url := newDatabase(), newRecorder(), tenancytest.Redis(t).URL()
		replica := func() layer {
			client, err := cache.NewClient(url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			if broken {
				return unleased{truth, client}
			}
			return cache.NewRedis(truth, client, cache.RedisConfig{TTL: time.Minute, Timeout: 10 * time.Second})
		}
		overtake(t, r, truth, 1, replica(), replica())
		r.wantBroken(t, broken, "R1")
	})
}

// TestNoLease: a replica that hears nothing goes on believing what it knows. The
// revocation waits for its lease to run out, on a clock that the test moves.
func TestNoLease(t *testing.T) {
	t.Parallel()
	const lease = 2 * time.Second
	variants(t, func(t *testing.T, broken bool) {
		truth, r := newDatabase(), newRecorder()
		now := time.Now()
		config := cache.Config{Entries: 10, Freshness: lease, Now: func() time.Time { return now }}
		if broken {
			config.Freshness = time.Hour
		}
		deaf := cache.NewLocal(truth, config)
		if served, err := r.ask(t.Context(), 1, deaf, key); !served || err != nil {
			t.Fatalf("a member is not served: %v", err)
		}
		r.write(0, key, false, func() {
			truth.remove(key)
			now = now.Add(lease)
		})
		_, _ = r.ask(t.Context(), 1, deaf, key)
		r.wantBroken(t, broken, "R1")
	})
}

// longLease keeps what the replicas of the next two tests remember believed.
const longLease = 10 * time.Second

// hears opens a replica with the real feed, and returns it when it believes.
func hears(t *testing.T, url string, change func(*replica.Config)) *replica.Replica {
	t.Helper()
	config := replica.Config{
		Database: url, Lease: longLease, Log: slog.New(slog.DiscardHandler), Local: cache.Config{Entries: 10, Freshness: time.Hour},
	}
	change(&config)
	r, err := replica.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	tenancytest.Eventually(t, longLease, "the feed is heard", func() bool { return r.Feed.Stats().Current })
	return r
}

// TestAcknowledgeBeforeDrop: the feed acknowledges a change that the caches have
// yet to obey.
func TestAcknowledgeBeforeDrop(t *testing.T) {
	t.Parallel()
	variants(t, func(t *testing.T, broken bool) {
		url, r := tenancytest.Postgres(t), newRecorder()
		person := seed(t, url, 1, 1)[0]
		var obeying sync.WaitGroup
		asked := make(chan struct{})
		reader := hears(t, url, func(c *replica.Config) {
			c.Obey = func(obey func(context.Context, ...tenancy.Change)) func(context.Context, ...tenancy.Change) {
				return func(ctx context.Context, changes ...tenancy.Change) {
					if !broken {
						pause(ctx, 100*time.Millisecond) // a feed that acknowledges before would be caught
						obey(ctx, changes...)
						return
					}
					obeying.Go(func() { <-asked; obey(context.Background(), changes...) })
				}
			}
		})
		writer := hears(t, url, func(*replica.Config) {})
		if served, err := r.ask(t.Context(), 1, reader.Memberships, person); !served || err != nil {
			t.Fatalf("a member is not served: %v", err)
		}
		r.write(0, person, false, func() {
			suspended := tenancy.StatusSuspended
			_, changes, err := writer.Store.UpdateMember(t.Context(), tenancy.Caller{User: admin}, person.Tenant,
				tenancy.MemberRef{Email: address(person.User)}, tenancy.MemberChange{Status: &suspended})
			if err != nil {
				t.Error(err)
			}
			writer.Invalidate(t.Context(), changes...)
		})
		_, _ = r.ask(t.Context(), 1, reader.Memberships, person)
		close(asked)
		obeying.Wait()
		if waited := writer.Feed.Stats(); waited.Waits != 1 || waited.WaitedOut != 0 {
			t.Errorf("waits: got %d, %d of them for a lease, want one for an acknowledgement", waited.Waits, waited.WaitedOut)
		}
		r.wantBroken(t, broken, "R1")
	})
}

// advancing is a session of a feed that reads on from the end of the snapshot
// before, as if all that began before it were over.
type advancing struct{ feed.Session }

func (s advancing) Read(ctx context.Context, id [16]byte, obeyed, since tenancy.Snapshot) (tenancy.Reading, error) {
	if !since.IsZero() {
		since, _ = tenancy.ParseSnapshot(fmt.Sprintf("%d:%d:", since.Max, since.Max))
	}
	return s.Session.Read(ctx, id, obeyed, since)
}

// TestAdvancePastUncommitted: two transactions take away, and the one that began
// first commits later.
func TestAdvancePastUncommitted(t *testing.T) {
	t.Parallel()
	variants(t, func(t *testing.T, broken bool) {
		url, r := tenancytest.Postgres(t), newRecorder()
		people := seed(t, url, 1, 2)
		reader := hears(t, url, func(c *replica.Config) {
			if broken {
				c.Session = func(s feed.Session) feed.Session { return advancing{s} }
			}
		})
		early, late := dial(t, url), dial(t, url)
		for _, person := range people {
			if served, err := r.ask(t.Context(), 1, reader.Memberships, person); !served || err != nil {
				t.Fatalf("a member is not served: %v", err)
			}
		}
		const suspend = "UPDATE tenant_users SET status = 'suspended' WHERE user_id = $1"
		execute(t, late, "BEGIN")
		execute(t, late, suspend, people[0].User)
		changes := reader.Feed.Stats().Changes
		r.write(-1, people[1], false, func() { execute(t, early, suspend, people[1].User) })
		tenancytest.Eventually(t, longLease, "the early one is obeyed", func() bool { return reader.Feed.Stats().Changes > changes })
		var xid uint64
		if err := late.QueryRow(t.Context(), "SELECT pg_current_xact_id()::text::bigint").Scan(&xid); err != nil {
			t.Fatal(err)
		}
		r.write(-1, people[0], false, func() { execute(t, late, "COMMIT") })
		tenancytest.Eventually(t, longLease, "the late one is read", func() bool { return reader.Feed.Stats().Position > xid })
		for _, person := range people {
			_, _ = r.ask(t.Context(), 1, reader.Memberships, person)
		}
		r.wantBroken(t, broken, "R2")
	})
}

func dial(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// admin is of every tenant that seed makes.
var admin = tenancy.UserID{6: 0x70, 8: 0x80}

func address(user tenancy.UserID) tenancy.Email {
	return tenancy.Email("u" + user.String() + "@acme.test")
}

// seed makes tenants with that many members each, beside their admin.
func seed(t *testing.T, url string, tenants, members int) (keys []tenancy.Key) {
	t.Helper()
	conn := dial(t, url)
	execute(t, conn, "BEGIN")
	execute(t, conn, "INSERT INTO users (id, email, name) VALUES ($1, 'admin@acme.test', 'A')", admin)
	for n := range tenants {
		tenant := tenancy.TenantID{6: 0x70, 8: 0x80, 13: byte(n), 15: 1}
		execute(t, conn, "INSERT INTO tenants (id, name, slug, max_users) VALUES ($1, 'Acme', 'acme-' || $2::int, 1000)", tenant, n)
		execute(t, conn, "INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), $1, $2, 'admin')", tenant, admin)
		for i := range members {
			user := tenancy.UserID{6: 0x70, 8: 0x80, 12: byte(n + 1), 14: byte(i >> 8), 15: byte(i)}
			execute(t, conn, "INSERT INTO users (id, email, name) VALUES ($1, $2, 'A')", user, address(user))
			execute(t, conn, "INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES ($1, $2, $1, 'member')", user, tenant)
			keys = append(keys, tenancy.Key{User: user, Tenant: tenant})
		}
	}
	execute(t, conn, "COMMIT")
	return keys
}
