package feed

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats says how the feed is doing; the counts are since the start.
type Stats struct {
	Connected  bool
	Current    bool          // what is remembered may be believed
	Lag        time.Duration // since the last reading that was obeyed began
	Position   uint64        // every transaction below it has been obeyed
	Changes    uint64        // changes obeyed
	Reconnects uint64
	Waits      uint64 // writes that waited for other replicas
	WaitedOut  uint64 // of these, those that ended with a lease and not with the last acknowledgement
	// WaitBuckets counts the waits of at most WaitBounds each, cumulatively.
	WaitBuckets [len(WaitBounds)]uint64
	WaitSeconds float64 // all waits together
}

// WaitBounds are the upper bounds of Stats.WaitBuckets.
var WaitBounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, time.Second, 3 * time.Second,
}

type counts struct {
	connected           atomic.Bool
	changes, reconnects atomic.Uint64
	mu                  sync.Mutex
	last                time.Time
	waits, waitedOut    uint64
	buckets             [len(WaitBounds)]uint64
	waitSeconds         float64
}

func (c *counts) read(began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = began
}

func (c *counts) waited(d time.Duration, out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits++
	c.waitSeconds += d.Seconds()
	if out {
		c.waitedOut++
	}
	for i, bound := range WaitBounds {
		if d <= bound {
			c.buckets[i]++
		}
	}
}

// Stats returns how the feed is doing.
func (f *Feed) Stats() Stats {
	now := f.config.Now()
	f.stats.mu.Lock()
	defer f.stats.mu.Unlock()
	last := f.stats.last
	if last.IsZero() {
		last = f.start
	}
	return Stats{
		Connected: f.stats.connected.Load(), Current: f.Lapsed(now) == 0, Lag: now.Sub(last), Position: f.seen.Load(),
		Changes: f.stats.changes.Load(), Reconnects: f.stats.reconnects.Load(),
		Waits: f.stats.waits, WaitedOut: f.stats.waitedOut, WaitBuckets: f.stats.buckets, WaitSeconds: f.stats.waitSeconds,
	}
}
