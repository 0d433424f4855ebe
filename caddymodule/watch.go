package caddymodule

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// watchEvery is how often a replica looks whether it still hears of changes. A
	// writer waits a tenth of a lease longer than the lease, which is about as long.
	watchEvery = 100 * time.Millisecond
	// doubtEvery is how often open streams are looked at again while it does not:
	// they are to end within a second, and nobody tells of changes.
	doubtEvery = 500 * time.Millisecond
)

// A watcher has open streams confirmed while this replica does not hear of
// changes: their requests were decided about when it did.
type watcher struct {
	hearing tenancy.Hearing
	doubt   func()
	cancel  context.CancelFunc
	done    chan struct{}
}

func startWatcher(hearing tenancy.Hearing, doubt func()) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{hearing: hearing, doubt: doubt, cancel: cancel, done: make(chan struct{})}
	go w.run(ctx)
	return w
}

func (w *watcher) run(ctx context.Context) {
	defer close(w.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var doubted time.Time // zero: it was heard since
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		switch {
		case w.hearing.Lapsed(now) == 0:
			doubted = time.Time{}
		case now.Sub(doubted) >= doubtEvery:
			doubted = now
			w.doubt()
		}
	}
}

// stop waits until it has ended.
func (w *watcher) stop() {
	if w != nil {
		w.cancel()
		<-w.done
	}
}
