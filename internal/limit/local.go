// Package limit counts how often things are done, in the memory of this process.
package limit

import (
	"context"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Local is a tenancy.Limiter that keeps one time a key, of so many keys at most.
// Who uses more keys than that makes it forget the oldest: limits that are meant
// to hold have keys that cost something, such as network addresses.
type Local struct {
	paid *otter.Cache[string, time.Time]
	now  func() time.Time
}

// NewLocal returns a Local of so many keys, at 200 bytes or so each.
func NewLocal(keys int, now func() time.Time) (*Local, error) {
	paid, err := otter.New(&otter.Options[string, time.Time]{MaximumSize: keys})
	if err != nil {
		return nil, fmt.Errorf("making a limiter: %w", err)
	}
	return &Local{paid: paid, now: now}, nil
}

// Keys returns how many keys are kept.
func (l *Local) Keys() int {
	l.paid.CleanUp()
	return l.paid.EstimatedSize()
}

// Take implements tenancy.Limiter.
func (l *Local) Take(_ context.Context, key string, limit tenancy.Limit) (wait time.Duration) {
	if limit.IsZero() {
		return 0
	}
	now := l.now()
	l.paid.Compute(key, func(paid time.Time, _ bool) (time.Time, otter.ComputeOp) {
		paid, wait = limit.Next(paid, now)
		return paid, otter.WriteOp
	})
	return wait
}

// GiveBack implements tenancy.Limiter.
func (l *Local) GiveBack(_ context.Context, key string, limit tenancy.Limit) {
	if limit.IsZero() {
		return
	}
	l.paid.Compute(key, func(paid time.Time, found bool) (time.Time, otter.ComputeOp) {
		if !found {
			return paid, otter.CancelOp
		}
		return paid.Add(-limit.Each()), otter.WriteOp
	})
}
