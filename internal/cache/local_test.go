package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// counted is a next layer that counts its calls and answers by its func.
type counted struct {
	calls  atomic.Int64
	answer func(tenancy.Key) (tenancy.Membership, error)
}

func (c *counted) Membership(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
	c.calls.Add(1)
	return c.answer(key)
}

func admins() *counted {
	return &counted{answer: func(key tenancy.Key) (tenancy.Membership, error) { return admin(key), nil }}
}

// mustAnswer looks key up and fails the test if that fails.
func mustAnswer(t *testing.T, layer tenancy.Memberships, key tenancy.Key) tenancy.Membership {
	t.Helper()
	got, err := layer.Membership(t.Context(), key)
	if err != nil {
		t.Fatalf("Membership: %v", err)
	}
	return got
}

func wantCalls(t *testing.T, next *counted, want int64) {
	t.Helper()
	if got := next.calls.Load(); got != want {
		t.Errorf("next layer was asked %d times, want %d", got, want)
	}
}

func TestLocalAnswersFromMemoryWhileFresh(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		random float64
		role   tenancy.Role
		after  time.Duration
		want   int64 // calls after a look-up at 0 and one at after
	}{
		{"just fresh", 0, tenancy.RoleViewer, 10*time.Second - 1, 1},
		{"at the bound", 0, tenancy.RoleViewer, 10 * time.Second, 2},
		{"spread shortens", 0.999, tenancy.RoleViewer, 9100 * time.Millisecond, 2},
		{"spread shortens by a tenth at most", 0.999, tenancy.RoleViewer, 9 * time.Second, 1},
		{"no member, just fresh", 0, tenancy.RoleNone, 2*time.Second - 1, 1},
		{"no member, at the bound", 0, tenancy.RoleNone, 2 * time.Second, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			next := &counted{answer: func(key tenancy.Key) (tenancy.Membership, error) {
				m := admin(key)
				m.Role = test.role
				return m, nil
			}}
			local := cache.NewLocal(next, cache.Config{
				Entries: 10, Freshness: 10 * time.Second, Now: clock.Now,
				Random: func() float64 { return test.random },
			})
			first := mustAnswer(t, local, keyOf(1))
			clock.advance(test.after)
			if diff := cmp.Diff(first, mustAnswer(t, local, keyOf(1))); diff != "" {
				t.Errorf("second answer (-first +second):\n%s", diff)
			}
			wantCalls(t, next, test.want)
		})
	}
}

func TestLocalDoesNotKeepErrors(t *testing.T) {
	t.Parallel()
	fail := true
	next := &counted{answer: func(key tenancy.Key) (tenancy.Membership, error) {
		if fail {
			return tenancy.Membership{}, tenancy.ErrUnavailable
		}
		return admin(key), nil
	}}
	local := cache.NewLocal(next, cache.Config{Entries: 10, Freshness: time.Hour})
	if _, err := local.Membership(t.Context(), keyOf(1)); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Fatalf("error: got %v, want ErrUnavailable", err)
	}
	fail = false
	if got := mustAnswer(t, local, keyOf(1)); got.Role != tenancy.RoleAdmin {
		t.Errorf("role after recovery: got %v, want admin", got.Role)
	}
}

func TestLocalServesStaleOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("dialing: %w", tenancy.ErrUnavailable)
	for _, test := range []struct {
		name   string
		stale  time.Duration
		after  time.Duration
		role   tenancy.Role
		forget bool
		err    error
		want   bool
	}{
		{"in time", time.Minute, 70 * time.Second, tenancy.RoleViewer, false, away, true},
		{"too late", time.Minute, 70*time.Second + 1, tenancy.RoleViewer, false, away, false},
		{"not asked for", 0, 11 * time.Second, tenancy.RoleViewer, false, away, false},
		{"no member", time.Minute, 20 * time.Second, tenancy.RoleNone, false, away, false},
		{"invalidated", time.Minute, 20 * time.Second, tenancy.RoleViewer, true, away, false},
		{"another error", time.Minute, 20 * time.Second, tenancy.RoleViewer, false, errors.New("bug"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			var err error
			next := memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
				m := admin(key)
				m.Role = test.role
				return m, err
			})
			local := cache.NewLocal(next, cache.Config{
				Entries: 10, Freshness: 10 * time.Second, StaleIfError: test.stale, Now: clock.Now, Random: never,
			})
			mustAnswer(t, local, keyOf(1))
			clock.advance(test.after)
			if test.forget {
				local.Invalidate(t.Context(), tenancy.Change{Key: keyOf(1)})
			}
			err = test.err
			got, gotErr := local.Membership(t.Context(), keyOf(1))
			if served := gotErr == nil; served != test.want {
				t.Errorf("served: got %v (%v, error %v), want %v", served, got, gotErr, test.want)
			}
		})
	}
}

func TestLocalCoalescesMisses(t *testing.T) {
	t.Parallel()
	const waiters = 10_000
	release := make(chan struct{})
	var calls atomic.Int64
	local := cache.NewLocal(memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
		calls.Add(1)
		<-release
		return admin(key), nil
	}), cache.Config{Entries: 10, Freshness: time.Hour, Timeout: time.Minute})
	var done sync.WaitGroup
	for range waiters {
		done.Go(func() {
			if got, err := local.Membership(t.Context(), keyOf(1)); err != nil || got != admin(keyOf(1)) {
				t.Errorf("got %v, %v, want the admin", got, err)
			}
		})
	}
	tenancytest.Eventually(t, 20*time.Second, "everybody waits", func() bool { return local.Stats().Misses == waiters })
	close(release)
	done.Wait()
	if got := calls.Load(); got != 1 {
		t.Errorf("next layer was asked %d times by %d waiters, want once", got, waiters)
	}
}

type traceKey struct{}

func TestLocalCancelledWaiterFailsAlone(t *testing.T) {
	t.Parallel()
	release, traced := make(chan struct{}), make(chan any, 1)
	local := cache.NewLocal(memberships(func(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
		traced <- ctx.Value(traceKey{})
		select {
		case <-release:
			return admin(key), nil
		case <-ctx.Done():
			return tenancy.Membership{}, ctx.Err()
		}
	}), cache.Config{Entries: 10, Freshness: time.Hour, Timeout: time.Minute})

	// The one who leaves is the one who began the look-up.
	leaving, leave := context.WithCancel(context.WithValue(t.Context(), traceKey{}, "trace"))
	left := make(chan error)
	go func() {
		_, err := local.Membership(leaving, keyOf(1))
		left <- err
	}()
	if got := <-traced; got != "trace" {
		t.Errorf("trace value in the shared look-up: got %v, want trace", got)
	}
	stayed := make(chan error)
	go func() {
		_, err := local.Membership(t.Context(), keyOf(1))
		stayed <- err
	}()
	tenancytest.Eventually(t, 20*time.Second, "both wait", func() bool { return local.Stats().Misses == 2 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: got %v, want context.Canceled", err)
	}
	close(release)
	if err := <-stayed; err != nil {
		t.Errorf("the one who stayed: got %v, want an answer", err)
	}
}

func TestLocalBoundsALookup(t *testing.T) {
	t.Parallel()
	local := cache.NewLocal(memberships(func(ctx context.Context, _ tenancy.Key) (tenancy.Membership, error) {
		<-ctx.Done()
		return tenancy.Membership{}, ctx.Err()
	}), cache.Config{Entries: 10, Freshness: time.Hour, Timeout: time.Millisecond})
	if _, err := local.Membership(t.Context(), keyOf(1)); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("a layer that hangs: got %v, want ErrUnavailable", err)
	}
}

func TestLocalSurvivesAPanicBehindIt(t *testing.T) {
	t.Parallel()
	broken := true
	local := cache.NewLocal(memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
		if broken {
			panic("bug")
		}
		return admin(key), nil
	}), cache.Config{Entries: 10, Freshness: time.Hour})
	if got, err := local.Membership(t.Context(), keyOf(1)); err == nil {
		t.Errorf("got %v, want an error", got)
	}
	broken = false
	mustAnswer(t, local, keyOf(1))
}

func TestLocalIsBounded(t *testing.T) {
	t.Parallel()
	const entries = 1000
	local := cache.NewLocal(admins(), cache.Config{Entries: entries, Freshness: time.Hour})
	for n := range 10 * entries {
		mustAnswer(t, local, keyOf(n))
	}
	tenancytest.Eventually(t, 20*time.Second, "10 times the entries shrink to the bound", func() bool {
		return local.Stats().Entries <= entries
	})
	if got := local.Stats().Entries; got < entries/2 {
		t.Errorf("entries kept: got %d, want about %d", got, entries)
	}
}

func TestLocalHitAllocatesNothing(t *testing.T) {
	local := cache.NewLocal(admins(), cache.Config{Entries: 10, Freshness: time.Hour})
	mustAnswer(t, local, keyOf(1))
	ctx := t.Context()
	if got := testing.AllocsPerRun(1000, func() { _, _ = local.Membership(ctx, keyOf(1)) }); got != 0 {
		t.Errorf("allocations of a hit: got %v, want 0", got)
	}
}

func TestLocalCounts(t *testing.T) {
	t.Parallel()
	local := cache.NewLocal(admins(), cache.Config{Entries: 10, Freshness: time.Hour})
	for range 5 {
		mustAnswer(t, local, keyOf(1))
	}
	if diff := cmp.Diff(cache.Stats{Hits: 4, Misses: 1, Entries: 1}, local.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}
