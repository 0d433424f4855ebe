package cache

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// stripes is a power of two. Two things that share a stripe are forgotten
// together, which costs a look-up and nothing else.
const stripes = 1 << 15

// generations counts invalidations in a fixed amount of memory. Whoever keeps
// an answer keeps the sum it saw before reading; the answer holds while the sum
// is the same. Counters only grow, so an equal sum means that none has moved.
// That makes forgetting a tenant of a million members one addition.
type generations struct {
	seed     maphash.Seed
	total    atomic.Uint64
	counters [stripes]atomic.Uint64
}

func newGenerations() *generations { return &generations{seed: maphash.MakeSeed()} }

// tag names one thing that can be forgotten. The seed is of this process, so
// nobody outside can choose what shares a stripe.
type tag uint64

func (g *generations) user(id tenancy.UserID) tag {
	return tag(maphash.Bytes(g.seed, id[:]))
}

func (g *generations) tenant(id tenancy.TenantID) tag {
	return tag(bits.ReverseBytes64(maphash.Bytes(g.seed, id[:])))
}

func (g *generations) name(name tenancy.Name) tag {
	return tag(maphash.String(g.seed, name.Value) + uint64(name.Kind))
}

// pair is one membership, made of the tags of its user and its tenant.
func pair(user, tenant tag) tag {
	return tag(bits.RotateLeft64(uint64(user), 29) ^ uint64(tenant)*0x9e3779b97f4a7c15)
}

// sum returns what an answer that depends on these tags has to find unchanged.
func (g *generations) sum(tags ...tag) uint64 {
	var sum uint64
	for _, t := range tags {
		sum += g.counters[t%stripes].Load()
	}
	return sum
}

// forgetAll ends every answer.
func (g *generations) forgetAll() {
	g.total.Add(1)
	for i := range g.counters {
		g.counters[i].Add(1)
	}
}

// forget ends every answer that depends on one of the tags. total moves first:
// a look-up that finds it unmoved after it has taken its sum knows that the sum
// is from before this call.
func (g *generations) forget(tags ...tag) {
	g.total.Add(1)
	for _, t := range tags {
		g.counters[t%stripes].Add(1)
	}
}
