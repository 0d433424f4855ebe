package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
	"github.com/tenantgate/tenantgate/internal/upstream"
)

// patience is how long anything may take.
const patience = 10 * time.Second

// far is an upstream that does what the test says, byte by byte, and the client
// that asks it.
type far struct {
	*upstream.Client
	address  string
	dials    atomic.Int32
	held     sync.Map // every connection, so that none is closed because it was forgotten
	listener *net.TCPListener
}

// newFar listens; configure may change how the client is made.
func newFar(t *testing.T, configure ...func(*upstream.Config)) *far {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &far{address: listener.Addr().String(), listener: listener.(*net.TCPListener)}
	config := upstream.Config{Dial: new(net.Dialer).DialContext, MaxIdle: 8, IdleTimeout: time.Hour}
	for _, change := range configure {
		change(&config)
	}
	dial := config.Dial
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		f.dials.Add(1)
		conn, err := dial(ctx, network, address)
		f.held.Store(conn, nil)
		return conn, err
	}
	f.Client = upstream.New(config)
	t.Cleanup(func() { f.Close(); listener.Close() })
	return f
}

// peer is the upstream's end of a connection.
type peer struct {
	*net.TCPConn
	in *bufio.Reader
}

// accept waits for the next connection.
func (f *far) accept(t *testing.T) *peer {
	t.Helper()
	if err := f.listener.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	conn, err := f.listener.AcceptTCP()
	if err != nil {
		t.Fatalf("waiting for a connection: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &peer{conn, bufio.NewReader(conn)}
}

// header returns that of the next request, its first line and its fields.
func (p *peer) header(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for !strings.HasSuffix(text.String(), "\r\n\r\n") {
		b, err := p.in.ReadByte()
		if err != nil {
			t.Fatalf("waiting for a request: %v after %q", err, text.String())
		}
		text.WriteByte(b)
	}
	return text.String()
}

// wants fails the test where the next request does not begin so.
func (p *peer) wants(t *testing.T, line string) {
	t.Helper()
	if got := p.header(t); !strings.HasPrefix(got, line+" HTTP/1.1\r\n") {
		t.Fatalf("the upstream got %q, want %s", got, line)
	}
}

func (p *peer) says(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		t.Fatal(err)
	}
}

// dies closes with RST, as a process that has died.
func (p *peer) dies(t *testing.T) {
	t.Helper()
	if err := errors.Join(p.SetLinger(0), p.Close()); err != nil {
		t.Fatal(err)
	}
}

// gone waits until the client has closed, having sent nothing more.
func (p *peer) gone(t *testing.T) {
	t.Helper()
	b, err := p.in.ReadByte()
	if err == nil {
		t.Errorf("the client went on with %q, want it gone", b)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client is still there after %v", patience)
	}
}

// asked is a request under way.
type asked struct {
	done chan struct{}
	res  *http.Response
	err  error
}

// request makes one without a body; fields are pairs.
func (f *far) request(ctx context.Context, t *testing.T, method, target string, fields ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+f.address+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

// ask begins a request.
func (f *far) ask(ctx context.Context, t *testing.T, method, target string, fields ...string) *asked {
	t.Helper()
	r, a := f.request(ctx, t, method, target, fields...), &asked{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.res, a.err = f.RoundTrip(r)
	}()
	return a
}

// answer waits for the header.
func (a *asked) answer(t *testing.T) (*http.Response, error) {
	t.Helper()
	select {
	case <-a.done:
	case <-time.After(patience):
		t.Fatalf("no answer after %v", patience)
	}
	return a.res, a.err
}

// body waits for the whole of an answer.
func (a *asked) body(t *testing.T) string {
	t.Helper()
	res, err := a.answer(t)
	if err != nil {
		t.Fatalf("asking: %v", err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the answer: %v after %q", err, text)
	}
	return string(text)
}

func (a *asked) wants(t *testing.T, body string) {
	t.Helper()
	if got := a.body(t); got != body {
		t.Errorf("answer %q, want %q", got, body)
	}
}

// fails returns the error, and fails the test where there is none.
func (a *asked) fails(t *testing.T) error {
	t.Helper()
	res, err := a.answer(t)
	if err == nil {
		t.Fatalf("answered %s, want an error", res.Status)
	}
	return err
}

// ok is an answer with that body.
func ok(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// first returns the upstream's end of a new connection, after one answer.
func (f *far) first(t *testing.T) *peer {
	t.Helper()
	a := f.ask(t.Context(), t, http.MethodGet, "/first")
	p := f.accept(t)
	p.wants(t, "GET /first")
	p.says(t, ok("first"))
	a.wants(t, "first")
	return p
}

// used is first of a connection that is idle then.
func (f *far) used(t *testing.T) *peer {
	t.Helper()
	p := f.first(t)
	f.wantIdle(t, 1)
	return p
}

// serves fails the test unless the next request is served on this connection.
func (f *far) serves(t *testing.T, p *peer, name string) *asked {
	t.Helper()
	a := f.ask(t.Context(), t, http.MethodGet, "/"+name)
	p.wants(t, "GET /"+name)
	p.says(t, ok(name))
	a.wants(t, name)
	return a
}

func (f *far) wantIdle(t *testing.T, want int) {
	t.Helper()
	if got := f.Idle(f.address); got != want {
		t.Errorf("%d idle connections, want %d", got, want)
	}
}

func (f *far) wantDials(t *testing.T, want int32) {
	t.Helper()
	if got := f.dials.Load(); got != want {
		t.Errorf("%d connections were made, want %d", got, want)
	}
}

// disturbed waits until what the peer did to the idle connection has arrived.
func (f *far) disturbed(t *testing.T) {
	t.Helper()
	tenancytest.Eventually(t, patience, "the idle connection has been disturbed", func() bool { return f.Disturbed(f.address) })
}
