package token

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// A key set is fetched anew when a token needs it and it is older than this, so
	// that a key the issuer has withdrawn stops working.
	refreshInterval = 10 * time.Minute
	// After a fetch that failed, the next one waits this long.
	retryInterval = 10 * time.Second
	// Tokens with unknown kids cause fetches at this rate at most, and each kid
	// one in unknownFor. A flood of made-up kids thus asks the issuer no more than
	// that; and as each fetch brings the whole set, a rotated key still works.
	unknownInterval = 10 * time.Second
	unknownBurst    = 3
	unknownFor      = time.Minute
)

// remoteKeys is the key set of an issuer as it publishes it. It is fetched by
// the requests that need it, never in the background; requests that come while
// a fetch is under way share it.
type remoteKeys struct {
	issuer  string
	fetch   func(context.Context) ([]byte, error)
	fetched func(issuer string, err error) // told of each fetch
	changed func()                         // told when known keys are replaced
	now     func() time.Time

	current atomic.Pointer[snapshot]

	mu      sync.Mutex
	flight  chan struct{} // closed when the fetch under way is over; nil: none is
	limiter *rate.Limiter
	unknown map[string]time.Time // kids the issuer did not know, and until when not to ask again
}

// snapshot is a key set as it was fetched last. Where the last fetch failed,
// err says why, and keys are those known before: an issuer that is down takes
// nobody's access away.
type snapshot struct {
	keys      keySet
	digest    [sha256.Size]byte // of the document
	refreshAt time.Time
	err       error
}

func newRemoteKeys(issuer string, fetch func(context.Context) ([]byte, error)) *remoteKeys {
	r := &remoteKeys{
		issuer:  issuer,
		fetch:   fetch,
		limiter: rate.NewLimiter(rate.Every(unknownInterval), unknownBurst),
		unknown: make(map[string]time.Time),
	}
	r.current.Store(new(snapshot))
	return r
}

// due reports whether the set must be fetched before it is used again.
func (r *remoteKeys) due(now time.Time) bool { return !now.Before(r.current.Load().refreshAt) }

// find returns the key for kid and alg, fetching the set where that may help.
// Errors: a Refusal, or tenancy.ErrUnavailable where the issuer does not answer
// and no key is known.
func (r *remoteKeys) find(ctx context.Context, kid, alg string) (key, error) {
	// The fetch that a request joins may have begun before the issuer rotated its
	// keys, so there is a second round.
	for range 2 {
		set := r.current.Load()
		found, err := set.keys.find(kid, alg)
		now := r.now()
		if err == nil && now.Before(set.refreshAt) {
			return found, nil
		}
		flight, leads := r.takeOff(now, kid, alg)
		switch {
		case leads:
			return r.lead(ctx, flight, kid, alg)
		case flight == nil || err == nil: // a known key does not wait for others
			return r.known(kid, alg)
		}
		select {
		case <-flight:
		case <-ctx.Done():
			return key{}, fmt.Errorf("waiting for the keys of %s: %w: %w", r.issuer, tenancy.ErrUnavailable, ctx.Err())
		}
	}
	return r.known(kid, alg)
}

// known looks in the set as it is. It tells a key that does not exist from one
// that could not be looked up.
func (r *remoteKeys) known(kid, alg string) (key, error) {
	set := r.current.Load()
	found, err := set.keys.find(kid, alg)
	if set.err != nil && errors.Is(err, refusedUnknownKey) {
		err = fmt.Errorf("fetching the keys of %s: %w: %w", r.issuer, tenancy.ErrUnavailable, set.err)
	}
	return found, err
}

// takeOff returns the fetch under way, or the one that the caller must now
// carry out; nil where there is no cause for one, or none is allowed yet. It
// looks at the set again: a fetch may just have ended.
func (r *remoteKeys) takeOff(now time.Time, kid, alg string) (flight chan struct{}, leads bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil {
		return r.flight, false
	}
	if set := r.current.Load(); now.Before(set.refreshAt) {
		_, err := set.keys.find(kid, alg)
		if !errors.Is(err, refusedUnknownKey) || !r.mayAsk(kid, now) {
			return nil, false
		}
	}
	r.flight = make(chan struct{})
	return r.flight, true
}

// mayAsk reports whether an unknown kid is worth a fetch now. The caller holds
// the lock. Only kids that caused a fetch are remembered, so the rate of the
// limiter bounds the memory too.
func (r *remoteKeys) mayAsk(kid string, now time.Time) bool {
	for known, until := range r.unknown {
		if !now.Before(until) {
			delete(r.unknown, known)
		}
	}
	_, asked := r.unknown[kid]
	return !asked && r.current.Load().err == nil && r.limiter.AllowN(now, 1)
}

// lead carries out a fetch for all who wait for it, and remembers a kid that the
// issuer does not know even then.
func (r *remoteKeys) lead(ctx context.Context, flight chan struct{}, kid, alg string) (key, error) {
	r.fly(ctx, flight)
	found, err := r.known(kid, alg)
	if errors.Is(err, refusedUnknownKey) {
		r.mu.Lock()
		r.unknown[kid] = r.now().Add(unknownFor)
		r.mu.Unlock()
	}
	return found, err
}

// fly fetches the set. It ends with the time limit of the fetch and not with
// the request that leads it, for others wait too.
func (r *remoteKeys) fly(ctx context.Context, flight chan struct{}) {
	defer func() {
		r.mu.Lock()
		r.flight = nil
		r.mu.Unlock()
		close(flight)
	}()
	before := r.current.Load()
	document, err := r.fetch(context.WithoutCancel(ctx))
	next := snapshot{digest: sha256.Sum256(document)}
	if err == nil {
		next.keys, err = parseKeySet(document)
	}
	next.refreshAt = r.now().Add(refreshInterval)
	if err != nil {
		next = snapshot{keys: before.keys, digest: before.digest, err: err, refreshAt: r.now().Add(retryInterval)}
	}
	r.current.Store(&next)
	r.fetched(r.issuer, err)
	if len(before.keys) > 0 && next.digest != before.digest {
		r.changed()
	}
}
