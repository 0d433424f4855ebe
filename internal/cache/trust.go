package cache

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// breakerFailures in a row open the breaker.
	breakerFailures = 5
	// breakerPause is how long an open breaker waits before it lets one try.
	breakerPause = time.Second
)

// newBreaker returns a breaker that logs where an episode begins and ends.
func (r *Redis) newBreaker() *gobreaker.CircuitBreaker[struct{}] {
	return gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:     breakerPause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed:
				r.config.Log.Warn("redis is away, asking the database instead", "error", r.fault.Load())
			case to == gobreaker.StateClosed:
				r.config.Log.Info("redis is back")
			}
		},
	})
}

// try does something in Redis, bounded and behind the breaker, so that a Redis
// that is away or hangs costs a request nothing once that is known. It goes on
// when the request ends: one that is cancelled says nothing about Redis.
func (r *Redis) try(ctx context.Context, operate func(context.Context) error) error {
	_, err := r.breaker.Execute(func() (struct{}, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.Timeout)
		defer cancel()
		err := operate(ctx)
		if err != nil {
			r.faults.Add(1)
			r.fault.Store(err.Error())
		}
		return struct{}{}, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		r.skipped.Add(1)
	}
	return err
}

// horizon is the longest that anything which is valid now, or is being written
// by a look-up under way, can stay valid in Redis. The second is for what
// servers round.
func (r *Redis) horizon() time.Duration { return r.config.TTL + leaseTime + time.Second }

// trusted reports whether Redis holds nothing that was invalidated.
func (r *Redis) trusted() bool {
	now := r.config.Now()
	if r.config.Hearing != nil && r.config.Hearing.Lapsed(now) > 0 {
		return false
	}
	return now.Sub(r.start) >= time.Duration(r.distrust.Load()) &&
		!now.Before(r.client.servers.lastTurn().Add(r.horizon()))
}

// distrustNow stops asking Redis for the horizon, because of err.
func (r *Redis) distrustNow(err error) {
	if r.trusted() {
		r.config.Log.Warn("redis could not be told of a change, asking the database until old values have expired",
			"error", err, "for", r.horizon())
	}
	until := int64(r.config.Now().Sub(r.start) + r.horizon())
	for {
		old := r.distrust.Load()
		if old >= until || r.distrust.CompareAndSwap(old, until) {
			return
		}
	}
}
