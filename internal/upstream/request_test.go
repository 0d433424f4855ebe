package upstream_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

func TestTakesWhatHasNothingToWaitFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   bool
	}{
		"plain":             {func(*http.Request) {}, true},
		"no body":           {func(r *http.Request) { r.Body = http.NoBody }, true},
		"delete":            {func(r *http.Request) { r.Method = http.MethodDelete }, true},
		"te":                {func(r *http.Request) { r.Header.Set("Te", "trailers") }, true},
		"https":             {func(r *http.Request) { r.URL.Scheme = "https" }, false},
		"connect":           {func(r *http.Request) { r.Method = http.MethodConnect }, false},
		"body":              {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("")) }, false},
		"known length":      {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1 }, true},
		"longest":           {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 16384 }, true},
		"longer":            {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 16385 }, false},
		"length of nothing": {func(r *http.Request) { r.ContentLength = 1 }, false},
		"none of a length":  {func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 1 }, false},
		"unknown length":    {func(r *http.Request) { r.ContentLength = -1 }, false},
		"transfer encoding": {func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }, false},
		"trailer":           {func(r *http.Request) { r.Trailer = http.Header{"X": nil} }, false},
		"close":             {func(r *http.Request) { r.Close = true }, false},
		"cancel":            {func(r *http.Request) { r.Cancel = make(chan struct{}) }, false}, //nolint:staticcheck // http.Client's Timeout sets it
		"upgrade":           {func(r *http.Request) { r.Header["Upgrade"] = []string{"websocket"} }, false},
		"expect":            {func(r *http.Request) { r.Header["Expect"] = []string{"100-continue"} }, false},
		"connection":        {func(r *http.Request) { r.Header["Connection"] = []string{"close"} }, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://upstream.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		test.change(r)
		if got := upstream.Takes(r); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWhatWouldBreakTheMessageIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"field name with a colon":  func(r *http.Request) { r.Header["X: hunter2\r\nY"] = []string{"z"} },
		"empty field name":         func(r *http.Request) { r.Header[""] = []string{"hunter2"} },
		"line break in a value":    func(r *http.Request) { r.Header["X"] = []string{"fine", "hunter2\r\nY: z"} },
		"line feed in a value":     func(r *http.Request) { r.Header["X"] = []string{"hunter2\nY: z"} },
		"NUL in a value":           func(r *http.Request) { r.Header["X"] = []string{"hunter2\x00"} },
		"DEL in a value":           func(r *http.Request) { r.Header["X"] = []string{"hunter2\x7fhunter2"} },
		"method with a target":     func(r *http.Request) { r.Method = "GET /other HTTP/1.1" },
		"method with a line break": func(r *http.Request) { r.Method = "GET\r\nX: y" },
		"method with a tab":        func(r *http.Request) { r.Method = "GET\t" },
		"line break in the query":  func(r *http.Request) { r.URL.RawQuery = "a=\r\nX: y" },
		"no host":                  func(r *http.Request) { r.URL.Host = "" },
	} {
		f := newFar(t)
		f.used(t)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r := f.request(ctx, t, http.MethodGet, "/")
		change(r)
		res, err := f.RoundTrip(r)
		if err == nil || ctx.Err() != nil {
			t.Errorf("%s: it was sent: %v, %v", name, res, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") && !strings.Contains(name, "name") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
		if _, err := (&http.Transport{DialContext: new(net.Dialer).DialContext}).RoundTrip(r); err == nil {
			t.Errorf("%s: net/http lets it pass", name)
		}
		f.wantDials(t, 1)
	}
}

// dial is what connects.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// record returns what a round tripper writes for a request.
func record(t *testing.T, r *http.Request, tripper func(dial) http.RoundTripper) (wire, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	written := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			written <- err.Error()
			return
		}
		defer conn.Close()
		var text bytes.Buffer
		all := io.TeeReader(conn, &text)
		if r, err := http.ReadRequest(bufio.NewReader(all)); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		_, _ = io.Copy(io.Discard, all)
		written <- text.String()
	}()
	if r.GetBody != nil {
		if r.Body, err = r.GetBody(); err != nil {
			t.Fatal(err)
		}
	}
	res, err := tripper(func(ctx context.Context, network, to string) (net.Conn, error) {
		address = network + " " + to
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}).RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	_ = res.Body.Close()
	return <-written, address
}

// many returns a header of so many fields.
func many(n int) http.Header {
	h := http.Header{}
	for i := range n {
		h[fmt.Sprintf("X-%d", i*7919%n)] = []string{strings.Repeat("v", i), "second"}
	}
	return h
}

// with gives a request a body.
func with(body string, r *http.Request) *http.Request {
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	r.ContentLength = int64(len(body))
	return r
}

func TestWritesWhatNetHTTPWrites(t *testing.T) {
	t.Parallel()
	at := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, r := range []*http.Request{
		{Method: "GET", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "GET", URL: at("http://upstream.test:8080/a?b=c&d="), Header: http.Header{"User-Agent": {""}}},
		{Method: "", URL: at("http://upstream.test"), Header: http.Header{"User-Agent": {"me"}}},
		{Method: "GET", URL: at("http://127.0.0.1:80/?"), Host: "acme.test", Header: http.Header{}},
		{Method: "GET", URL: at("http://[::1]/x"), Header: http.Header{}},
		{Method: "GET", URL: at("http://[::1]:8080/x"), Host: "acme.test:443", Header: http.Header{}},
		{Method: "GET", URL: &url.URL{Scheme: "http", Host: "/run/upstream.sock", Path: "/x"}, Header: http.Header{}},
		{Method: "GET", URL: &url.URL{Scheme: "http", Host: "/run/upstream:7.sock", Path: "/x"}, Host: "acme.test", Header: http.Header{}},
		{Method: "GET", URL: at("http://upstream.test/a%2Fb/%C3%A9/ü?q=%2F&r=ü"), Header: http.Header{}},
		{Method: "GET", URL: at("http://upstream.test//a/../b;c"), Header: http.Header{}},
		{Method: "GET", URL: &url.URL{Scheme: "http", Host: "upstream.test", Path: "/a b", RawPath: "/a%20b", RawQuery: "x y"}, Header: http.Header{}},
		{Method: "GET", URL: &url.URL{Scheme: "http", Host: "upstream.test", Opaque: "//other/x"}, Header: http.Header{}},
		{Method: "GET", URL: at("http://upstream.test/"), Host: "bad host/", Header: http.Header{}},
		{Method: "GET", URL: at("http://upstream.test/"), Header: http.Header{"X": {"1", "2", " 3 "}, "Accept": {"*/*"}, "lower": {"x"}, "Empty": {""}, "Te": {"trailers"}}},
		{Method: "GET", URL: at("http://upstream.test/"), Header: http.Header{"Host": {"evil"}, "Content-Length": {"7"}, "Transfer-Encoding": {"chunked"}, "Trailer": {"X"}}},
		{Method: "POST", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "PUT", URL: at("http://upstream.test/"), Header: http.Header{}, Body: http.NoBody},
		{Method: "PATCH", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "DELETE", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "HEAD", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "OPTIONS", URL: at("http://upstream.test/"), Header: http.Header{}},
		{Method: "OPTIONS", URL: &url.URL{Scheme: "http", Host: "upstream.test", Path: "*"}, Header: http.Header{}},
		{Method: "PROPFIND", URL: at("http://upstream.test/"), Header: http.Header{"Long": {strings.Repeat("x", 10000)}}},
		{Method: "GET", URL: at("http://upstream.test/"), Host: "[fe80::1%25eth0]:80", Header: http.Header{"A": {"\tü\x80 \t"}, "User-Agent": {"  "}, "Empty": {}}},
		{Method: "GET", URL: at("http://upstream.test/"), Host: "bücher.test", Header: http.Header{"User-Agent": {}}},
		{Method: "GET", URL: at("http://upstream.test/"), Header: many(100)},
		with("hello", &http.Request{Method: "POST", URL: at("http://upstream.test/"), Header: http.Header{"Content-Type": {"text/plain"}}}),
		with("hello", &http.Request{Method: "GET", URL: at("http://upstream.test/"), Header: http.Header{"Content-Length": {"99"}}}),
		with("hello", &http.Request{Method: "DELETE", URL: at("http://upstream.test/"), Header: http.Header{}}),
		with(strings.Repeat("\r\n\x00é", 3000), &http.Request{Method: "PUT", URL: at("http://upstream.test/"), Header: many(40)}),
	} {
		if !upstream.Takes(r) {
			t.Errorf("%s %s is not taken", r.Method, r.URL)
		}
		got, gotAddress := record(t, r, func(d dial) http.RoundTripper {
			return upstream.New(upstream.Config{Dial: d})
		})
		want, wantAddress := record(t, r, func(d dial) http.RoundTripper {
			return &http.Transport{DialContext: d, DisableCompression: true}
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s: on the wire (-net/http +got):\n%s", r.Method, r.URL, diff)
		}
		if gotAddress != wantAddress {
			t.Errorf("%s %s: connects to %s, net/http to %s", r.Method, r.URL, gotAddress, wantAddress)
		}
	}
}
