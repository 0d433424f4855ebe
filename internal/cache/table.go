package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"golang.org/x/sync/singleflight"
)

// negativeFreshness bounds how long "no such thing" is believed: what has just
// been made must not stay unknown.
const negativeFreshness = 2 * time.Second

// lookupTimeout bounds a look-up where Config does not.
const lookupTimeout = 2 * time.Second

// Config bounds a process cache.
type Config struct {
	// Entries is how many answers are kept at most, at least 1.
	Entries int
	// Freshness is how long an answer is believed, counted from before it was
	// read. Each is spread downwards by up to a tenth, never upwards: the bound
	// is a promise.
	Freshness time.Duration
	// Hearing says whether answers may be believed at all; nil: they may. While it
	// has lapsed, each request asks the next layer for itself: what another one
	// began to read before may be older than the request.
	Hearing tenancy.Hearing
	// StaleIfError is how much longer, than it is fresh and than Hearing lasts, an
	// answer that lets in is served while the next layer returns
	// tenancy.ErrUnavailable; zero: not at all.
	StaleIfError time.Duration
	// Timeout bounds one look-up in the next layer, whoever waits for it; zero: 2 s.
	Timeout time.Duration
	// Now is the clock; nil: time.Now. Its monotonic reading is what counts.
	Now func() time.Time
	// Random returns a number in [0, 1) to spread expiry by; nil: math/rand.
	Random func() float64
	// KeepAnyRead leaves out the check that nothing was forgotten while an answer
	// was read. It breaks the cache, for tests of what has to notice.
	KeepAnyRead bool
}

func (c Config) complete() Config {
	c.Entries = max(c.Entries, 1)
	if c.Timeout <= 0 {
		c.Timeout = lookupTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	return c
}

// Stats counts what a process cache has done since it was made.
type Stats struct {
	Hits    uint64 // answered from memory
	Misses  uint64 // waited for the next layer, alone or together
	Stale   uint64 // answered from memory because the next layer could not
	Entries int    // kept now, roughly
}

// entry is an answer with what it has to find unchanged to be served. Times are
// since the start of the table, by the monotonic clock.
type entry[V any] struct {
	value V
	held  uint64
	born  time.Duration // when the look-up began
	fresh time.Duration // believed until then
}

// store keeps a bounded number of entries. It may forget any of them at any time.
type store[K comparable, V any] interface {
	get(K) (entry[V], bool)
	set(K, entry[V])
	size() int // roughly
}

// ordinary is a store on the heap, of whatever it is.
type ordinary[K comparable, V any] struct{ *otter.Cache[K, *entry[V]] }

func newOrdinary[K comparable, V any](entries int) ordinary[K, V] {
	return ordinary[K, V]{otter.Must(&otter.Options[K, *entry[V]]{MaximumSize: entries})}
}

func (o ordinary[K, V]) get(key K) (e entry[V], found bool) {
	if kept, found := o.GetIfPresent(key); found {
		return *kept, true
	}
	return e, false
}

func (o ordinary[K, V]) set(key K, e entry[V]) { o.Set(key, &e) }

func (o ordinary[K, V]) size() int { return o.EstimatedSize() }

// table is a bounded map of answers in front of a look-up. The func fields say
// what is particular to a contract.
type table[K comparable, V any] struct {
	config  Config
	start   time.Time
	entries store[K, V]
	flights singleflight.Group
	counts  counters

	// look asks the next layer.
	look func(context.Context, K) (V, error)
	// flight names the key among the look-ups under way; distinct for distinct keys.
	flight func(K) string
	// reading is what a look-up that begins now must find unchanged when it ends.
	reading func(K) uint64
	// holding is what the answer must find unchanged whenever it is served.
	holding func(K, V) uint64
	// positive tells an answer from "no such thing".
	positive func(V) bool
	// lasting tells an answer that may be served past its time, where nobody knows
	// better, from one that must not.
	lasting func(V) bool
}

func newTable[K comparable, V any](config Config) *table[K, V] {
	config = config.complete()
	return newTableIn(config, newOrdinary[K, V](config.Entries))
}

// newTableIn returns a table that keeps its answers in a store. config is complete.
func newTableIn[K comparable, V any](config Config, entries store[K, V]) *table[K, V] {
	return &table[K, V]{config: config, start: config.Now(), entries: entries}
}

// get answers from memory or asks the next layer. A hit takes no lock that all
// requests share, and allocates nothing but what the store does.
func (t *table[K, V]) get(ctx context.Context, key K) (V, error) {
	old, found, valid := t.fresh(key)
	if valid {
		t.counts.hits.add()
		return old.value, nil
	}
	t.counts.misses.add()
	value, err := t.load(ctx, key)
	if found && errors.Is(err, tenancy.ErrUnavailable) && ctx.Err() == nil && t.servable(key, &old) {
		t.counts.stale.add()
		return old.value, nil
	}
	return value, err
}

// fresh returns what is kept for key, if anything is, and whether it may be
// served as it is.
func (t *table[K, V]) fresh(key K) (kept entry[V], found, valid bool) {
	if kept, found = t.entries.get(key); !found {
		return kept, false, false
	}
	now := t.config.Now()
	return kept, true, now.Sub(t.start) < kept.fresh && t.holding(key, kept.value) == kept.held && t.lapsed(now) == 0
}

// lapsed returns for how long nothing here may be believed; zero: it may.
func (t *table[K, V]) lapsed(now time.Time) time.Duration {
	if t.config.Hearing == nil {
		return 0
	}
	return t.config.Hearing.Lapsed(now)
}

// servable reports whether an answer that is no longer fresh may stand in for
// one that cannot be had.
func (t *table[K, V]) servable(key K, old *entry[V]) bool {
	limit, now := t.config.Freshness+t.config.StaleIfError, t.config.Now()
	return t.config.StaleIfError > 0 && t.lasting(old.value) &&
		now.Sub(t.start)-old.born <= limit && t.lapsed(now) <= t.config.StaleIfError && t.holding(key, old.value) == old.held
}

// load joins the look-up of key that is under way, or begins it. The name of a
// look-up carries the generation it began in: whoever arrives after an
// invalidation must not be handed what was read before it.
func (t *table[K, V]) load(ctx context.Context, key K) (V, error) {
	reading := t.reading(key)
	if t.lapsed(t.config.Now()) > 0 {
		return t.fetch(ctx, key, reading)
	}
	name := string(binary.BigEndian.AppendUint64([]byte(t.flight(key)), reading))
	landed := t.flights.DoChan(name, func() (any, error) {
		return t.fetch(context.WithoutCancel(ctx), key, reading)
	})
	select {
	case result := <-landed:
		value, _ := result.Val.(V)
		return value, result.Err
	case <-ctx.Done():
		var none V
		return none, fmt.Errorf("waiting for a look-up: %w: %w", tenancy.ErrUnavailable, ctx.Err())
	}
}

// fetch asks the next layer on behalf of all who wait: under a deadline of its
// own, so that nobody who leaves takes the answer from the others.
func (t *table[K, V]) fetch(ctx context.Context, key K, reading uint64) (value V, err error) {
	defer func() {
		// A panic in the goroutine of a shared look-up would end the process.
		if p := recover(); p != nil {
			err = fmt.Errorf("looking up: panic: %v\n%s", p, debug.Stack())
		}
	}()
	if kept, _, valid := t.fresh(key); valid {
		return kept.value, nil // by a look-up that landed between the miss and this
	}
	ctx, cancel := context.WithTimeout(ctx, t.config.Timeout)
	defer cancel()
	began := t.config.Now()
	value, err = t.look(ctx, key)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("looking up for %v: %w: %w", t.config.Timeout, tenancy.ErrUnavailable, err)
		}
		return value, err
	}
	t.keep(key, value, reading, began)
	return value, nil
}

// keep remembers an answer, unless something it may depend on was forgotten
// while it was read: a slow read must not resurrect a removed member.
func (t *table[K, V]) keep(key K, value V, reading uint64, began time.Time) {
	held := t.holding(key, value) // before reading is checked, see generations.forget
	if t.reading(key) != reading && !t.config.KeepAnyRead {
		return
	}
	fresh := t.config.Freshness
	if !t.positive(value) {
		fresh = min(fresh, negativeFreshness)
	}
	born := began.Sub(t.start)
	t.entries.set(key, entry[V]{value: value, held: held, born: born, fresh: born + spread(fresh, t.config.Random())})
}

func (t *table[K, V]) stats() Stats {
	return Stats{
		Hits:    t.counts.hits.sum(),
		Misses:  t.counts.misses.sum(),
		Stale:   t.counts.stale.sum(),
		Entries: t.entries.size(),
	}
}

// spread shortens d by up to a tenth, so that what was learnt together is not
// asked for again together. random is in [0, 1).
func spread(d time.Duration, random float64) time.Duration {
	return d - time.Duration(float64(d)*random/10)
}
