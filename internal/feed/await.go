package feed

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// pollAcks is for acknowledgements whose notification is lost.
	pollAcks = 100 * time.Millisecond
	// forgetAfter is how many leases a replica may be silent before it is taken off
	// the list.
	forgetAfter = 10
	maxWrites   = 1024
)

// margin is what clocks may be wrong by while a lease lasts.
func margin(lease time.Duration) time.Duration { return lease / 10 }

// writes are our own transactions that others may not have heard of, and what is
// known of those others.
type writes struct {
	mu      sync.Mutex
	pending map[uint64]time.Time
	sights  map[[16]byte]sight
	acked   chan struct{} // closed at the next acknowledgement
}

// sight is since when a replica's lease has not been renewed.
type sight struct {
	beat  int64
	since time.Time
}

func (w *writes) init() {
	w.pending, w.sights, w.acked = make(map[uint64]time.Time), make(map[[16]byte]sight), make(chan struct{})
}

func (w *writes) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.acked)
	w.acked = make(chan struct{})
}

func (w *writes) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.acked
}

// Wrote notes a transaction of ours that is about to commit, for Await.
func (f *Feed) Wrote(xid uint64) {
	f.writes.mu.Lock()
	defer f.writes.mu.Unlock()
	now := f.config.Now()
	if len(f.writes.pending) >= maxWrites {
		for old, at := range f.writes.pending {
			if now.Sub(at) > 4*f.bound() { // heard of long ago; nobody waited
				delete(f.writes.pending, old)
			}
		}
	}
	f.writes.pending[xid] = now
}

// bound is how long after a commit nobody believes what was before it: the
// longest lease of any replica, and a margin.
func (f *Feed) bound() time.Duration {
	longest := time.Duration(f.longest.Load())
	return longest + margin(longest)
}

// Await returns when no replica serves any more what a transaction of ours that
// has been noted, and has committed, took away: each has obeyed it, or has let
// its lease run out. That takes the longest lease and a margin at most, whatever
// is away. It does not end with ctx.
func (f *Feed) Await(ctx context.Context) {
	mine := f.writes.noted()
	f.await(ctx, f.config.ID, func(context.Context) ([]uint64, error) { return mine, nil })
	f.writes.done(mine)
}

// Confirm is Await for what anybody had taken away when it was called: for a
// writer that finds done what it is asked to do, and whose answer says so. Who
// did it may have ended before the others had heard. This replica counts as one
// of them, for it was not told what to forget.
func (f *Feed) Confirm(ctx context.Context) {
	f.await(ctx, [16]byte{}, f.config.Unheard)
}

// await returns when every replica but one has obeyed the transactions that what
// names, or has let its lease run out.
func (f *Feed) await(ctx context.Context, but [16]byte, what func(context.Context) ([]uint64, error)) {
	began := f.config.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.bound())
	defer cancel()
	var xids []uint64
	err := errUnasked
	for ctx.Err() == nil {
		acked := f.writes.next()
		if err != nil {
			xids, err = what(ctx)
		}
		if err == nil && len(xids) == 0 {
			return
		}
		if err == nil && f.everywhere(ctx, xids, but) {
			break
		}
		f.pause(ctx, acked)
	}
	f.stats.waited(f.config.Now().Sub(began), ctx.Err() != nil)
}

var errUnasked = errors.New("not asked yet")

func (f *Feed) everywhere(ctx context.Context, xids []uint64, but [16]byte) bool {
	replicas, err := f.config.Replicas(ctx)
	return err == nil && f.writes.obeyed(f.config.Now(), xids, replicas, but)
}

func (f *Feed) pause(ctx context.Context, acked <-chan struct{}) {
	poll := time.NewTimer(pollAcks)
	defer poll.Stop()
	select {
	case <-acked:
	case <-poll.C:
	case <-ctx.Done():
	}
}

func (w *writes) noted() []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var xids []uint64
	for xid := range w.pending {
		xids = append(xids, xid)
	}
	return xids
}

func (w *writes) done(xids []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, xid := range xids {
		delete(w.pending, xid)
	}
}

// obeyed reports whether every replica but one has obeyed the transactions, or has
// been silent for longer than its lease.
func (w *writes) obeyed(now time.Time, xids []uint64, replicas []tenancy.Replica, but [16]byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := true
	for _, r := range replicas {
		if r.ID == but {
			continue
		}
		if w.silence(r, now) > r.Lease+margin(r.Lease) {
			continue
		}
		for _, xid := range xids {
			all = all && r.Seen.Sees(xid)
		}
	}
	return all
}

// silence returns for how long a replica is known not to have renewed its lease,
// by our own clock.
func (w *writes) silence(r tenancy.Replica, now time.Time) time.Duration {
	last, known := w.sights[r.ID]
	if !known || last.beat != r.Beat {
		w.sights[r.ID] = sight{beat: r.Beat, since: now}
		return 0
	}
	return now.Sub(last.since)
}

// longGone returns the replicas that have been silent for so long that they are
// not coming back, and forgets those that are not listed any more.
func (w *writes) longGone(now time.Time, own [16]byte, replicas []tenancy.Replica) [][16]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := [][16]byte{}
	listed := make(map[[16]byte]bool)
	for _, r := range replicas {
		listed[r.ID] = true
		if r.ID != own && w.silence(r, now) > max(forgetAfter*r.Lease, time.Minute) {
			gone = append(gone, r.ID)
		}
	}
	for id := range w.sights {
		if !listed[id] {
			delete(w.sights, id)
		}
	}
	return gone
}
