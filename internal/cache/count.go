package cache

import (
	"math/rand/v2"
	"sync/atomic"
)

// counters are those of one process cache.
type counters struct {
	hits, misses, stale counter
}

// counter spreads its additions over cache lines, so that counting a hit does
// not make all cores pass one line around.
type counter [16]struct {
	n atomic.Uint64
	_ [56]byte
}

func (c *counter) add() { c[rand.Uint32()%uint32(len(c))].n.Add(1) }

func (c *counter) sum() uint64 {
	var sum uint64
	for i := range c {
		sum += c[i].n.Load()
	}
	return sum
}
