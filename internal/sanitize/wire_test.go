package sanitize_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// recorder is an upstream that keeps the raw bytes of what it is sent and
// answers 200, one request to a connection.
type recorder struct {
	url      *url.URL
	requests chan string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	u := &recorder{url: &url.URL{Scheme: "http", Host: listener.Addr().String()}, requests: make(chan string, 16)}
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

func (u *recorder) serve(conn net.Conn) {
	defer conn.Close()
	var raw bytes.Buffer
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw)))
	if err != nil {
		u.requests <- "unreadable: " + raw.String()
		return
	}
	io.Copy(io.Discard, r.Body)
	u.requests <- raw.String()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

// received returns what one served request has left at the upstream, or "" if
// nothing came. It may only be called when the client has its answer.
func (u *recorder) received() string {
	select {
	case raw := <-u.requests:
		return raw
	default:
		return ""
	}
}

// gate serves as the gateway does: check, strip, set, forward.
func gate(p *sanitize.Policy, u *recorder) http.Handler {
	proxy := &httputil.ReverseProxy{Director: func(r *http.Request) { //nolint:staticcheck // Rewrite would strip some of what is to be shown
		r.URL.Scheme, r.URL.Host = u.url.Scheme, u.url.Host
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, refusal := p.Check(r); refusal != nil {
			http.Error(w, refusal.Detail, refusal.Status)
			return
		}
		r = r.WithContext(r.Context())
		p.Strip(r, func(sanitize.Reason, int) {})
		r.Header["X-Tenant-Id"] = []string{"ours"}
		proxy.ServeHTTP(w, r)
	})
}

// exchange writes raw bytes to a server and returns the status of the answer.
func exchange(t *testing.T, addr, raw string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("answer to %q: %v", raw, err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestOnTheWire(t *testing.T) {
	t.Parallel()
	const rest = " HTTP/1.1\r\nHost: example.com\r\n"
	for _, tc := range []struct {
		name, raw string
		status    int
		line      string   // the request line at the upstream; "": nothing arrives
		never     []string // what must not stand anywhere in it, in lower case
	}{
		{"plain", "GET /a?b" + rest + "\r\n", 200, "GET /a?b HTTP/1.1", nil},
		{"escapes", "GET /%61%2B" + rest + "\r\n", 200, "GET /a+ HTTP/1.1", nil},
		{"absolute form", "GET http://Example.com./a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200, "GET /a HTTP/1.1", []string{"evil", "example.com."}},
		{"forged names", "GET /" + rest + "X-Tenant-ID: evil\r\nX_Tenant_ID: evil\r\nX.Tenant!ID: evil\r\nX-User-ID: evil\r\n\r\n", 200, "GET / HTTP/1.1", []string{"evil"}},
		{"Connection names ours", "GET /" + rest + "Connection: close, X-Tenant-ID\r\n\r\n", 200, "GET / HTTP/1.1", nil},
		{"h2c upgrade", "GET /" + rest + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", 200, "GET / HTTP/1.1", []string{"upgrade", "h2c", "http2"}},
		{"announced trailer", "POST /" + rest + "Transfer-Encoding: chunked\r\nTrailer: X-Tenant-ID\r\n\r\n1\r\na\r\n0\r\nX-Tenant-ID: evil\r\n\r\n", 200, "POST / HTTP/1.1", []string{"evil", "trailer"}},
		{"obs-fold", "GET /" + rest + "A: b\r\n X-Tenant-ID: evil\r\n\r\n", 200, "GET / HTTP/1.1", []string{"\nx-tenant-id: evil", "\n x-tenant-id"}},

		{"CONNECT", "CONNECT example.com:80" + rest + "\r\n", 405, "", nil},
		{"CONNECT path", "CONNECT /a" + rest + "\r\n", 405, "", nil},
		{"opaque", "GET foo:bar" + rest + "\r\n", 400, "", nil},
		{"dots", "GET /a/%2e%2e/b" + rest + "\r\n", 400, "", nil},
		{"slashes", "GET //evil.example/" + rest + "\r\n", 400, "", nil},
		{"encoded slash", "GET /a%2fb" + rest + "\r\n", 400, "", nil},
		{"NUL", "GET /a\x00b" + rest + "\r\n", 400, "", nil},
		{"fragment", "GET /a#b" + rest + "\r\n", 400, "", nil},
		{"comma host", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400, "", nil},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, "", nil},
		{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "", nil},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "", nil},
		{"two credentials", "GET /" + rest + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			upstream := newRecorder(t)
			server := httptest.NewServer(gate(strict, upstream))
			defer server.Close()

			status := exchange(t, server.Listener.Addr().String(), tc.raw)
			got := upstream.received()
			if line, _, _ := strings.Cut(got, "\r\n"); status != tc.status || line != tc.line {
				t.Fatalf("status %d, upstream got %q; want %d and %q", status, line, tc.status, tc.line)
			}
			if n := strings.Count(got, "X-Tenant-Id: ours\r\n"); tc.line != "" && n != 1 {
				t.Errorf("our header arrived %d times, want once:\n%s", n, got)
			}
			for _, forbidden := range tc.never {
				if strings.Contains(strings.ToLower(got), forbidden) {
					t.Errorf("%q arrived:\n%s", forbidden, got)
				}
			}
		})
	}
}

// trailing forwards trailers as Caddy's reverse_proxy does: it copies them from
// the request that it was handed when that request's body has ended.
type trailing struct {
	io.ReadCloser
	from *http.Request
	to   http.Header
}

func (b trailing) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		maps.Copy(b.to, b.from.Trailer)
	}
	return n, err
}

func forwardTrailers(w http.ResponseWriter, r *http.Request, u *recorder) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", u.url.Scheme, u.url.Host
	out.Trailer, out.ContentLength = http.Header{}, -1
	out.Body = trailing{r.Body, r, out.Trailer}
	response, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	response.Body.Close()
	w.WriteHeader(response.StatusCode)
}

func TestNoTrailerArrives(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, stripping := range []bool{true, false} {
			t.Run(fmt.Sprint(protocol, " stripping ", stripping), func(t *testing.T) {
				t.Parallel()
				upstream := newRecorder(t)
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r = r.WithContext(r.Context())
					if stripping {
						strict.Strip(r, func(sanitize.Reason, int) {})
					}
					forwardTrailers(w, r, upstream)
				}))
				server.EnableHTTP2 = protocol == "HTTP/2.0"
				server.StartTLS()
				defer server.Close()

				sendTrailer(t, server, protocol)
				got := upstream.received()
				// Without Strip the trailer must arrive, or this test shows nothing.
				if arrived := strings.Contains(got, "X-Tenant-Id: evil"); arrived == stripping {
					t.Errorf("trailer arrived: %t, want %t; upstream got\n%s", arrived, !stripping, got)
				}
				if !strings.Contains(got, "body") {
					t.Errorf("the body did not arrive:\n%s", got)
				}
			})
		}
	}
}

func sendTrailer(t *testing.T, server *httptest.Server, protocol string) {
	t.Helper()
	// A body of unknown length, so that it is chunked.
	request, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, io.MultiReader(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	request.Trailer = http.Header{"X-Tenant-Id": {"evil"}}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.Proto != protocol || response.StatusCode != 200 {
		t.Fatalf("%s %d, want %s 200", response.Proto, response.StatusCode, protocol)
	}
}

// A trailer that was not announced lands in the server's own request, which is
// why Strip is given a copy.
func TestNoUnannouncedTrailerArrives(t *testing.T) {
	t.Parallel()
	upstream := newRecorder(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context())
		strict.Strip(r, func(sanitize.Reason, int) {})
		forwardTrailers(w, r, upstream)
	}))
	defer server.Close()
	status := exchange(t, server.Listener.Addr().String(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Tenant-ID: evil\r\n\r\n")
	if got := upstream.received(); status != 200 || got == "" || strings.Contains(got, "evil") {
		t.Errorf("status %d, upstream got\n%s", status, got)
	}
}

// request sends one HTTP/2 request of exactly these fields, without the
// niceties of a client, and returns the status, or 0 where the stream is reset.
func request(t *testing.T, server *httptest.Server, fields ...string) int {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(context.Background(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.WriteSettings()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("reading the answer to %q: %v", fields, err)
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			status := 0
			fmt.Sscan(frame.PseudoValue("status"), &status)
			return status
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return 0
		}
	}
}

func TestOnTheWireHTTP2(t *testing.T) {
	t.Parallel()
	get := func(path string, more ...string) []string {
		return append([]string{":method", "GET", ":scheme", "https", ":authority", "example.com", ":path", path}, more...)
	}
	for _, tc := range []struct {
		name   string
		fields []string
		served bool
		never  []string
	}{
		{"plain", get("/a"), true, nil},
		{"forged names", get("/a", "x_tenant_id", "evil", "x-tenant-id", "evil", "x!user~id", "evil"), true, []string{"evil"}},
		{"same host twice", get("/a", "host", "example.com"), true, nil},
		{"two hosts", get("/a", "host", "evil.example"), false, nil},
		{"comma authority", []string{":method", "GET", ":scheme", "https", ":authority", "a,b", ":path", "/"}, false, nil},
		{"space in path", get("/a b"), false, nil},
		{"version in query", get("/a?b HTTP/1.1"), false, nil},
		{"absolute path", get("https://evil.example/a"), false, nil},
		{"relative path", get("a"), false, nil},
		{"star", get("*"), false, nil},
		{"dots", get("/a/.%2E/b"), false, nil},
		{"CONNECT", []string{":method", "CONNECT", ":authority", "example.com:80"}, false, nil},
		{"extended CONNECT", []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a", ":path", "/"}, false, nil},
		{"Connection", get("/a", "connection", "x-tenant-id"), false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			upstream := newRecorder(t)
			server := httptest.NewUnstartedServer(gate(strict, upstream))
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()

			status := request(t, server, tc.fields...)
			got := upstream.received()
			if (status == 200) != tc.served || (got != "") != tc.served {
				t.Fatalf("status %d, upstream got %q; want served: %t", status, got, tc.served)
			}
			if n := strings.Count(got, "X-Tenant-Id: ours\r\n"); tc.served && n != 1 {
				t.Errorf("our header arrived %d times, want once:\n%s", n, got)
			}
			for _, forbidden := range tc.never {
				if strings.Contains(strings.ToLower(got), forbidden) {
					t.Errorf("%q arrived:\n%s", forbidden, got)
				}
			}
		})
	}
}
