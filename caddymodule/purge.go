package caddymodule

import (
	"context"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
)

// purgeInterval is how often a replica looks for tenants to purge, and for
// idempotency keys whose time is over.
const purgeInterval = time.Hour

// A purger erases, in the background, what was deleted long enough ago.
type purger struct {
	cancel context.CancelFunc
	loops  sync.WaitGroup
}

func startPurger(b *backend) *purger {
	ctx, cancel := context.WithCancel(context.Background())
	p := &purger{cancel: cancel}
	service := manage.New(b.Store)
	service.Caches, service.Log = b, lastingLog()
	p.loops.Go(func() { service.PurgeEvery(ctx, purgeInterval) })
	p.loops.Go(func() { sweepEvery(ctx, b, purgeInterval) })
	return p
}

// sweepEvery deletes idempotency keys whose time is over, until ctx ends. What
// goes wrong is tried again the next time.
func sweepEvery(ctx context.Context, b *backend, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if _, err := b.Store.SweepOutcomes(ctx); err != nil && ctx.Err() == nil {
			lastingLog().WarnContext(ctx, "sweeping idempotency keys", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// stop waits until nothing is under way.
func (p *purger) stop() {
	if p != nil {
		p.cancel()
		p.loops.Wait()
	}
}
