package stream

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Config says how a registry finds out who may go on. Memberships and Judge are
// required.
type Config struct {
	// Memberships answers through the caches: what it says was read after the
	// change that the registry was told of.
	Memberships tenancy.Memberships
	// Judge returns the problem code of the refusal that a request of the holder
	// would meet now, empty for none.
	Judge func(tenancy.Membership, Holder) string
	// Grace is how long a membership may go unconfirmed after a change that may
	// concern it; zero: 600 ms.
	Grace time.Duration
	// Now is the wall clock, which tokens go by; nil: time.Now.
	Now func() time.Time
	// Closed is told of each stream that is closed, with the code; nil: nobody.
	Closed func(code string)
}

const (
	// defaultGrace leaves time, of the second in which streams end whose bearer lost
	// access, for hearing of it and for the end itself.
	defaultGrace = 600 * time.Millisecond
	// sweepEvery is how often tokens are looked at, and streams that were closed
	// and did not end.
	sweepEvery = 200 * time.Millisecond
	// shortest is what a request gets that starts just before its token expires: an
	// ordinary one is over by then, and a stream is not a second late.
	shortest = 700 * time.Millisecond
)

// The codes that the registry closes with by itself.
const (
	Expired     = "token_expired"
	Unconfirmed = "membership_unavailable"
)

// A membership's streams are in one group of lanes, for a change of it to find
// them, and spread within the group, for its requests not to wait.
const (
	groups = 512
	spread = 8
)

// Registry keeps what is open. It is safe for concurrent use.
type Registry struct {
	config Config
	seed   maphash.Seed
	epoch  atomic.Uint64
	lanes  [groups * spread]lane

	checks  checks
	lookups errgroup.Group // at work on them
	stop    context.CancelFunc
	idle    sync.WaitGroup
}

// New returns a registry at work, until Close.
func New(config Config) *Registry {
	if config.Grace <= 0 {
		config.Grace = defaultGrace
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Closed == nil {
		config.Closed = func(string) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Registry{config: config, seed: maphash.MakeSeed(), stop: stop}
	r.checks.wake = make(chan struct{}, 1)
	r.lookups.SetLimit(atOnce)
	r.idle.Go(func() { r.sweep(ctx) })
	r.idle.Go(func() { r.check(ctx) })
	return r
}

// Close ends the work of the registry, and no stream.
func (r *Registry) Close() {
	r.stop()
	r.idle.Wait()
	_ = r.lookups.Wait() // they return no errors
}

// Mark is where a registry stands, see Open.
type Mark uint64

// Mark is to be taken before a request is decided about.
func (r *Registry) Mark() Mark { return Mark(r.epoch.Load()) }

// Open enters a request that was let through, before it is forwarded. since is
// the mark from before the decision: where a change has come in between, the
// decision may have been made on what was true before it, and is looked at again.
// Done must be called on the stream.
func (r *Registry) Open(s *Stream, holder Holder, closer Closer, since Mark) {
	s.holder, s.closer, s.opened = holder, closer, r.config.Now()
	s.expires = expiry(holder, s.opened)
	r.lanes[r.group(holder.Key)+int(rand.Uint32()%spread)].add(s)
	if Mark(r.epoch.Load()) != since {
		r.ask(time.Now(), holder.Key)
	}
}

// expiry is when a stream ends that was opened now; zero: never.
func expiry(holder Holder, now time.Time) time.Time {
	at := holder.ExpiresAt
	if at.IsZero() {
		return at
	}
	if !now.Before(at) {
		at = at.Add(holder.Leeway)
	}
	if least := now.Add(shortest); at.Before(least) {
		return least
	}
	return at
}

// group returns the first lane of a membership's.
func (r *Registry) group(key tenancy.Key) int {
	var both [32]byte
	copy(both[:16], key.User[:])
	copy(both[16:], key.Tenant[:])
	return int(maphash.Bytes(r.seed, both[:])%groups) * spread
}

// of returns the streams of one membership.
func (r *Registry) of(key tenancy.Key) (streams []*Stream) {
	first := r.group(key)
	for i := range r.lanes[first : first+spread] {
		streams = r.lanes[first+i].collect(streams, func(s *Stream) bool { return s.holder.Key == key })
	}
	return streams
}

func (r *Registry) all(want func(*Stream) bool) (streams []*Stream) {
	for i := range r.lanes {
		streams = r.lanes[i].collect(streams, want)
	}
	return streams
}

// Open streams by kind, of those that have lasted for a while; see Count.
type Open [kinds]int

// Count counts what has been open for longer than a second: streams, rather than
// requests on their way through.
func (r *Registry) Count() (open Open) {
	since := r.config.Now().Add(-time.Second)
	for _, s := range r.all(func(s *Stream) bool { return s.opened.Before(since) }) {
		s.mu.Lock()
		open[s.kind]++
		s.mu.Unlock()
	}
	return open
}

// sweep ends what has expired, and what was closed and is still here.
func (r *Registry) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := r.config.Now()
		late := func(s *Stream) bool {
			return !s.expires.IsZero() && !now.Before(s.expires) || s.closed.Load()
		}
		for _, s := range r.all(late) {
			r.close(s, Expired)
		}
	}
}

func (r *Registry) close(s *Stream, code string) {
	if s.end(code) {
		r.config.Closed(code)
	}
}
