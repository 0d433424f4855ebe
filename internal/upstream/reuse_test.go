package upstream_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
	"github.com/tenantgate/tenantgate/internal/upstream"
)

func TestRequestsInTurnUseOneConnection(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	p := f.used(t)
	for range 3 {
		a := f.ask(t.Context(), t, http.MethodDelete, "/more")
		p.wants(t, "DELETE /more")
		p.says(t, ok("more"))
		a.wants(t, "more")
	}
	f.wantDials(t, 1)
}

func TestNoMoreThanMaxIdleAreKept(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.MaxIdle = 2 })
	var all []*asked
	var peers []*peer
	for range 4 {
		all = append(all, f.ask(t.Context(), t, http.MethodGet, "/"))
		p := f.accept(t)
		p.wants(t, "GET /")
		peers = append(peers, p)
	}
	for i, p := range peers {
		p.says(t, ok("x"))
		all[i].answer(t)
	}
	for _, a := range all {
		a.wants(t, "x") // in turn, so that the last two find the pool full
	}
	f.wantIdle(t, 2)
	gone := make(chan struct{}, len(peers))
	for _, p := range peers {
		go func() {
			_, _ = p.in.ReadByte()
			gone <- struct{}{}
		}()
	}
	for range 2 {
		<-gone
	}
	f.Close()
	for range 2 {
		<-gone
	}
}

func TestIdleConnectionsTimeOut(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.IdleTimeout = 50 * time.Millisecond })
	for range 2 { // the timer has to come again
		f.first(t).gone(t) // it may be gone as soon as it is idle
		tenancytest.Eventually(t, patience, "the pool has forgotten the address", func() bool { return f.Addresses() == 0 })
	}
}

func TestWithoutMaxIdleNoneIsKept(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.MaxIdle = 0 })
	f.first(t).gone(t)
}

func TestCloseEndsWhatIsIdleAndWhatBecomesSo(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	idle := f.used(t)
	busy := f.ask(t.Context(), t, http.MethodGet, "/busy")
	idle.wants(t, "GET /busy")
	other := f.ask(t.Context(), t, http.MethodGet, "/other")
	p := f.accept(t)
	p.wants(t, "GET /other")
	p.says(t, ok("other"))
	other.wants(t, "other")
	f.Close()
	p.gone(t)
	idle.says(t, ok("busy"))
	busy.wants(t, "busy")
	idle.gone(t)
}

func TestConnectionThatTheUpstreamClosedIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, *peer){
		"closed": func(t *testing.T, p *peer) { p.Close() },
		"half":   func(t *testing.T, p *peer) { p.CloseWrite() },
		"reset":  func(t *testing.T, p *peer) { p.dies(t) },
	} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			f := newFar(t)
			leave(t, f.used(t))
			f.disturbed(t)
			a := f.ask(t.Context(), t, method, "/second")
			p := f.accept(t)
			p.wants(t, method+" /second")
			p.says(t, ok(name))
			a.wants(t, name)
			f.wantDials(t, 2)
		}
	}
}

const unsolicited = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsomebody"

func TestUnsolicitedBytesAreNobodysAnswer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 5000) // past the buffer, and read around it
	for _, test := range []struct{ name, method, answer, body string }{
		{"length", "GET", ok("mine"), "mine"},
		{"long", "GET", ok(long), long},
		{"chunked", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n", "mine"},
		{"head", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", ""},
		{"head with a body", "HEAD", ok("mine"), ""},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", ""},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", ""},
		{"empty", "DELETE", ok(""), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFar(t)
			a := f.ask(t.Context(), t, test.method, "/first")
			first := f.accept(t)
			first.wants(t, test.method+" /first")
			first.says(t, test.answer+unsolicited)
			a.wants(t, test.body)
			a = f.ask(t.Context(), t, http.MethodGet, "/second")
			second := f.accept(t)
			second.wants(t, "GET /second")
			first.gone(t)
			second.says(t, ok("second"))
			a.wants(t, "second")
		})
	}
}

func TestBytesOnAnIdleConnectionEndIt(t *testing.T) {
	t.Parallel()
	for _, late := range []string{unsolicited, "\n", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"} {
		f := newFar(t)
		first := f.used(t)
		first.says(t, late)
		f.disturbed(t)
		a := f.ask(t.Context(), t, http.MethodDelete, "/second")
		second := f.accept(t)
		second.wants(t, "DELETE /second")
		first.gone(t)
		second.says(t, ok("second"))
		a.wants(t, "second")
	}
}

// blind hides what tells whether a connection is as it should be.
type blind struct{ net.Conn }

func blindly(c *upstream.Config) {
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return blind{conn}, err
	}
}

func TestConnectionThatCannotBeLookedAtIsNotKept(t *testing.T) {
	t.Parallel()
	f := newFar(t, blindly)
	f.first(t).gone(t)
}

func TestRequestThatCameTooLateIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace} {
		f := newFar(t)
		first := f.used(t)
		a := f.ask(t.Context(), t, method, "/second")
		first.header(t)
		first.Close()
		second := f.accept(t)
		second.header(t)
		second.says(t, "HTTP/1.1 204 No Content\r\n\r\n")
		a.wants(t, "")
	}
	f := newFar(t)
	first := f.used(t)
	a := f.ask(t.Context(), t, http.MethodPost, "/second", "Idempotency-Key", "k")
	first.wants(t, "POST /second")
	first.dies(t)
	second := f.accept(t)
	second.wants(t, "POST /second")
	second.says(t, ok("once"))
	a.wants(t, "once")
}

func TestRequestThatMayHaveBeenServedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		f := newFar(t)
		p := f.used(t)
		a := f.ask(t.Context(), t, method, "/second")
		p.wants(t, method+" /second")
		p.Close()
		a.fails(t)
		f.wantDials(t, 1)
	}
	// A new connection is not one that the upstream was about to close.
	f := newFar(t)
	a := f.ask(t.Context(), t, http.MethodGet, "/")
	p := f.accept(t)
	p.wants(t, "GET /")
	p.Close()
	a.fails(t)
	f.wantDials(t, 1)
	// Nor is a request sent again of whose answer something has come.
	f = newFar(t)
	p = f.used(t)
	a = f.ask(t.Context(), t, http.MethodGet, "/second")
	p.wants(t, "GET /second")
	p.says(t, "HTTP/1.1 20")
	p.Close()
	a.fails(t)
	f.wantDials(t, 1)
}

// stuck is a connection that takes only so much of the next request.
type stuck struct {
	*net.TCPConn
	takes *atomic.Int32 // -1: all
}

// Write fails as on a connection that was reset after it had been looked at.
func (s stuck) Write(p []byte) (int, error) {
	if n := int(s.takes.Load()); n >= 0 && len(p) > n {
		n, _ = s.TCPConn.Write(p[:n])
		s.takes.Store(-1)
		return n, syscall.EPIPE
	}
	return s.TCPConn.Write(p)
}

func TestRequestOfWhichNothingWasWrittenIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method string
		takes  int32
		again  bool
	}{{"DELETE", 0, true}, {"DELETE", 5, false}, {"GET", 0, true}, {"GET", 5, true}} {
		var takes atomic.Int32
		takes.Store(-1)
		f := newFar(t, func(c *upstream.Config) {
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return stuck{conn.(*net.TCPConn), &takes}, err
			}
		})
		f.used(t)
		takes.Store(test.takes)
		a := f.ask(t.Context(), t, test.method, "/second")
		if !test.again {
			if err := a.fails(t); !errors.Is(err, syscall.EPIPE) {
				t.Errorf("%s: %v, want why it could not be written", test.method, err)
			}
			f.wantDials(t, 1)
			continue
		}
		p := f.accept(t)
		p.wants(t, test.method+" /second")
		p.says(t, ok("second"))
		a.wants(t, "second")
	}
}
