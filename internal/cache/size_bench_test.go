package cache_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// read is an admin's membership as a database driver makes it: every text is
// memory of its own.
func read(key tenancy.Key) tenancy.Membership {
	m := admin(key)
	m.TenantSlug = fmt.Sprintf("tenant-%d", key.Tenant[15])
	m.Email = tenancy.Email(fmt.Sprintf("person-%x@example.com", key.User[8:]))
	for _, status := range []*tenancy.Status{&m.TenantStatus, &m.UserStatus, &m.Status} {
		*status = tenancy.Status(strings.Clone(string(*status)))
	}
	return m
}

// BenchmarkLocalSize is a hit among that many memberships, every one of them in
// use, and what one takes on the heap after a collection.
func BenchmarkLocalSize(b *testing.B) {
	for _, size := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("memberships=%d", size), func(b *testing.B) {
			before := heap()
			local := cache.NewLocal(memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
				return read(key), nil
			}), cache.Config{Entries: 2 * size, Freshness: time.Hour})
			ask := func(n int) {
				if _, err := local.Membership(b.Context(), keyOf(n)); err != nil {
					b.Fatal(err)
				}
			}
			for n := range size {
				ask(n)
			}
			each := float64(heap()-before) / float64(size)
			n := 0
			for b.Loop() {
				ask(n * 7919 % size)
				n++
			}
			b.ReportMetric(each, "B/membership")
			runtime.KeepAlive(local)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
