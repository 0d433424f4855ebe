package endtoend_test

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// calamity is something that goes wrong for some time, and what ends it.
type calamity struct {
	name       string
	lasts      time.Duration // at least; and up to half as long again
	begin, end func()
}

// beyondLease is longer than the lease of the shipped Caddyfile.
const beyondLease = 2300 * time.Millisecond

// calamities are all that can go wrong, of the replica that is given.
func (f *fleet) calamities(replica int) []calamity {
	feed, gateway := f.feeds[replica], f.gateways[replica]
	none := func() {}
	return []calamity{
		{"redis-killed", 300 * time.Millisecond, f.redis.Kill, f.redis.Restart},
		{"redis-paused", 500 * time.Millisecond, f.redis.Pause, f.redis.Resume},
		{"redis-flushed", 100 * time.Millisecond, f.redis.Flush, none},
		{"redis-garbled", 100 * time.Millisecond, f.redis.Garble, none},
		{"feed-cut", time.Second, feed.Cut, feed.Mend},
		{"feed-slow", 500 * time.Millisecond, func() { feed.Delay(50 * time.Millisecond) }, feed.Mend},
		{"feed-held", beyondLease, feed.Hold, feed.Mend},
		{"gateway-stopped", beyondLease, func() { f.signal(gateway, syscall.SIGSTOP) }, func() { f.signal(gateway, syscall.SIGCONT) }},
		{"postgres-crashed", 300 * time.Millisecond, func() { f.must(f.database.Kill()) }, func() { f.must(f.database.Restart(context.Background())) }},
	}
}

func (f *fleet) signal(gateway *gatewaytest.Gateway, signal syscall.Signal) {
	f.must(gateway.Signal(signal))
}

func (f *fleet) must(err error) {
	if err != nil {
		f.t.Errorf("playing a fault: %v", err)
	}
}

// play has each fault come once, in any order and to any replica, and goes on for
// as long as is asked. It returns how often each one came.
func (f *fleet) play(random *rand.Rand, more time.Duration) map[string]int {
	played := make(map[string]int)
	for end := time.Now().Add(more); ; {
		for _, number := range random.Perm(len(f.calamities(0))) {
			c := f.calamities(random.IntN(len(f.gateways)))[number]
			played[c.name]++
			f.suffer(c, c.lasts+time.Duration(random.Int64N(int64(c.lasts/2))))
			within(time.Duration(random.Int64N(int64(time.Second))))
		}
		if time.Now().After(end) || f.t.Failed() {
			return played
		}
	}
}

func (f *fleet) suffer(c calamity, lasts time.Duration) {
	c.begin()
	f.faulty.Store(true)
	defer func() {
		f.faulty.Store(false)
		c.end()
	}()
	within(lasts)
}

// within returns when that time is over.
func within(d time.Duration) { <-time.After(d) }
