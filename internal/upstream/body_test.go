package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
	"github.com/tenantgate/tenantgate/internal/upstream"
)

// sent is a request's body, whose reader the test drives.
type sent struct {
	io.Reader
	closed atomic.Bool
}

func (s *sent) Close() error {
	s.closed.Store(true)
	return nil
}

// post begins a request with a body that says it has that length.
func (f *far) post(ctx context.Context, t *testing.T, target string, body io.Reader, length int64, fields ...string) (*asked, *sent) {
	t.Helper()
	r, a, s := f.request(ctx, t, http.MethodPost, target, fields...), &asked{done: make(chan struct{})}, &sent{Reader: body}
	r.Body, r.ContentLength = s, length
	if !upstream.Takes(r) {
		t.Fatalf("POST %s with %d bytes is not taken", target, length)
	}
	go func() {
		defer close(a.done)
		a.res, a.err = f.RoundTrip(r)
	}()
	return a, s
}

// wantsBody is wants for a request with a body.
func (p *peer) wantsBody(t *testing.T, line, body string) {
	t.Helper()
	p.wants(t, line)
	got := make([]byte, len(body))
	if n, err := io.ReadFull(p.in, got); err != nil || string(got) != body {
		t.Fatalf("the upstream got the body %q, %v, want %q", got[:n], err, body)
	}
}

func TestNothingIsSentBeforeTheWholeBodyIsThere(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	waiting := f.used(t)
	body, client := io.Pipe()
	a, s := f.post(t.Context(), t, "/first", body, 10)
	write(t, client, "hello")
	f.wantIdle(t, 0)
	waiting.Close() // tired of it: a request that had begun would fail
	f.held.Range(func(conn, _ any) bool {
		tenancytest.Eventually(t, patience, "the end has arrived", func() bool { return !upstream.Quiet(conn.(net.Conn)) })
		return true
	})
	write(t, client, "world")
	_ = client.Close()
	p := f.accept(t)
	p.wantsBody(t, "POST /first", "helloworld")
	p.says(t, ok("thanks"))
	a.wants(t, "thanks")
	f.serves(t, p, "after")
	f.wantDials(t, 2)
	if !s.closed.Load() {
		t.Error("the body is not closed")
	}
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// An upstream that does not read what it is sent is heard all the same.
func TestAnswerToALongBodyThatIsNotRead(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	a, _ := f.post(t.Context(), t, "/", strings.NewReader(strings.Repeat("x", upstream.MaxBody)), upstream.MaxBody, "Long", strings.Repeat("y", 8<<10))
	p := f.accept(t)
	p.wants(t, "POST /")
	p.says(t, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlong")
	a.wants(t, "long")
}

// A longer request has another way, on which it is not written before it is read.
func TestLongMessagesAreLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, over := range []int{0, 1} {
		body := strings.NewReader(strings.Repeat("x", upstream.MaxBody))
		r := f.request(ctx, t, http.MethodPost, "/")
		r.ContentLength = upstream.MaxBody
		text, err := upstream.Compose(with(strings.Repeat("x", upstream.MaxBody), r.Clone(t.Context())))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Long", strings.Repeat("y", upstream.MaxMessage-len(text)-len("Long: \r\n")+over))
		s := &sent{Reader: body}
		r.Body = s
		if over == 1 {
			if _, err := f.RoundTrip(r); !errors.Is(err, upstream.ErrLong) || s.closed.Load() || body.Len() != upstream.MaxBody {
				t.Errorf("%v, closed %v, %d bytes are left; want ErrLong, and the body as it was", err, s.closed.Load(), body.Len())
			}
			f.wantDials(t, 1)
			continue
		}
		a := &asked{done: make(chan struct{})}
		go func() {
			defer close(a.done)
			a.res, a.err = f.RoundTrip(r)
		}()
		p := f.accept(t)
		if _, err := p.Read(make([]byte, 1)); err != nil { // and leaves the rest
			t.Fatal(err)
		}
		p.says(t, "HTTP/1.1 431 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlong")
		a.wants(t, "long")
	}
}

// The connection that was to be used is there for the next.
func TestWhatIsWrongWithABodyReachesNoUpstream(t *testing.T) {
	t.Parallel()
	limit := &http.MaxBytesError{Limit: 3}
	for name, test := range map[string]struct {
		body io.Reader
		want error // nil: any
	}{
		"too short":  {strings.NewReader("four"), io.ErrUnexpectedEOF},
		"empty":      {strings.NewReader(""), io.ErrUnexpectedEOF},
		"too long":   {strings.NewReader("sixsix"), nil},
		"limited":    {io.MultiReader(strings.NewReader("fou"), failing{limit}), limit},
		"at its end": {io.MultiReader(strings.NewReader("fives"), failing{limit}), limit},
	} {
		f := newFar(t)
		p := f.used(t)
		a, s := f.post(t.Context(), t, "/", test.body, 5)
		if err := a.fails(t); test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if !s.closed.Load() {
			t.Errorf("%s: the body is not closed", name)
		}
		f.serves(t, p, "next")
		f.wantDials(t, 1)
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

func TestEndOfTheContextWhileABodyIsRead(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	body, client := io.Pipe()
	p := f.used(t)
	a, s := f.post(ctx, t, "/", body, 5)
	write(t, client, "four")
	cancel(gone)
	_ = client.CloseWithError(errors.New("as a server does")) // whose client has gone
	if err := a.fails(t); !errors.Is(err, gone) {
		t.Errorf("%v, want why the context ended", err)
	}
	f.serves(t, p, "next")
	if !s.closed.Load() {
		t.Error("the body is not closed")
	}
}

// Who balances loads tries the next upstream then.
func TestBodyIsNotReadWhereNoConnectionCanBeMade(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	f := newFar(t, func(c *upstream.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, away }
	})
	body := strings.NewReader("hello")
	a, _ := f.post(t.Context(), t, "/", body, 5)
	if err := a.fails(t); !errors.Is(err, away) || body.Len() != 5 {
		t.Errorf("%v, and %d bytes are left of 5", err, body.Len())
	}
}

// Who balances loads must not take that for a request of which nothing is gone yet.
func TestNoConnectionAfterTheBodyWasReadIsAnotherError(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	var gone atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	ended := func() {}
	f := newFar(t, func(c *upstream.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if gone.Load() {
				ended()
				return nil, away
			}
			return dial(ctx, network, address)
		}
	})
	waiting := f.used(t)
	body, client := io.Pipe()
	a, _ := f.post(t.Context(), t, "/", body, 5)
	write(t, client, "hell")
	gone.Store(true)
	waiting.Close()
	f.held.Range(func(conn, _ any) bool {
		tenancytest.Eventually(t, patience, "the end has arrived", func() bool { return !upstream.Quiet(conn.(net.Conn)) })
		return true
	})
	write(t, client, "o")
	_ = client.Close()
	if err := a.fails(t); errors.Is(err, away) || !strings.Contains(err.Error(), "away") {
		t.Errorf("%v, want the words of the dialler and not its error", err)
	}
	f.wantDials(t, 2)
	// The end of the request is its end here, too.
	gone.Store(false)
	waiting = f.used(t)
	a, _ = f.post(ctx, t, "/", strings.NewReader("hello"), 5, "Idempotency-Key", "k")
	waiting.wantsBody(t, "POST /", "hello")
	ended = cancel
	gone.Store(true)
	waiting.dies(t)
	if err := a.fails(t); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the context ended", err)
	}
}

func TestConnectionThatCannotBeLookedAtTakesABody(t *testing.T) {
	t.Parallel()
	f := newFar(t, blindly)
	a, _ := f.post(t.Context(), t, "/", strings.NewReader("hello"), 5)
	p := f.accept(t)
	p.wantsBody(t, "POST /", "hello")
	p.says(t, ok("thanks"))
	a.wants(t, "thanks")
	p.gone(t)
	a, _ = f.post(t.Context(), t, "/", strings.NewReader("four"), 5)
	p = f.accept(t)
	a.fails(t)
	p.gone(t)
}

func TestBodyIsSentAgainWithItsRequest(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	first := f.used(t)
	a, _ := f.post(t.Context(), t, "/second", strings.NewReader("hello"), 5, "Idempotency-Key", "k")
	first.wantsBody(t, "POST /second", "hello")
	first.dies(t)
	second := f.accept(t)
	second.wantsBody(t, "POST /second", "hello")
	second.says(t, ok("once"))
	a.wants(t, "once")
}
