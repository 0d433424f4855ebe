package cache_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/limit"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func newLimits(t *testing.T, url string) *cache.Limits {
	t.Helper()
	client, err := cache.NewClient(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	local, err := limit.NewLocal(1000, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return cache.NewLimits(local, client)
}

func TestLimitsAreSharedByReplicas(t *testing.T) {
	t.Parallel()
	server := tenancytest.Redis(t)
	a, b := newLimits(t, server.URL()), newLimits(t, server.URL())
	a.SetPatience(time.Minute) // on a busy machine Redis may be slow, and each would count by itself
	b.SetPatience(time.Minute)
	hourly := tenancy.Limit{Burst: 10, Per: time.Hour}
	var group sync.WaitGroup
	var n atomic.Int64
	for i := range 40 {
		group.Go(func() {
			if []*cache.Limits{a, b}[i%2].Take(t.Context(), "ada@example.com", hourly) == 0 {
				n.Add(1)
			}
		})
	}
	group.Wait()
	if n.Load() != 10 {
		t.Errorf("%d of 40 through two replicas, want 10", n.Load())
	}
	wait := b.Take(t.Context(), "ada@example.com", hourly)
	if wait < 5*time.Minute || wait > 6*time.Minute {
		t.Errorf("wait %v, want nearly 6m", wait)
	}
	a.GiveBack(t.Context(), "ada@example.com", hourly)
	if wait := a.Take(t.Context(), "ada@example.com", hourly); wait != 0 {
		t.Errorf("after one was given back: wait %v", wait)
	}
}

// Without Redis each replica counts by itself, and none waits long for it.
func TestLimitsWithoutRedis(t *testing.T) {
	t.Parallel()
	server := tenancytest.Redis(t)
	wire := tenancytest.NewWire(t, server.Addr())
	l := newLimits(t, strings.Replace(server.URL(), server.Addr(), wire.Addr(), 1))
	hourly := tenancy.Limit{Burst: 10, Per: time.Hour}
	for i := range 5 {
		if wait := l.Take(t.Context(), "k", hourly); wait != 0 {
			t.Errorf("use %d: wait %v", i, wait)
		}
	}
	wire.Hold()
	start := time.Now()
	granted := 0
	for range 20 {
		if l.Take(t.Context(), "k", hourly) == 0 {
			granted++
		}
	}
	if granted != 5 {
		t.Errorf("%d more while Redis is silent, want the 5 that are left", granted)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("20 uses took %v while Redis is silent", took)
	}
}
