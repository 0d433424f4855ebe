package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const lease = 80 * time.Millisecond

var own = [16]byte{15: 1}

// upTo is a snapshot that sees every transaction below xid.
func upTo(t testing.TB, xid uint64) tenancy.Snapshot {
	t.Helper()
	s, valid := tenancy.ParseSnapshot(fmt.Sprintf("%d:%d:", xid, xid))
	if !valid {
		t.Fatalf("no snapshot: %d", xid)
	}
	return s
}

var errLost = errors.New("lost")

// database is what the sessions of a feed lead to.
type database struct {
	mu        sync.Mutex
	origin    string
	reading   tenancy.Reading // given once with its changes, then without
	since     []string        // of each Read
	announced int
	acked     []string
	gone      [][16]byte
	replicas  []tenancy.Replica
	unheard   func() ([]uint64, error) // nil: none
	cut       chan struct{}
}

func (d *database) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// session is one of them, lost when the database's cut is closed.
type session struct {
	*database
	cut    chan struct{}
	origin string
}

func (d *database) dial(context.Context) (feed.Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &session{d, d.cut, d.origin}, nil
}

func (d *database) list(context.Context) ([]tenancy.Replica, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.replicas), nil
}

func (d *database) listUnheard(context.Context) ([]uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unheard == nil {
		return nil, nil
	}
	return d.unheard()
}

func (s *session) Origin() string { return s.origin }

func (s *session) Announce(context.Context, tenancy.Replica) error {
	s.set(func() { s.announced++ })
	return nil
}

func (s *session) Read(_ context.Context, _ [16]byte, _, since tenancy.Snapshot) (tenancy.Reading, error) {
	select {
	case <-s.cut:
		return tenancy.Reading{}, errLost
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = append(s.since, since.String())
	r := s.reading
	r.Renewed, r.Longest = true, lease
	s.reading.Changes, s.reading.Truncated = nil, false
	return r, nil
}

func (s *session) Acknowledge(_ context.Context, _ [16]byte, obeyed tenancy.Snapshot) error {
	s.set(func() { s.acked = append(s.acked, obeyed.String()) })
	return nil
}

func (s *session) Wait(ctx context.Context) (bool, error) {
	select {
	case <-s.cut:
		return false, errLost
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (s *session) Tidy(_ context.Context, gone [][16]byte) error {
	s.set(func() { s.gone = append(s.gone, gone...) })
	return nil
}

func (s *session) Leave(context.Context, [16]byte) {}
func (s *session) Close(context.Context)           {}

// clock is a clock that tests move: what has passed, and what somebody has set
// the wall clock by.
type clock struct {
	start        time.Time
	passed, step atomic.Int64
	running      bool // real time passes too
}

func (c *clock) now() time.Time {
	at := c.start.Add(time.Duration(c.passed.Load()))
	if c.running {
		at = at.Add(time.Since(c.start))
	}
	// A Time with a monotonic reading keeps the seconds of the wall clock above the
	// lowest 30 bits of its first word; nothing exported sets one and not the other.
	wall := (*uint64)(unsafe.Pointer(&at))
	*wall += uint64(c.step.Load()) << 30
	return at
}

// obedience records what was to be forgotten.
type obedience struct {
	mu      sync.Mutex
	changes []tenancy.Change
}

func (o *obedience) obey(_ context.Context, changes ...tenancy.Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes = append(o.changes, changes...)
}

func (o *obedience) everything() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, c := range o.changes {
		if c.Everything() {
			n++
		}
	}
	return n
}

// start starts a feed on d and waits until it believes.
func start(t testing.TB, d *database, now func() time.Time) (*feed.Feed, *obedience) {
	t.Helper()
	d.cut = make(chan struct{})
	told := &obedience{}
	f := feed.New(feed.Config{
		ID: own, Name: "own", Lease: lease, Dial: d.dial, Replicas: d.list, Unheard: d.listUnheard, Obey: told.obey, Now: now, Log: slog.New(slog.DiscardHandler),
	})
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	tenancytest.Eventually(t, 10*time.Second, "it believes", func() bool { return f.Stats().Current })
	return f, told
}
