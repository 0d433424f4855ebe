package attack_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// upstream stands behind a gateway and keeps what arrives.
type upstream struct {
	url    string  // "http://127.0.0.1:port"
	claims []field // what its answers say besides the body

	mu   sync.Mutex
	seen []arrival
}

// take returns what has arrived since the last call.
func (u *upstream) take() []arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

func (u *upstream) keep(a arrival) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, a)
}

// claimed is what upstreams say of things they have no say in; evilFields are the
// header lines they say it in.
const claimed = "upstream-says"

var evilFields = []field{
	{"X-Tenant-ID", claimed},
	{"x-request-id", claimed},
	{"X-Tenantgate-Assertion", claimed},
	{"X-Tenantgate-Other", claimed},
	{"Access-Control-Allow-Origin", "https://evil.example"},
	{"Access-Control-Allow-Credentials", "true"},
}

// echo is the body of every answer: a client that is handed another's answer
// can tell.
func echo(a arrival) string {
	joined, _ := a.environ()
	return fmt.Sprintf("%s %s tenant=%s user=%s\n", a.method, a.target, joined["HTTP_X_TENANT_ID"], joined["HTTP_X_USER_ID"])
}

func listen(t testing.TB) (*upstream, net.Listener) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return &upstream{url: "http://" + listener.Addr().String(), claims: evilFields}, listener
}

// startKeepAlive starts net/http's own server. It answers CONNECT with 405 and
// keeps the connection, as every Go service does that routes by path: what
// follows on the connection is read as the next request.
func startKeepAlive(t testing.TB) *upstream {
	t.Helper()
	u, listener := listen(t)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, tapKey{}, conn)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return // broken off: it has not arrived
			}
			a := r.Context().Value(tapKey{}).(*tap).next()
			a.method, a.target = r.Method, r.RequestURI // as net/http sees them
			u.keep(a)
			for _, f := range u.claims {
				w.Header().Add(f.name, f.value)
			}
			if r.Method == http.MethodConnect {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
			_, _ = io.WriteString(w, echo(a))
		}),
	}
	t.Cleanup(func() { server.Close() })
	go func() { _ = server.Serve(tapping{listener}) }()
	return u
}

type tapKey struct{}

// tapping has every connection record what is read from it.
type tapping struct{ net.Listener }

// Accept returns a *tap.
func (l tapping) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tap{Conn: conn}, nil
}

type tap struct {
	net.Conn
	mu  sync.Mutex
	raw bytes.Buffer
}

// Read keeps what it returns.
func (c *tap) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(p[:n])
	return n, err
}

// next cuts one request from what was read.
func (c *tap) next() arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	reader := bufio.NewReader(bytes.NewReader(bytes.Clone(c.raw.Bytes())))
	before := c.raw.Len()
	a, err := readArrival(reader)
	if err != nil {
		a.raw = c.raw.String() // net/http has read it otherwise; the bytes tell
		c.raw.Reset()
		return a
	}
	rest, _ := io.Copy(io.Discard, reader)
	a.raw = string(c.raw.Next(before - int(rest)))
	return a
}

// startSwitching starts an upstream that agrees to whatever Upgrade asks for,
// and takes CONNECT for one too. After that it records bytes.
func startSwitching(t testing.TB) *upstream {
	t.Helper()
	return serveRaw(t, func(a arrival) string {
		switch {
		case a.method == http.MethodConnect:
			return "HTTP/1.1 200 OK\r\n\r\n"
		case len(a.values("Upgrade")) > 0:
			return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + a.values("Upgrade")[0] + "\r\n" +
				websocketAccept(a) + "\r\n"
		}
		return ""
	})
}

// startFolding starts an upstream that reads as leniently as readArrival.
func startFolding(t testing.TB) *upstream {
	t.Helper()
	return serveRaw(t, func(arrival) string { return "" })
}

// serveRaw starts an upstream that reads with readArrival. Where switches
// returns an answer, the connection is a tunnel from then on.
func serveRaw(t testing.TB, switches func(arrival) string) *upstream {
	t.Helper()
	return serveEach(t, func(u *upstream, conn net.Conn) { u.converse(conn, switches) })
}

// serveEach starts an upstream whose connections are each served by serve, and
// closed afterwards.
func serveEach(t testing.TB, serve func(*upstream, net.Conn)) *upstream {
	t.Helper()
	u, listener := listen(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(u, conn)
			}()
		}
	}()
	return u
}

func (u *upstream) converse(conn net.Conn, switches func(arrival) string) {
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(conn, &raw))
	for {
		a, err := readArrival(reader)
		if err != nil {
			return // what was broken off has not arrived
		}
		// What the reader has taken but not used belongs to the next request.
		a.raw = string(raw.Next(raw.Len() - reader.Buffered()))
		u.keep(a)
		if opening := switches(a); opening != "" {
			u.tunnel(conn, reader, opening)
			return
		}
		if _, err := io.WriteString(conn, u.ordinary(a)); err != nil {
			return
		}
	}
}

// tunnel records each piece of data, and sends it back.
func (u *upstream) tunnel(conn net.Conn, reader io.Reader, opening string) {
	if _, err := io.WriteString(conn, opening); err != nil {
		return
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := reader.Read(buffer)
		if n > 0 {
			u.keep(arrival{tunnel: true, raw: string(buffer[:n])})
			_, _ = conn.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

func (u *upstream) ordinary(a arrival) string {
	var head strings.Builder
	head.WriteString("HTTP/1.1 200 OK\r\n")
	for _, f := range u.claims {
		head.WriteString(f.name + ": " + f.value + "\r\n")
	}
	body := echo(a)
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", len(body))
	if a.method == http.MethodHead {
		return head.String()
	}
	return head.String() + body
}
