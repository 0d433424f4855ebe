package cache_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memberships is a next layer made of a func.
type memberships func(context.Context, tenancy.Key) (tenancy.Membership, error)

func (f memberships) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	return f(ctx, key)
}

// admin is an active admin's membership of key.
func admin(key tenancy.Key) tenancy.Membership {
	return tenancy.Membership{
		Key:          key,
		TenantSlug:   "acme",
		TenantStatus: tenancy.StatusActive,
		Email:        "ada@example.com",
		UserStatus:   tenancy.StatusActive,
		Role:         tenancy.RoleAdmin,
		Status:       tenancy.StatusActive,
		Version:      7,
	}
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// never is a source of randomness that spreads nothing.
func never() float64 { return 0 }
