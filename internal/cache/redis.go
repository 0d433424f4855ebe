package cache

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// operationTimeout is where waiting for Redis costs more than the database.
const operationTimeout = 50 * time.Millisecond

// RedisConfig bounds what is kept in Redis.
type RedisConfig struct {
	// TTL is how long a value lives there, spread downwards by up to a tenth. It
	// has to be positive.
	TTL time.Duration
	// Timeout bounds one operation, a look-up or a write; zero: 50 ms.
	Timeout time.Duration
	// Log gets one line when Redis is given up and one when it is back; nil:
	// slog.Default.
	Log *slog.Logger
	// Hearing says whether, and which, values may be believed; nil: all. Each value
	// says how much its writer had heard.
	Hearing tenancy.Hearing
	// Now is the clock; nil: time.Now. Its monotonic reading is what counts.
	Now func() time.Time
	// Random returns a number in [0, 1) to spread expiry by; nil: math/rand.
	Random func() float64
	// FillWithoutLease writes answers whether or not their lease still stands. It
	// breaks the cache, for tests of what has to notice.
	FillWithoutLease bool
}

// RedisStats counts what the Redis layer has done since it was made.
type RedisStats struct {
	Hits    uint64 // answered by Redis
	Misses  uint64 // Redis had no valid answer
	Garbled uint64 // found under our keys, not written by us for that key; replaced
	Faults  uint64 // operations that failed
	Skipped uint64 // look-ups that did not ask Redis: breaker open, or not trusted
	Breaker string // "closed", "half-open" or "open"
	Trusted bool   // false while Redis may hold what was invalidated
}

// Redis answers memberships from a Redis that replicas share.
//
// Three keys serve a look-up, each by a command of its own, so that it works on
// Cluster as on one server: the value (or the lease of whoever is about to
// write it), and a random mark each for the user and the tenant. A value is
// valid while both marks are those it was written under. Hence a change of any
// scope is forgotten by deleting one key: the pair's, with value or lease in
// it; the user's mark; the tenant's. A mark that is gone, for whatever reason,
// is replaced by a new one and never makes an old value valid again.
//
// A miss takes the lease in the round trip that finds it, before the next layer
// is read; the value is written only where the lease still stands. So a read
// that began before an invalidation cannot write after it, in any process.
//
// Where an invalidation cannot be delivered, or a server is met whose data may
// be older than what it once confirmed, Redis is not asked until all that it
// may have held has expired. The latter every process sees for itself; of a
// change every replica that hears of it tells Redis itself.
type Redis struct {
	next    tenancy.Memberships
	client  *Client
	config  RedisConfig
	breaker *gobreaker.CircuitBreaker[struct{}]

	start    time.Time
	distrust atomic.Int64 // until that long after start
	fault    atomic.Value // string: the last one, for the log

	hits, misses, garbled, faults, skipped atomic.Uint64
}

// NewRedis returns a Redis in front of next. Whoever made the client closes it.
func NewRedis(next tenancy.Memberships, client *Client, config RedisConfig) *Redis {
	if config.Timeout <= 0 {
		config.Timeout = operationTimeout
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Random == nil {
		config.Random = rand.Float64
	}
	r := &Redis{next: next, client: client, config: config, start: config.Now()}
	r.breaker = r.newBreaker()
	return r
}

// Membership returns the membership of key as [tenancy.Memberships] has it. It
// waits for Redis twice the timeout at most, and returns the next layer's errors
// alone.
func (r *Redis) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	found, asked := r.ask(ctx, key)
	if found.hit {
		return found.membership, nil
	}
	membership, err := r.next.Membership(ctx, key)
	if err == nil && asked && found.lease != "" && r.trusted() {
		_ = r.try(ctx, func(ctx context.Context) error { return r.fill(ctx, key, membership, found) })
	}
	return membership, err
}

// ask looks into Redis, unless there is a reason not to. The sighting counts
// only if Redis is still trusted afterwards: the look-up itself may have been
// the one to connect to a server that came back with old data.
func (r *Redis) ask(ctx context.Context, key tenancy.Key) (found sighting, asked bool) {
	if !r.trusted() {
		r.skipped.Add(1)
		return sighting{}, false
	}
	err := r.try(ctx, func(ctx context.Context) (err error) {
		found, err = r.look(ctx, key)
		return err
	})
	switch {
	case err != nil:
		return sighting{}, false
	case !r.trusted():
		r.skipped.Add(1)
		return sighting{}, false
	case found.hit:
		r.hits.Add(1)
	default:
		r.misses.Add(1)
	}
	return found, true
}

// Invalidate deletes what Redis holds under the changes. It
// ignores the end of ctx, for the change is committed already. An open
// breaker does not keep it from trying: other replicas may still reach Redis
// and read there.
func (r *Redis) Invalidate(ctx context.Context, changes ...tenancy.Change) {
	if slices.ContainsFunc(changes, tenancy.Change.Everything) {
		r.distrustNow(errEverything)
	}
	for keys := range slices.Chunk(changedKeys(changes), maxDeletes) {
		if err := r.drop(ctx, keys); err != nil {
			r.faults.Add(1)
			r.distrustNow(err)
			return
		}
	}
}

// maxDeletes bounds what one operation deletes.
const maxDeletes = 500

var errEverything = errors.New("changes were missed")

func (r *Redis) drop(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.Timeout)
	defer cancel()
	pipe := r.client.Pipeline()
	for _, key := range keys {
		pipe.Del(ctx, key)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// reach is what this process has heard; see tenancy.Hearing.
func (r *Redis) reach() (base, seen uint64) {
	if r.config.Hearing == nil {
		return 0, 0
	}
	return r.config.Hearing.Reach()
}

// Stats counts since the start.
func (r *Redis) Stats() RedisStats {
	return RedisStats{
		Hits:    r.hits.Load(),
		Misses:  r.misses.Load(),
		Garbled: r.garbled.Load(),
		Faults:  r.faults.Load(),
		Skipped: r.skipped.Load(),
		Breaker: r.breaker.State().String(),
		Trusted: r.trusted(),
	}
}

var (
	_ tenancy.Memberships = (*Redis)(nil)
	_ tenancy.Invalidator = (*Redis)(nil)
)
