package cache_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
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
// use, and what one takes on the heap after a collection. In a busy process the
// hit comes with what a request in a gateway leaves to the collector, and what
// one takes is resident memory after that. The room that the gateway's binary
// gives the collector is there too.
func BenchmarkLocalSize(b *testing.B) {
	for _, size := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("memberships=%d", size), func(b *testing.B) {
			before := heap()
			ask := filled(b, size)
			each := float64(heap()-before) / float64(size)
			n := 0
			for b.Loop() {
				ask(n * 7919 % size)
				n++
			}
			b.ReportMetric(each, "B/membership")
		})
		b.Run(fmt.Sprintf("busy/memberships=%d", size), func(b *testing.B) {
			debug.FreeOSMemory()
			room := make([]byte, 48<<20)
			before := resident(b)
			ask := filled(b, size)
			n := 0
			for b.Loop() {
				ask(n * 7919 % size)
				litter()
				n++
			}
			b.ReportMetric(float64(resident(b)-before)/float64(size), "B/membership")
			runtime.KeepAlive(room)
		})
	}
}

// filled returns what asks for the nth of size memberships, all of them kept.
func filled(b *testing.B, size int) (ask func(n int)) {
	b.Helper()
	local := cache.NewLocal(memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
		return read(key), nil
	}), cache.Config{Entries: 2 * size, Freshness: time.Hour})
	b.Cleanup(local.Close)
	ask = func(n int) {
		if _, err := local.Membership(b.Context(), keyOf(n)); err != nil {
			b.Fatal(err)
		}
	}
	for n := range size {
		ask(n)
	}
	return ask
}

// litter allocates what one request in a gateway does: 15 KiB.
func litter() {
	for range 60 {
		litters = make([]byte, 256)
	}
}

var litters []byte

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// resident returns the bytes of memory that this process occupies.
func resident(b *testing.B) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("there is no /proc here: ", err)
	}
	var total, pages int
	if _, err := fmt.Sscan(string(text), &total, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
