package forward_test

import (
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// clock is a wall clock that tests move.
type clock struct{ seconds atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.seconds.Store(1_800_000_000)
	return c
}

func (c *clock) now() time.Time        { return time.Unix(c.seconds.Load(), 0) }
func (c *clock) move(by time.Duration) { c.seconds.Add(int64(by / time.Second)) }

func assertionOf(t testing.TB, f *forward.Forwarder) string {
	t.Helper()
	h := http.Header{}
	apply(t, f, h, ann())
	return h.Get("X-Tenantgate-Assertion")
}

func TestAssertionIsRenewedLongBeforeItExpires(t *testing.T) {
	t.Parallel()
	clock, signer := newClock(), newSigner(t)
	f := newForwarder(t, signer, clock.now)
	first := assertionOf(t, f)
	steps := []struct {
		by      time.Duration
		renewed bool
	}{
		{0, false}, {29 * time.Second, false}, {time.Second, true}, {29 * time.Second, false}, {time.Hour, true},
		{-time.Hour, true}, // the clock is set back: the last one is from the future
	}
	for _, step := range steps {
		clock.move(step.by)
		next := assertionOf(t, f)
		if renewed := next != first; renewed != step.renewed {
			t.Errorf("moved by %v: renewed is %v, want %v", step.by, renewed, step.renewed)
		}
		if _, err := verify(signer.JWKS(), next, clock.now().Add(30*time.Second)); err != nil {
			t.Errorf("moved by %v: 30 s later the upstream refuses it: %v", step.by, err)
		}
		first = next
	}
}

func TestNoAssertionWhereTheyAreOff(t *testing.T) {
	t.Parallel()
	h := forged()
	apply(t, newForwarder(t, nil, time.Now), h, ann())
	if got := h["X-Tenantgate-Assertion"]; got != nil {
		t.Errorf("got %q, want none", got)
	}
}

// press signs slowly: each signature says it has begun and waits to be released.
type press struct {
	begun   chan struct{}
	release chan struct{}
	count   atomic.Int32
}

func newPress(f *forward.Forwarder) *press {
	p := &press{begun: make(chan struct{}, 100), release: make(chan struct{}, 100)}
	f.SignWith(func(tenancy.Membership, time.Time) (string, error) {
		number := p.count.Add(1)
		p.begun <- struct{}{}
		<-p.release
		return strconv.Itoa(int(number)), nil
	})
	return p
}

// letGo releases all who are signing, and those who should not be.
func (p *press) letGo() {
	for range 20 {
		p.release <- struct{}{}
	}
}

// hold makes the next signature wait again.
func (p *press) hold() {
	for len(p.release) > 0 {
		<-p.release
	}
	for len(p.begun) > 0 {
		<-p.begun
	}
}

// start applies in n goroutines and returns once they have had every chance to
// get as far as they can; what they sent comes out of the channel.
func start(t *testing.T, f *forward.Forwarder, n int) <-chan string {
	t.Helper()
	sent := make(chan string, n)
	for range n {
		go func() { sent <- assertionOf(t, f) }()
	}
	for range 10_000 {
		runtime.Gosched()
	}
	return sent
}

func TestConcurrentRequestsShareOneSignature(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := newForwarder(t, nil, clock.now)
	press := newPress(f)

	first := start(t, f, 8)
	press.letGo()
	for range 8 {
		if got := <-first; got != "1" {
			t.Errorf("no assertion yet: %s went out, want 1", got)
		}
	}
	clock.move(31 * time.Second)
	press.hold()
	renewing := start(t, f, 1)
	<-press.begun
	if got := assertionOf(t, f); got != "1" {
		t.Errorf("while 1 is renewed and still good: %s went out, want 1", got)
	}
	clock.move(15 * time.Second)
	late := start(t, f, 8)
	press.letGo()
	if got := <-renewing; got != "2" {
		t.Errorf("renewed: %s went out, want 2", got)
	}
	for range 8 {
		if got := <-late; got != "2" {
			t.Errorf("while 1 is renewed and about to expire: %s went out, want 2", got)
		}
	}
	if n := press.count.Load(); n != 2 {
		t.Errorf("signed %d times, want 2", n)
	}
}

func TestFirstRequestsOfAMembershipShareOneSignature(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, nil, newClock().now)
	var count atomic.Int64
	f.SignWith(func(tenancy.Membership, time.Time) (string, error) {
		count.Add(1)
		return "signed", nil
	})
	const memberships = 300
	var wg sync.WaitGroup
	var arrived atomic.Int64
	for range 2 {
		wg.Go(func() {
			for version := int64(1); version <= memberships; version++ {
				m := ann()
				m.Version = version
				for arrived.Add(1); arrived.Load() < 2*version; {
					continue // spin, so that both miss at the same moment
				}
				if err := f.Apply(http.Header{}, m, requestID, new(forward.Stamp)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count.Load(); n != memberships {
		t.Errorf("%d memberships took %d signatures", memberships, n)
	}
}

func TestFailedSignatureForwardsNothingAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := newForwarder(t, nil, clock.now)
	fault := errors.New("the key is away")
	f.SignWith(func(tenancy.Membership, time.Time) (string, error) { return "signed", fault })
	h := forged()
	if err := f.Apply(h, ann(), requestID, new(forward.Stamp)); !errors.Is(err, fault) {
		t.Errorf("Apply: got %v, want %v", err, fault)
	}
	if diff := cmp.Diff(http.Header{"X-Request-Id": {requestID}}, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	fault = nil
	if got := assertionOf(t, f); got != "signed" {
		t.Errorf("afterwards: got %q", got)
	}
}
