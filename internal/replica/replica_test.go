package replica_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// The server of Postgres is the process's, and ends with it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/tenantgate/tenantgate/internal/pgserver/child.(*Process).run"))
}

// counted counts the look-ups that reach the store.
type counted struct {
	tenancy.Memberships
	calls atomic.Int64
}

func (c *counted) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	c.calls.Add(1)
	return c.Memberships.Membership(ctx, key)
}

// member is a replica with what tests turn on it.
type member struct {
	*replica.Replica
	store *counted
	fault *fault
	still atomic.Pointer[time.Time] // where its clock stands still; nil: it goes
}

// now is its clock.
func (m *member) now() time.Time {
	if at := m.still.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// hold has its clock stand still, so that it goes on believing what it believes
// however long the test takes, until goOn.
func (m *member) hold() {
	now := time.Now()
	m.still.Store(&now)
}

// believes waits until it hears of changes, and has its clock stand still then.
func (m *member) believes(t testing.TB) {
	t.Helper()
	tenancytest.Eventually(t, 20*time.Second, "it hears", func() bool {
		m.goOn()
		if !m.Feed.Stats().Current {
			return false
		}
		m.hold()
		return m.Feed.Stats().Current
	})
}

func (m *member) goOn() { m.still.Store(nil) }

// fault stands between a replica and its session.
type fault struct {
	feed.Session
	mu     sync.Mutex
	deaf   bool
	paused chan struct{}
}

var errCut = errors.New("cut by the test")

func (f *fault) Read(ctx context.Context, id [16]byte, obeyed, since tenancy.Snapshot) (tenancy.Reading, error) {
	f.mu.Lock()
	deaf, paused := f.deaf, f.paused
	f.mu.Unlock()
	if deaf {
		return tenancy.Reading{}, errCut
	}
	if paused != nil {
		select {
		case <-paused:
		case <-ctx.Done():
			return tenancy.Reading{}, ctx.Err()
		}
	}
	return f.Session.Read(ctx, id, obeyed, since)
}

func (f *fault) Announce(ctx context.Context, r tenancy.Replica) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf {
		return errCut
	}
	return f.Session.Announce(ctx, r)
}

func (f *fault) set(change func(*fault)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// lease is long enough for a busy machine to hear of changes within it.
const lease = 5 * time.Second

// briefly is for tests that wait for the end of a lease, and depend on nothing
// that a busy machine must do within it.
func briefly(c *replica.Config) { c.Lease = time.Second }

func open(t testing.TB, database, redis string, change ...func(*replica.Config)) *member {
	t.Helper()
	m := &member{fault: &fault{}}
	config := replica.Config{
		Database: database, Redis: redis, Lease: lease, Now: m.now,
		Local:  cache.Config{Entries: 100_000, Freshness: time.Minute},
		Shared: cache.RedisConfig{TTL: time.Minute},
		Memberships: func(next tenancy.Memberships) tenancy.Memberships {
			m.store = &counted{Memberships: next}
			return m.store
		},
		Session: func(s feed.Session) feed.Session {
			m.fault.mu.Lock()
			defer m.fault.mu.Unlock()
			m.fault.Session = s
			return m.fault
		},
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if m.Replica, err = replica.Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	tenancytest.Eventually(t, 20*time.Second, "the feed is heard", func() bool { return m.Feed.Stats().Current })
	return m
}

var (
	acme = tenancy.TenantID{0: 1, 15: 0xac}
	anna = tenancy.UserID{0: 1, 15: 0xa1}
)

// seed makes acme with its admin anna, and users who are viewers of it.
func seed(t testing.TB, database string, users int) []tenancy.UserID {
	t.Helper()
	tenancytest.Exec(t, database, `INSERT INTO tenants (id, name, slug, max_users) VALUES ($1, 'Acme', 'acme', 1000000)`, acme)
	tenancytest.Exec(t, database, `INSERT INTO users (id, email) VALUES ($1, 'anna@example.com')`, anna)
	tenancytest.Exec(t, database, `INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), $1, $2, 'admin')`, acme, anna)
	var ids []tenancy.UserID
	for range users {
		ids = append(ids, tenancy.UserID(uuid.Must(uuid.NewV7())))
	}
	tenancytest.Exec(t, database, `INSERT INTO users (id, email) SELECT id, id || '@example.com' FROM unnest($1::uuid[]) id`, ids)
	tenancytest.Exec(t, database, `INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, id, 'viewer' FROM unnest($2::uuid[]) id`, acme, ids)
	return ids
}

func (m *member) role(t testing.TB, user tenancy.UserID) tenancy.Role {
	t.Helper()
	got, err := m.Memberships.Membership(t.Context(), tenancy.Key{User: user, Tenant: acme})
	if err != nil {
		t.Fatal(err)
	}
	return got.Role
}

// remove removes a member as manage does.
func (m *member) remove(t testing.TB, user tenancy.UserID) time.Duration {
	t.Helper()
	began := time.Now()
	changes, err := m.Store.RemoveMember(t.Context(), tenancy.Caller{User: anna}, acme,
		tenancy.MemberRef{Email: tenancy.Email(user.String() + "@example.com")})
	m.Invalidate(t.Context(), changes...)
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

func TestWhatSQLChangesIsForgottenEverywhere(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 1)
	redis := tenancytest.Redis(t).URL()
	replicas := []*member{open(t, database, redis), open(t, database, redis), open(t, database, "")}
	for _, r := range replicas {
		if got := r.role(t, users[0]); got != tenancy.RoleViewer {
			t.Fatalf("role before: got %v", got)
		}
	}
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[0])
	for _, r := range replicas {
		tenancytest.Eventually(t, 20*time.Second, "the new role is seen", func() bool { return r.role(t, users[0]) == tenancy.RoleMember })
	}
}

// Rows commit out of the order of their ids; a reader that goes by them loses
// the slow one.
func TestWhatCommitsLateIsNotMissed(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 2)
	r := open(t, database, "")
	r.role(t, users[0])
	r.role(t, users[1])
	slow := tenancytest.Connect(t, database)
	slow.Exec(`BEGIN`)
	slow.Exec(`UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[0])
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[1])
	tenancytest.Eventually(t, 20*time.Second, "the quick change is seen", func() bool { return r.role(t, users[1]) == tenancy.RoleMember })
	if got := r.role(t, users[0]); got != tenancy.RoleViewer {
		t.Errorf("role before the commit: got %v", got)
	}
	slow.Exec(`COMMIT`)
	tenancytest.Eventually(t, 20*time.Second, "the slow change is seen", func() bool { return r.role(t, users[0]) == tenancy.RoleMember })
}

func TestARemovalHoldsEverywhereWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 50)
	redis := tenancytest.Redis(t).URL()
	replicas := []*member{open(t, database, redis), open(t, database, redis), open(t, database, redis)}
	for i, user := range users {
		for _, r := range replicas {
			r.role(t, user)
		}
		replicas[i%3].remove(t, user)
		for j, r := range replicas {
			if got := r.role(t, user); got != tenancy.RoleNone {
				t.Fatalf("removal %d, replica %d: got %v, want none", i, j, got)
			}
		}
	}
	if stats := replicas[0].Feed.Stats(); stats.WaitedOut > 0 || stats.Waits == 0 {
		t.Errorf("waits: got %d, %d of them waited out, want some and none", stats.Waits, stats.WaitedOut)
	}
}

func TestAReplicaThatDoesNotAnswerIsWaitedForAsLongAsItBelieves(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 2)
	one, two := open(t, database, ""), open(t, database, "")
	two.role(t, users[0])
	two.fault.set(func(f *fault) { f.deaf = true })
	took := one.remove(t, users[0])
	if took > 2*lease {
		t.Errorf("took %v, want a lease and its margin at most", took)
	}
	if got := two.role(t, users[0]); got != tenancy.RoleNone {
		t.Errorf("on the replica that does not hear: got %v, want none", got)
	}
	if took = one.remove(t, users[1]); took > lease/2 {
		t.Errorf("the next removal took %v: a replica that is gone is not waited for again", took)
	}
	two.fault.set(func(f *fault) { f.deaf = false })
	tenancytest.Eventually(t, 20*time.Second, "it hears again", func() bool { return two.Feed.Stats().Current })
}

func TestWhoDoesNotHearAsksForEachRequest(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 1)
	r := open(t, database, tenancytest.Redis(t).URL(), briefly)
	r.believes(t)
	for range 3 {
		r.role(t, users[0])
	}
	if got := r.store.calls.Load(); got != 1 {
		t.Errorf("look-ups while it hears: got %d, want 1", got)
	}
	r.fault.set(func(f *fault) { f.deaf = true })
	r.goOn()
	tenancytest.Eventually(t, 20*time.Second, "the lease ends", func() bool { return !r.Feed.Stats().Current })
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[0])
	before := r.store.calls.Load()
	for range 3 {
		if got := r.role(t, users[0]); got != tenancy.RoleMember {
			t.Errorf("got %v, want member", got)
		}
	}
	if got := r.store.calls.Load() - before; got != 3 {
		t.Errorf("look-ups while it does not hear: got %d, want 3", got)
	}
	r.fault.set(func(f *fault) { f.deaf = false })
	r.believes(t)
	before = r.store.calls.Load()
	for range 3 {
		r.role(t, users[0])
	}
	if got := r.store.calls.Load() - before; got > 1 {
		t.Errorf("look-ups when it hears again: got %d, want 1 at most", got)
	}
}

// While nobody was there, Redis kept what was removed.
func TestWhatRedisHeldIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 1)
	redis := tenancytest.Redis(t).URL()
	r := open(t, database, redis)
	r.believes(t)
	r.role(t, users[0])
	if kept := r.Memberships.Stats().Entries; kept != 1 {
		t.Errorf("memberships kept: got %d, want 1", kept)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if kept := r.Memberships.Stats().Entries; kept != 0 {
		t.Errorf("memberships kept after Close: got %d, want none", kept)
	}
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[0])
	if got := open(t, database, redis).role(t, users[0]); got != tenancy.RoleMember {
		t.Errorf("got %v from before the change", got)
	}
	// Pruned: what it missed cannot be read, so what is from before is not believed.
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'viewer' WHERE user_id = $1`, users[0])
	tenancytest.Exec(t, database, `DELETE FROM changes`)
	tenancytest.Exec(t, database, `UPDATE change_feed SET pruned = pg_snapshot_xmax(pg_current_snapshot())`)
	if got := open(t, database, redis).role(t, users[0]); got != tenancy.RoleViewer {
		t.Errorf("got %v from before a change that nobody can read", got)
	}
}

func TestListenersAreToldBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 1)
	one, two := open(t, database, ""), open(t, database, "")
	var told atomic.Bool
	two.Feed.Listen(listener(func(changes ...tenancy.Change) {
		if slices.ContainsFunc(changes, func(c tenancy.Change) bool { return c.User == users[0] }) {
			told.Store(true)
		}
	}))
	one.remove(t, users[0])
	if !told.Load() {
		t.Error("the removal was answered before the other replica's listener was told")
	}
}

type listener func(...tenancy.Change)

func (l listener) Invalidate(_ context.Context, changes ...tenancy.Change) { l(changes...) }

func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	database := server.URL("postgres")
	users := seed(t, database, 1)
	r := open(t, database, "", briefly)
	r.role(t, users[0])
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	tenancytest.Eventually(t, 20*time.Second, "nobody can say", func() bool {
		_, err := r.Memberships.Membership(t.Context(), tenancy.Key{User: users[0], Tenant: acme})
		return errors.Is(err, tenancy.ErrUnavailable)
	})
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, users[0])
	tenancytest.Eventually(t, 20*time.Second, "it hears again", func() bool { return r.Feed.Stats().Current })
	if got := r.role(t, users[0]); got != tenancy.RoleMember {
		t.Errorf("got %v from before the restart", got)
	}
}
