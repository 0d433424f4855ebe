package gatewaytest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Upstream stands behind the gateway and keeps every byte that reaches it. It
// reads HTTP only as far as it must to answer: what it recorded is what a
// backend in any language would have seen.
type Upstream struct {
	URL string // "http://127.0.0.1:port"

	mu   sync.Mutex
	seen []Received
}

// Received is one request as it arrived.
type Received struct {
	Raw  string // request line, headers, body with its framing, trailers
	Head string // request line and headers
}

// Claimed is the X-Tenant-ID that the upstream puts on its own answers, as a
// careless one would: the gateway's must win.
const Claimed = "upstream-says"

// StartUpstream starts one on loopback; it ends with the test.
func StartUpstream(t testing.TB) *Upstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	u := &Upstream{URL: "http://" + listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go u.serve(conn)
		}
	}()
	return u
}

func (u *Upstream) serve(conn net.Conn) {
	defer conn.Close()
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(conn, &raw))
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		// What the reader has taken but not used belongs to the next request.
		used := raw.Len() - reader.Buffered()
		u.keep(string(raw.Next(used)))
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"+
			"X-Tenant-ID: "+Claimed+"\r\nVary: Accept\r\n\r\nok\n"); err != nil {
			return
		}
	}
}

func (u *Upstream) keep(raw string) {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, Received{Raw: raw, Head: head})
}

// Take returns what has arrived since the last call.
func (u *Upstream) Take() []Received {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

// Values returns the values of every header line of that name, in any case.
func (r Received) Values(name string) []string {
	var values []string
	for _, line := range strings.Split(r.Head, "\r\n")[1:] {
		if key, value, _ := strings.Cut(line, ":"); strings.EqualFold(key, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// Lines returns all lines of the request, header and trailer alike, whose name
// folds to one that starts with a prefix: what a CGI, WSGI or PHP backend would
// take for a header of that name.
func (r Received) Lines(prefix string) []string {
	var lines []string
	for _, line := range strings.Split(r.Raw, "\r\n")[1:] {
		if key, _, found := strings.Cut(line, ":"); found && strings.HasPrefix(fold(key), prefix) {
			lines = append(lines, line)
		}
	}
	return lines
}

// fold is written anew here: a test that shared the gateway's own folding would
// share its mistakes.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		default:
			return '-'
		}
	}, name)
}
