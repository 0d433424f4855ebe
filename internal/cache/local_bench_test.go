package cache_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// keyOf returns the nth of a series of distinct keys.
func keyOf(n int) tenancy.Key {
	var key tenancy.Key
	binary.BigEndian.PutUint64(key.User[8:], uint64(n)+1)
	binary.BigEndian.PutUint64(key.Tenant[8:], uint64(n%1000)+1)
	return key
}

func BenchmarkLocalHit(b *testing.B) {
	local := cache.NewLocal(memberships(func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
		return admin(key), nil
	}), cache.Config{Entries: 1 << 14, Freshness: time.Hour})
	for n := range 1 << 12 {
		if _, err := local.Membership(b.Context(), keyOf(n)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			n++
			if _, err := local.Membership(b.Context(), keyOf(n%(1<<12))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				if _, err := local.Membership(b.Context(), keyOf(n%(1<<12))); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
