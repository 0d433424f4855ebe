package limit_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/limit"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var (
	began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ten   = tenancy.Limit{Burst: 10, Per: time.Minute}
)

// newLocal returns a limiter and its clock, in nanoseconds since it began.
func newLocal(t *testing.T, keys int) (*limit.Local, *atomic.Int64) {
	t.Helper()
	var passed atomic.Int64
	l, err := limit.NewLocal(keys, func() time.Time { return began.Add(time.Duration(passed.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	return l, &passed
}

func granted(t *testing.T, l tenancy.Limiter, key string, tries int) (n int) {
	t.Helper()
	for range tries {
		if l.Take(t.Context(), key, ten) == 0 {
			n++
		}
	}
	return n
}

func TestLocalRefills(t *testing.T) {
	t.Parallel()
	l, clock := newLocal(t, 100)
	if got := granted(t, l, "a", 15); got != 10 {
		t.Errorf("%d at once, want 10", got)
	}
	if wait := l.Take(t.Context(), "a", ten); wait != 6*time.Second {
		t.Errorf("wait %v, want 6s", wait)
	}
	if got := granted(t, l, "b", 15); got != 10 {
		t.Errorf("%d of another key, want 10", got)
	}
	clock.Store(int64(12 * time.Second))
	if got := granted(t, l, "a", 15); got != 2 {
		t.Errorf("%d after 12 s, want 2", got)
	}
	clock.Store(int64(time.Hour))
	if got := granted(t, l, "a", 15); got != 10 {
		t.Errorf("%d after an hour, want 10 and no more", got)
	}
	l.GiveBack(t.Context(), "a", ten)
	if got := granted(t, l, "a", 5); got != 1 {
		t.Errorf("%d after one was given back, want 1", got)
	}
	if wait := l.Take(t.Context(), "a", tenancy.Limit{}); wait != 0 {
		t.Errorf("no limit: wait %v", wait)
	}
}

func TestLocalUnderConcurrency(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t, 100)
	var group sync.WaitGroup
	var n atomic.Int64
	for range 200 {
		group.Go(func() {
			if l.Take(t.Context(), "a", ten) == 0 {
				n.Add(1)
			}
		})
	}
	group.Wait()
	if n.Load() != 10 {
		t.Errorf("%d of 200 at a time, want 10", n.Load())
	}
}

func TestLocalIsBounded(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t, 100)
	for i := range 10_000 {
		l.Take(t.Context(), fmt.Sprint(i), ten)
	}
	if got := l.Keys(); got > 150 {
		t.Errorf("%d keys are kept, want 100 or so", got)
	}
}
