package tenancy

import (
	"context"
	"time"
)

// Limit allows Burst uses at once, and gives them back evenly over Per. The zero
// Limit allows all.
type Limit struct {
	Burst int
	Per   time.Duration
}

// IsZero reports whether the limit allows all.
func (l Limit) IsZero() bool { return l.Burst <= 0 || l.Per <= 0 }

// Each returns what one use costs in time.
func (l Limit) Each() time.Duration { return max(1, l.Per/time.Duration(l.Burst)) }

// Next is the generic cell rate algorithm (ITU-T I.371): from when all uses made
// so far are paid back (zero: none was made) to when they are after one more, and
// how long to wait before that is allowed; where it is not zero, next is as before.
func (l Limit) Next(paid, now time.Time) (next time.Time, wait time.Duration) {
	if paid.Before(now) {
		paid = now
	}
	next = paid.Add(l.Each())
	if wait = next.Sub(now) - l.Each()*time.Duration(l.Burst); wait > 0 {
		return paid, wait
	}
	return next, 0
}

// Limiter counts uses by key. Keys of different limits must differ.
type Limiter interface {
	// Take counts one use and returns zero, or returns how long to wait before one
	// is allowed. It always answers: what cannot count exactly counts as well as it can.
	Take(ctx context.Context, key string, limit Limit) (wait time.Duration)
	// GiveBack takes one use back.
	GiveBack(ctx context.Context, key string, limit Limit)
}
