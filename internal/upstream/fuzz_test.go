package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

// parrot says the same to the first request of the next connection, and closes;
// it says "fresh" to that of the one after.
type parrot struct {
	address string
	mu      sync.Mutex
	says    [][]byte
}

var fresh = []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh")

// newParrot listens on a Unix socket, which leaves no ports behind.
func newParrot(t testing.TB) *parrot {
	p := &parrot{address: filepath.Join(t.TempDir(), "s")}
	listener, err := net.Listen("unix", p.address)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return p
}

func (p *parrot) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
		return
	}
	p.mu.Lock()
	answer := fresh
	if len(p.says) > 0 {
		answer, p.says = p.says[0], p.says[1:]
	}
	p.mu.Unlock()
	_, _ = conn.Write(answer)
}

func (p *parrot) next(answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says = [][]byte{answer}
}

func (p *parrot) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", p.address)
}

// heard is all that a caller can see of an answer.
type heard struct {
	Proto, Status   string
	Code            int
	Header          http.Header
	Length          int64
	Encoding        []string
	Close           bool
	Body            string
	Trailer         http.Header
	Failed, BodyBad bool
	err             error
}

func hear(t *testing.T, tripper http.RoundTripper, method string) (h heard) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://upstream.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := tripper.RoundTrip(r)
	if err != nil {
		return heard{Failed: true, err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return heard{
		res.Proto, res.Status, res.StatusCode, res.Header, res.ContentLength, res.TransferEncoding, res.Close,
		string(body), res.Trailer, false, err != nil, err,
	}
}

// FuzzAnswer has an upstream say anything and close: the caller sees what
// net/http's Transport shows it, and the next request has an answer of its own.
func FuzzAnswer(f *testing.F) {
	log.SetOutput(io.Discard) // net/http's, of what comes after an answer
	ours, theirs := newParrot(f), newParrot(f)
	const maxHeader = 2000
	f.Fuzz(func(t *testing.T, answer []byte, head bool) {
		method := http.MethodGet
		if head {
			method = http.MethodHead
		}
		client := upstream.New(upstream.Config{Dial: ours.dial, MaxIdle: 2, MaxHeader: maxHeader})
		defer client.Close()
		transport := &http.Transport{DialContext: theirs.dial, DisableCompression: true, MaxResponseHeaderBytes: maxHeader}
		defer transport.CloseIdleConnections()
		ours.next(answer)
		theirs.next(answer)
		got, want := hear(t, client, method), hear(t, transport, method)
		switch {
		case errors.Is(got.err, upstream.ErrSwitched) && want.Code == http.StatusSwitchingProtocols:
			// Nobody has asked for it; a Transport hands the connection over.
		case errors.Is(got.err, upstream.ErrInterim):
			// A Transport has no limit but that of the header.
		default:
			if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".err" }, cmp.Ignore())); diff != "" {
				t.Errorf("%s %q (-net/http +got):\n%s\n%v\n%v", method, answer, diff, want.err, got.err)
			}
		}
		if next := hear(t, client, http.MethodGet); next.Body != "fresh" || next.err != nil {
			t.Errorf("%s %q: the next request got %q, %v", method, answer, next.Body, next.err)
		}
	})
}
