package stream_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/stream"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

var (
	acme, globex = tenancy.TenantID{1}, tenancy.TenantID{2}
	ann, bob     = tenancy.UserID{1}, tenancy.UserID{2}
)

// truth is who is what: everybody is a member of everything, until told.
type truth struct {
	mu      sync.Mutex
	roles   map[tenancy.Key]tenancy.Role
	closed  map[tenancy.TenantID]bool
	failing bool
	hold    chan struct{} // look-ups wait for it
	asked   int
}

func (w *truth) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	w.mu.Lock()
	hold := w.hold
	w.asked++
	w.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return tenancy.Membership{}, fmt.Errorf("waiting: %w", tenancy.ErrUnavailable)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing {
		return tenancy.Membership{}, tenancy.ErrUnavailable
	}
	m := tenancy.Membership{Key: key, Role: tenancy.RoleMember, TenantStatus: tenancy.StatusActive}
	if role, told := w.roles[key]; told {
		m.Role = role
	}
	if w.closed[key.Tenant] {
		m.TenantStatus = tenancy.StatusSuspended
	}
	return m, nil
}

func (w *truth) set(change func(*truth)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *truth) lookups() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// closes is a Closer that says what it was told.
type closes struct{ codes chan string }

func newCloses() closes { return closes{make(chan string, 100)} }

func (c closes) Close(code string) { c.codes <- code }

// want waits for the code.
func (c closes) want(t *testing.T, code string) {
	t.Helper()
	select {
	case got := <-c.codes:
		if got != code {
			t.Errorf("closed with %q, want %q", got, code)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("not closed, want %q", code)
	}
}

func (c closes) wantOpen(t *testing.T) {
	t.Helper()
	select {
	case got := <-c.codes:
		t.Errorf("closed with %q, want it open", got)
	default:
	}
}

func registry(t *testing.T, config stream.Config) (*stream.Registry, *truth) {
	t.Helper()
	w := &truth{roles: make(map[tenancy.Key]tenancy.Role), closed: make(map[tenancy.TenantID]bool)}
	config.Memberships = w
	config.Judge = func(m tenancy.Membership, h stream.Holder) string {
		switch {
		case m.TenantStatus != tenancy.StatusActive:
			return "tenant_suspended"
		case m.Role == tenancy.RoleNone:
			return "not_a_member"
		case !m.Role.AtLeast(h.Need):
			return "role_required"
		}
		return ""
	}
	r := stream.New(config)
	t.Cleanup(r.Close)
	return r, w
}

func open(r *stream.Registry, user tenancy.UserID, tenant tenancy.TenantID, need tenancy.Role) (*stream.Stream, closes) {
	s, c := new(stream.Stream), newCloses()
	r.Open(s, stream.Holder{Key: tenancy.Key{User: user, Tenant: tenant}, Need: need}, c, r.Mark())
	return s, c
}

func TestRegistryClosesWhatIsNotAllowedAnyMore(t *testing.T) {
	t.Parallel()
	key := tenancy.Key{User: ann, Tenant: acme}
	for name, change := range map[string]tenancy.Change{
		"the membership": {Key: key},
		"the user":       {Key: tenancy.Key{User: ann}},
		"the tenant":     {Key: tenancy.Key{Tenant: acme}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, w := registry(t, stream.Config{})
			_, writes := open(r, ann, acme, tenancy.RoleMember)
			_, reads := open(r, ann, acme, tenancy.RoleViewer)
			_, elsewhere := open(r, ann, globex, tenancy.RoleMember)
			_, other := open(r, bob, acme, tenancy.RoleMember)
			w.set(func(w *truth) { w.roles[key] = tenancy.RoleViewer })
			r.Invalidate(t.Context(), change)
			writes.want(t, "role_required")
			w.set(func(w *truth) { w.roles[key] = tenancy.RoleNone })
			r.Invalidate(t.Context(), change)
			reads.want(t, "not_a_member")
			elsewhere.wantOpen(t)
			other.wantOpen(t)
		})
	}
}

func TestRegistryKeepsWhatIsAllowedStill(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	_, streams := open(r, ann, acme, tenancy.RoleMember)
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleAdmin })
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann}})
	tenancytest.Eventually(t, 10*time.Second, "it was looked up", func() bool { return w.lookups() == 1 })
	// The registry judges in the order it looks up.
	r.Doubt()
	tenancytest.Eventually(t, 10*time.Second, "it was looked up again", func() bool { return w.lookups() == 2 })
	r.Invalidate(t.Context(), tenancy.Change{})
	tenancytest.Eventually(t, 10*time.Second, "it was looked up where changes were missed", func() bool { return w.lookups() == 3 })
	streams.wantOpen(t)
}

// TestRegistryLooksAgainAtADecisionThatWasOvertaken plays a change between the
// decision about a request and its entry.
func TestRegistryLooksAgainAtADecisionThatWasOvertaken(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	since := r.Mark()
	key := tenancy.Key{User: ann, Tenant: acme}
	w.set(func(w *truth) { w.roles[key] = tenancy.RoleNone })
	r.Invalidate(t.Context(), tenancy.Change{Key: key})
	c := newCloses()
	r.Open(new(stream.Stream), stream.Holder{Key: key}, c, since)
	c.want(t, "not_a_member")
}

func TestRegistryClosesWhatNobodyCanConfirm(t *testing.T) {
	t.Parallel()
	refuses, hangs := func(w *truth) { w.failing = true }, func(w *truth) { w.hold = make(chan struct{}) }
	for name, test := range map[string]struct {
		fail        func(*truth)
		grace, want time.Duration
	}{
		"refusing":   {refuses, 300 * time.Millisecond, 300 * time.Millisecond},
		"hanging":    {hangs, 300 * time.Millisecond, 300 * time.Millisecond},
		"by default": {refuses, 0, 600 * time.Millisecond}, // a second is promised for the end itself too
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, w := registry(t, stream.Config{Grace: test.grace})
				_, named := open(r, ann, acme, tenancy.RoleViewer)
				_, other := open(r, bob, acme, tenancy.RoleViewer)
				w.set(test.fail)
				began := time.Now()
				r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann}})
				named.want(t, stream.Unconfirmed)
				if took := time.Since(began); took < test.want || took > test.want+200*time.Millisecond {
					t.Errorf("closed after %v, want the grace of %v", took, test.want)
				}
				other.wantOpen(t)
			})
		})
	}
}

func TestRegistryWaitsOutAShortOutage(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{Grace: time.Minute})
	_, c := open(r, ann, acme, tenancy.RoleViewer)
	w.set(func(w *truth) { w.failing = true })
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann}})
	tenancytest.Eventually(t, 10*time.Second, "it was asked twice", func() bool { return w.lookups() >= 2 })
	c.wantOpen(t)
	w.set(func(w *truth) { w.failing, w.roles[tenancy.Key{User: ann, Tenant: acme}] = false, tenancy.RoleNone })
	c.want(t, "not_a_member")
}

func TestRegistryClosesAtExpiry(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(1_000_000)
	now := func() time.Time { return time.UnixMilli(clock.Load()) }
	r, _ := registry(t, stream.Config{Now: now})
	enter := func(left time.Duration) closes {
		c := newCloses()
		r.Open(new(stream.Stream), stream.Holder{
			Key: tenancy.Key{User: ann, Tenant: acme}, Leeway: 30 * time.Second,
			ExpiresAt: now().Add(left),
		}, c, r.Mark())
		return c
	}
	soon, straddling, inLeeway, later := enter(5*time.Second), enter(10*time.Millisecond), enter(-time.Second), enter(time.Minute)
	_, never := open(r, ann, acme, tenancy.RoleViewer)
	clock.Add(500)
	straddling.wantOpen(t) // an ordinary request that began just in time
	clock.Add(500)
	straddling.want(t, stream.Expired)
	soon.wantOpen(t)
	clock.Add(4_000)
	soon.want(t, stream.Expired)
	inLeeway.wantOpen(t)
	clock.Add(25_000)
	inLeeway.want(t, stream.Expired)
	later.wantOpen(t)
	never.wantOpen(t)
}

// TestRegistryClosesAgainWhatDoesNotEnd is about handlers that were between two
// reads when they were told.
func TestRegistryClosesAgainWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	s, c := open(r, ann, acme, tenancy.RoleViewer)
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleNone })
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann}})
	c.want(t, "not_a_member")
	c.want(t, "not_a_member")
	if got := s.Done(); got != "not_a_member" {
		t.Errorf("Done: got %q", got)
	}
}

func TestRegistryForgetsWhatIsDone(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	done, c := open(r, ann, acme, tenancy.RoleViewer)
	_, other := open(r, ann, acme, tenancy.RoleViewer)
	if code := done.Done(); code != "" {
		t.Errorf("Done: got %q, want nothing", code)
	}
	_ = done.Done() // as deferred beside
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleNone })
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann}})
	other.want(t, "not_a_member")
	c.wantOpen(t)
}

// TestRegistryAsksOnceForAClosedTenant is the stampede that a suspension must not
// be.
func TestRegistryAsksOnceForAClosedTenant(t *testing.T) {
	t.Parallel()
	const people, each = 2000, 5
	r, w := registry(t, stream.Config{})
	var ended atomic.Int64
	counts := closer(func(string) { ended.Add(1) })
	streams := make([]stream.Stream, people*each)
	for i := range streams {
		key := tenancy.Key{User: tenancy.UserID{byte(i % people), byte(i % people >> 8)}, Tenant: acme}
		r.Open(&streams[i], stream.Holder{Key: key}, counts, r.Mark())
	}
	_, other := open(r, ann, globex, tenancy.RoleViewer)
	w.set(func(w *truth) { w.closed[acme] = true })
	began := time.Now()
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{Tenant: acme}})
	tenancytest.Eventually(t, 10*time.Second, "all have ended", func() bool { return ended.Load() >= people*each })
	t.Logf("%d streams of %d people closed in %v with %d look-ups", people*each, people, time.Since(began), w.lookups())
	if got := w.lookups(); got != 1 {
		t.Errorf("%d look-ups, want 1", got)
	}
	other.wantOpen(t)
}

// TestRegistryAsksOnceForAMembership: however many streams it has.
func TestRegistryAsksOnceForAMembership(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	var all []closes
	for range 50 {
		_, c := open(r, ann, acme, tenancy.RoleViewer)
		all = append(all, c)
	}
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleNone })
	r.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: ann, Tenant: acme}})
	for _, c := range all {
		c.want(t, "not_a_member")
	}
	if got := w.lookups(); got != 1 {
		t.Errorf("%d look-ups, want 1", got)
	}
}

type closer func(string)

func (c closer) Close(code string) { c(code) }

func TestUpgradeOfAClosedStream(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	s, c := open(r, ann, acme, tenancy.RoleViewer)
	if err := s.Upgrade(stream.WebSocket, func() error { return nil }); err != nil {
		t.Errorf("upgrading: %v", err)
	}
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleNone })
	r.Doubt()
	c.want(t, "not_a_member")
	if err := s.Upgrade(stream.WebSocket, func() error { t.Error("upgraded"); return nil }); err != stream.ErrClosed {
		t.Errorf("upgrading what was closed: %v, want ErrClosed", err)
	}
}

// TestRegistryUnderEverythingAtOnce is for the race detector.
func TestRegistryUnderEverythingAtOnce(t *testing.T) {
	t.Parallel()
	r, w := registry(t, stream.Config{})
	w.set(func(w *truth) { w.roles[tenancy.Key{User: ann, Tenant: acme}] = tenancy.RoleNone })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				s, _ := open(r, ann, acme, tenancy.RoleViewer)
				r.Invalidate(context.Background(), tenancy.Change{Key: tenancy.Key{User: ann}})
				r.Count()
				s.Done()
			}
		})
	}
	all.Wait()
	if got := r.Count(); got != (stream.Open{}) {
		t.Errorf("still open: %v", got)
	}
}

func BenchmarkOpenDone(b *testing.B) {
	r := stream.New(stream.Config{Memberships: &truth{}, Judge: func(tenancy.Membership, stream.Holder) string { return "" }})
	b.Cleanup(r.Close)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c := newCloses()
		for pb.Next() {
			var s stream.Stream
			r.Open(&s, stream.Holder{Key: tenancy.Key{User: ann, Tenant: acme}}, c, r.Mark())
			s.Done()
		}
	})
}
