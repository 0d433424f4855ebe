package feed

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	beatsPerLease = 4
	retryAfter    = 200 * time.Millisecond
	tidyEvery     = 30 * time.Second
)

// Session is a connection to the database on which a replica hears of changes;
// postgres.Listener is one. An error of any method ends it.
type Session interface {
	Origin() string
	Announce(ctx context.Context, r tenancy.Replica) error
	Read(ctx context.Context, id [16]byte, obeyed, since tenancy.Snapshot) (tenancy.Reading, error)
	Acknowledge(ctx context.Context, id [16]byte, obeyed tenancy.Snapshot) error
	Wait(ctx context.Context) (changes bool, err error)
	Tidy(ctx context.Context, gone [][16]byte) error
	Leave(ctx context.Context, id [16]byte)
	Close(ctx context.Context)
}

// Config is what a Feed works with. All fields but Log and Now are required.
type Config struct {
	ID    [16]byte
	Name  string        // tells people which replica it is
	Lease time.Duration // how long what is remembered is believed without hearing
	// Dial opens a session.
	Dial func(ctx context.Context) (Session, error)
	// Replicas lists the replicas that run, over any connection.
	Replicas func(ctx context.Context) ([]tenancy.Replica, error)
	// Unheard lists the transactions that have committed changes which a replica
	// has not acknowledged, over any connection.
	Unheard func(ctx context.Context) ([]uint64, error)
	// Obey makes the caches forget. Changes are acknowledged when it and every
	// listener have returned.
	Obey func(ctx context.Context, changes ...tenancy.Change)
	Log  *slog.Logger     // nil: slog.Default
	Now  func() time.Time // nil: time.Now; its monotonic reading is what counts
}

// Feed is a replica's end of the change feed. It is safe for concurrent use.
type Feed struct {
	config Config
	start  time.Time

	until   atomic.Int64 // nanoseconds since start: the end of the lease
	base    atomic.Uint64
	seen    atomic.Uint64
	longest atomic.Int64 // the longest lease of any replica

	listeners struct {
		sync.RWMutex
		list []tenancy.Invalidator
	}
	writes writes
	stats  counts

	end  context.CancelFunc
	done chan struct{}

	// Of the loop alone.
	origin string
	heard  tenancy.Snapshot // read
	obeyed tenancy.Snapshot // read and obeyed
	tidied time.Time
}

// New returns a Feed that hears nothing yet, so that nothing is believed.
func New(config Config) *Feed {
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	f := &Feed{config: config, start: config.Now(), done: make(chan struct{})}
	f.until.Store(-1)
	f.longest.Store(int64(config.Lease))
	f.writes.init()
	f.tidied = f.start
	return f
}

// Start opens the first session, whose failure is returned, and hears until
// Close. Sessions that are lost are opened anew.
func (f *Feed) Start(ctx context.Context) error {
	session, err := f.config.Dial(ctx)
	if err != nil {
		return err
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	f.end = end
	go f.run(run, session)
	return nil
}

// Close ends hearing. From then on nothing that is remembered is believed.
func (f *Feed) Close() {
	f.until.Store(-1)
	if f.end != nil {
		f.end()
		<-f.done
	}
}

// Listen has l told of every change, after the caches have forgotten and before
// the change is acknowledged. What it does is waited for, so it must be quick.
func (f *Feed) Listen(l tenancy.Invalidator) {
	f.listeners.Lock()
	defer f.listeners.Unlock()
	f.listeners.list = append(f.listeners.list, l)
}

// Obey has caches and listeners obey changes, in this replica.
func (f *Feed) Obey(ctx context.Context, changes ...tenancy.Change) {
	f.config.Obey(ctx, changes...)
	f.listeners.RLock()
	defer f.listeners.RUnlock()
	for _, l := range f.listeners.list {
		l.Invalidate(ctx, changes...)
	}
}

// Lapsed implements [tenancy.Hearing].
func (f *Feed) Lapsed(now time.Time) time.Duration {
	until := f.until.Load()
	since := int64(now.Sub(f.start))
	if since < until {
		return 0
	}
	return time.Duration(max(1, since-max(until, 0)))
}

// Reach implements [tenancy.Hearing].
func (f *Feed) Reach() (base, seen uint64) { return f.base.Load(), f.seen.Load() }

// run hears on one session after the other.
func (f *Feed) run(ctx context.Context, session Session) {
	defer close(f.done)
	for ctx.Err() == nil {
		err := f.hear(ctx, session)
		useful := f.stats.connected.Swap(false)
		f.leave(ctx, session)
		if ctx.Err() != nil {
			return
		}
		f.config.Log.Warn("the change feed is lost, connecting anew", "error", err)
		if session = f.redial(ctx, useful); session == nil {
			return
		}
		f.stats.reconnects.Add(1)
		f.config.Log.Info("the change feed is back")
	}
}

// leave closes a session. Only at the end is the replica taken off the list, when
// it believes nothing any more: writers do not wait for who is not listed.
func (f *Feed) leave(ctx context.Context, session Session) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if ctx.Err() != nil {
		f.until.Store(-1)
		session.Leave(closing, f.config.ID)
	}
	session.Close(closing)
}

// redial returns the next session, or nil where ctx ends first. It begins at
// once only where the last session was of use.
func (f *Feed) redial(ctx context.Context, atOnce bool) Session {
	retry := time.NewTicker(retryAfter)
	defer retry.Stop()
	for ; ; atOnce = true {
		if atOnce {
			dialing, cancel := context.WithTimeout(ctx, f.patience())
			session, err := f.config.Dial(dialing)
			cancel()
			if err == nil {
				return session
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-retry.C:
		}
	}
}

var errForgotten = errors.New("the replica was taken off the list")

// hear goes round until the session is lost.
func (f *Feed) hear(ctx context.Context, session Session) error {
	if f.origin != "" && f.origin != session.Origin() {
		f.heard, f.obeyed = tenancy.Snapshot{}, tenancy.Snapshot{}
		f.until.Store(-1)
		f.Obey(ctx, tenancy.Change{})
	}
	f.origin = session.Origin()
	announced := false
	for {
		next, err := f.round(ctx, session, announced)
		if err != nil {
			return err
		}
		f.stats.connected.Store(true)
		announced = next == again
		if announced {
			continue
		}
		if err := f.listen(ctx, session); err != nil {
			return err
		}
	}
}

type step int

const (
	settled step = iota
	again        // announced only now: read once more before anything is believed
)

// round reads, has obeyed, believes, acknowledges.
func (f *Feed) round(ctx context.Context, session Session, announced bool) (step, error) {
	ctx, cancel := context.WithTimeout(ctx, f.patience())
	defer cancel()
	if !announced && f.Lapsed(f.config.Now()) > 0 {
		if err := f.announce(ctx, session); err != nil {
			return settled, err
		}
		announced = true
	}
	began := f.config.Now()
	reading, err := session.Read(ctx, f.config.ID, f.obeyed, f.heard)
	if err != nil {
		return settled, err
	}
	arrived := f.config.Now()
	if !reading.Renewed {
		f.until.Store(-1)
		return settled, errForgotten
	}
	first := f.heard.IsZero()
	f.obey(ctx, reading)
	if !announced && f.Lapsed(arrived) > 0 {
		// It ran out while the statement was under way: somebody may have counted us
		// as gone, and not waited.
		return again, f.announce(ctx, session)
	}
	f.until.Store(int64(began.Add(f.config.Lease).Sub(f.start)))
	f.stats.read(began)
	if first || len(reading.Changes) > 0 || announced {
		return settled, session.Acknowledge(ctx, f.config.ID, f.obeyed)
	}
	return settled, nil
}

// patience bounds what a session may take for one thing.
func (f *Feed) patience() time.Duration { return min(max(f.config.Lease, time.Second), 5*time.Second) }

func (f *Feed) announce(ctx context.Context, session Session) error {
	return session.Announce(ctx, tenancy.Replica{ID: f.config.ID, Name: f.config.Name, Lease: f.config.Lease})
}

// obey has a reading obeyed. Where changes may have been missed, everything is
// forgotten, and what Redis holds from before is not believed.
func (f *Feed) obey(ctx context.Context, reading tenancy.Reading) {
	changes := reading.Changes
	if f.heard.IsZero() {
		f.base.Store(reading.Pruned)
	}
	if missed := !f.heard.IsZero() && (reading.Pruned > f.heard.Min || reading.Seen.Max < f.heard.Max); missed || reading.Truncated {
		f.base.Store(max(reading.Pruned, reading.Seen.Min))
		changes = []tenancy.Change{{}}
	}
	f.heard = reading.Seen
	if len(changes) > 0 {
		f.Obey(ctx, changes...)
		f.stats.changes.Add(uint64(len(changes)))
	}
	f.obeyed = reading.Seen
	f.seen.Store(reading.Seen.Min)
	f.longest.Store(max(int64(reading.Longest), int64(f.config.Lease)))
}

// listen waits until there is something to read, or it is time to renew the
// lease. Meanwhile acknowledgements wake whoever waits for them.
func (f *Feed) listen(ctx context.Context, session Session) error {
	if now := f.config.Now(); now.Sub(f.tidied) > tidyEvery {
		f.tidied = now
		if err := f.tidy(ctx, session); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, f.config.Lease/beatsPerLease)
	defer cancel()
	for {
		changes, err := session.Wait(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case changes:
			return nil
		}
		f.writes.wake()
	}
}

func (f *Feed) tidy(ctx context.Context, session Session) error {
	ctx, cancel := context.WithTimeout(ctx, f.patience())
	defer cancel()
	replicas, err := f.config.Replicas(ctx)
	if err != nil {
		return nil // it is for later; the session says for itself whether it lives
	}
	return session.Tidy(ctx, f.writes.longGone(f.config.Now(), f.config.ID, replicas))
}

var _ tenancy.Hearing = (*Feed)(nil)
