package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

func TestNothingIsAskedAfterTheEnd(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	p := f.used(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.ask(ctx, t, http.MethodGet, "/late").fails(t); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the context ended", err)
	}
	f.wantIdle(t, 1)
	f.serves(t, p, "second")
	f.wantDials(t, 1)
}

func TestEndWhileDialling(t *testing.T) {
	t.Parallel()
	dialling := make(chan struct{})
	f := newFar(t, func(c *upstream.Config) {
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			close(dialling)
			<-ctx.Done()
			return nil, errors.New("some words of the dialler")
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	a := f.ask(ctx, t, http.MethodGet, "/")
	<-dialling
	cancel()
	if err := a.fails(t); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the context ended", err)
	}
}

func TestEndBeforeTheHeaderHasEnded(t *testing.T) {
	t.Parallel()
	because := errors.New("because")
	for _, begun := range []string{"", "HTTP/1.1 200 OK\r\nX: y", interim(103, 1)} {
		f := newFar(t)
		first := f.used(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		a := f.ask(ctx, t, http.MethodGet, "/second")
		first.wants(t, "GET /second")
		first.says(t, begun)
		cancel(because)
		if err := a.fails(t); !errors.Is(err, because) {
			t.Errorf("after %q: %v, want the context's cause", begun, err)
		}
		first.gone(t)
		f.wantIdle(t, 0)
		f.wantDials(t, 1) // it is not sent again
	}
	f := newFar(t)
	ctx := timed{t.Context(), make(chan struct{})}
	a := f.ask(ctx, t, http.MethodGet, "/")
	f.accept(t).wants(t, "GET /")
	close(ctx.over)
	if err := a.fails(t); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that the time is over", err)
	}
}

// timed is a context whose time is over when the test says so: by a clock it could
// be before the request is on its way.
type timed struct {
	context.Context
	over chan struct{}
}

func (c timed) Done() <-chan struct{} { return c.over }

func (c timed) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestEndDuringTheBody(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"length":        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
		"chunked":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"until the end": "HTTP/1.1 200 OK\r\n\r\nhello",
	} {
		for _, read := range []bool{true, false} {
			f := newFar(t)
			ctx, cancel := context.WithCancel(t.Context())
			a := f.ask(ctx, t, http.MethodGet, "/")
			p := f.accept(t)
			p.wants(t, "GET /")
			p.says(t, answer)
			res, err := a.answer(t)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			if !read {
				cancel()
				p.gone(t) // though nobody reads
			}
			failed := make(chan error, 1)
			go func() {
				_, err := res.Body.Read(make([]byte, 1))
				failed <- err
			}()
			cancel()
			select {
			case err := <-failed:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v, want that the context ended", name, err)
				}
			case <-time.After(patience):
				t.Fatalf("%s: still reading after %v", name, patience)
			}
			if read {
				p.gone(t)
			}
			if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: reading again: %v, want the same", name, err)
			}
			f.wantIdle(t, 0)
		}
	}
}

func TestEndAfterTheAnswerIsNothingToTheConnection(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	p := f.used(t)
	for _, answer := range []string{ok("x"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"} {
		ctx, cancel := context.WithCancel(t.Context())
		a := f.ask(ctx, t, http.MethodGet, "/second")
		p.wants(t, "GET /second")
		p.says(t, answer)
		a.wants(t, "x")
		cancel()
		if err := a.res.Body.Close(); err != nil {
			t.Error(err)
		}
		f.wantIdle(t, 1)
	}
	f.serves(t, p, "third")
	f.wantDials(t, 1)
}

func TestAnswerThatEndedWithItsContextIsWhole(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	ctx, cancel := context.WithCancel(t.Context())
	a := f.ask(ctx, t, http.MethodGet, "/")
	p := f.accept(t)
	p.wants(t, "GET /")
	p.says(t, ok("hello"))
	if _, err := a.answer(t); err != nil {
		t.Fatal(err)
	}
	cancel()
	p.gone(t)
	a.wants(t, "hello") // of what had come already
	f.wantIdle(t, 0)
}

func TestBodyClosedEarlyEndsTheConnection(t *testing.T) {
	t.Parallel()
	for _, blocked := range []bool{false, true} {
		f := newFar(t)
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		p.says(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
		res, err := a.answer(t)
		if err != nil {
			t.Fatal(err)
		}
		read := make(chan error, 1)
		reading := func() {
			n, err := res.Body.Read(make([]byte, 1))
			if n != 0 || err == nil {
				err = io.EOF
			}
			read <- err
		}
		if blocked {
			go reading()
		}
		for range 2 {
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if !blocked {
			go reading()
		}
		select {
		case err := <-read:
			if errors.Is(err, io.EOF) {
				t.Errorf("reading what was closed: %v, want an error that is no end", err)
			}
		case <-time.After(patience):
			t.Fatalf("still reading what was closed after %v", patience)
		}
		p.gone(t)
		f.wantIdle(t, 0)
	}
}

func TestClosedAfterItsEndTheBodyIsDone(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	p := f.used(t)
	a := f.serves(t, p, "second")
	b := f.ask(t.Context(), t, http.MethodGet, "/third") // has the connection now
	p.wants(t, "GET /third")
	if err := a.res.Body.Close(); err != nil {
		t.Error(err)
	}
	if n, err := a.res.Body.Read(make([]byte, 9)); n != 0 || err != io.EOF {
		t.Errorf("reading an answer that ended: %d, %v", n, err)
	}
	p.says(t, ok("third"))
	b.wants(t, "third")
}

func TestErrorsOfDialAreReturnedAsTheyAre(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	f := newFar(t, func(c *upstream.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	})
	if err := f.ask(t.Context(), t, http.MethodGet, "/").fails(t); err != refused { // not wrapped
		t.Errorf("%v, want %v itself", err, refused)
	}
}

func TestTimeoutsOfTheConnectionAreTimeouts(t *testing.T) {
	t.Parallel()
	for _, begun := range []string{"", "HTTP/1.1 200 OK\r\nX: y"} {
		f := newFar(t, func(c *upstream.Config) {
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return conn, errors.Join(err, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			}
		})
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		p.says(t, begun)
		if err, is := a.fails(t).(net.Error); !is || !err.Timeout() { // as Caddy looks at it, not wrapped
			t.Errorf("after %q: %v, want a net.Error that is a timeout", begun, a.err)
		}
		p.gone(t)
	}
	f := newFar(t)
	a := f.ask(t.Context(), t, http.MethodGet, "/")
	f.accept(t).dies(t)
	if err, is := a.fails(t).(net.Error); !is || err.Timeout() {
		t.Errorf("%v, want a net.Error that is no timeout", a.err)
	}
}
