package caddymodule

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
)

// purgeInterval is how often a replica looks for tenants to purge.
const purgeInterval = time.Hour

// A purger erases, in the background, what was deleted long enough ago.
type purger struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func startPurger(b *backend) *purger {
	ctx, cancel := context.WithCancel(context.Background())
	p := &purger{cancel: cancel, done: make(chan struct{})}
	service := manage.New(b.Store)
	service.Caches, service.Log = b, lastingLog()
	go func() {
		defer close(p.done)
		service.PurgeEvery(ctx, purgeInterval)
	}()
	return p
}

// stop waits until nothing is under way.
func (p *purger) stop() {
	if p != nil {
		p.cancel()
		<-p.done
	}
}
