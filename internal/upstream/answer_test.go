package upstream_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

func TestAnswersEndAsTheySay(t *testing.T) {
	t.Parallel()
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	for _, test := range []struct {
		name, method, answer string
		closes               bool // the upstream, after it
		status               int
		body                 string
		trailer              http.Header
		kept                 bool // the connection
	}{
		{"length", "GET", ok("hello"), false, 200, "hello", nil, true},
		{"nothing", "GET", ok(""), false, 200, "", nil, true},
		{"chunked", "GET", chunked + "\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", false, 200, "hello", nil, true},
		{"trailer", "GET", chunked + "Trailer: Sum\r\n\r\n2\r\nhe\r\n0\r\nSum: 7\r\n\r\n", false, 200, "he", http.Header{"Sum": {"7"}}, true},
		{"unannounced trailer", "GET", chunked + "\r\n0\r\nSum: 7\r\nSum: 8\r\n\r\n", false, 200, "", http.Header{"Sum": {"7", "8"}}, true},
		{"until the end", "GET", "HTTP/1.1 200 OK\r\n\r\nhello", true, 200, "hello", nil, false},
		{"close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", nil, false},
		{"close, empty", "GET", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", false, 200, "", nil, false},
		{"head", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 200, "", nil, true},
		{"head, chunked", "HEAD", chunked + "\r\n", false, 200, "", nil, true},
		{"head, no length", "HEAD", "HTTP/1.1 404 Not Found\r\n\r\n", false, 404, "", nil, true},
		{"head, close", "HEAD", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false, 200, "", nil, false},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", false, 204, "", nil, true},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, 304, "", nil, true},
		{"1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", nil, false},
		{"1.0 until the end", "GET", "HTTP/1.0 200 OK\r\n\r\nhello", true, 200, "hello", nil, false},
		{"1.0 kept", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", nil, true},
		{"1.0 chunked is not", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true, 200, "0\r\n\r\n", nil, false},
		{"no status of HTTP", "GET", "HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n", false, 99, "", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFar(t)
			a := f.ask(t.Context(), t, test.method, "/")
			p := f.accept(t)
			p.wants(t, test.method+" /")
			p.says(t, test.answer)
			if test.closes {
				p.Close()
			}
			a.wants(t, test.body)
			if a.res.StatusCode != test.status {
				t.Errorf("status %d, want %d", a.res.StatusCode, test.status)
			}
			if diff := cmp.Diff(test.trailer, a.res.Trailer); diff != "" {
				t.Errorf("trailer (-want +got):\n%s", diff)
			}
			if n, err := a.res.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("reading on: %d, %v", n, err)
			}
			if !test.kept {
				f.wantIdle(t, 0)
				if !test.closes {
					p.gone(t)
				}
				return
			}
			f.wantIdle(t, 1)
			a = f.ask(t.Context(), t, http.MethodGet, "/second")
			p.wants(t, "GET /second")
			p.says(t, ok("second"))
			a.wants(t, "second")
		})
	}
}

func TestWhatIsNoAnswerIsAnError(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"other protocol":    "SSH-2.0-OpenSSH_9.2\r\n",
		"no version":        "HTTP/x 200 OK\r\n\r\n",
		"no status":         "HTTP/1.1 abc\r\n\r\n",
		"long status":       "HTTP/1.1 2000 OK\r\n\r\n",
		"no field":          "HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
		"folded first":      "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
		"negative length":   "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"other encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"forbidden trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n",
		"101":               "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
	} {
		f := newFar(t)
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		p.says(t, answer)
		if err := a.fails(t); !strings.Contains(err.Error(), "asking "+f.address) || name == "101" && !errors.Is(err, upstream.ErrSwitched) {
			t.Errorf("%s: %v", name, err)
		}
		p.gone(t)
		f.wantIdle(t, 0)
	}
}

func TestTruncatedBodiesAreErrors(t *testing.T) {
	t.Parallel()
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		answer, body string
		dies         bool
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "hell", false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", false},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhell", "hell", false},
		{"HTTP/1.1 200 OK\r\n\r\nhell", "hell", true},
		{chunked, "", false},
		{chunked + "5\r\nhell", "hell", false},
		{chunked + "5\r\nhello", "hello", false},
		{chunked + "5\r\nhello\r\n", "hello", false},
		{chunked + "5\r\nhello\r\n0\r\n", "hello", false},
		{chunked + "5\r\nhello\r\n0\r\nSum: 7\r\n", "hello", false},
		{chunked + "5\r\nhello\r\nx\r\n", "hello", false},
		{chunked + "5\r\nhello!\r\n", "hello", false},
	} {
		f := newFar(t)
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		p.says(t, test.answer)
		res, err := a.answer(t)
		if err != nil {
			t.Fatal(err)
		}
		if !test.dies {
			p.CloseWrite()
		}
		got := make([]byte, len(test.body))
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != test.body {
			t.Errorf("%q: body %q, %v; want %q first", test.answer, got, err, test.body)
		}
		if test.dies { // only now: what has come is lost with it
			p.dies(t)
		}
		for range 2 {
			if n, err := res.Body.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%q: reading on: %d, %v; want an error that is no end", test.answer, n, err)
			}
		}
		f.wantIdle(t, 0)
	}
}

// interim is a response before the final one, with a field of that length.
func interim(code, length int) string {
	return fmt.Sprintf("HTTP/1.1 %d Wait\r\nLink: %s\r\n\r\n", code, strings.Repeat("x", length))
}

// traced asks with a trace that notes what it is told, and returns err.
func (f *far) traced(t *testing.T, err error) (a *asked, told *[]string) {
	t.Helper()
	told = new([]string)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
		*told = append(*told, fmt.Sprint(code, len(header.Get("Link"))))
		return err
	}})
	return f.ask(ctx, t, http.MethodGet, "/"), told
}

func TestInterimResponsesAreTold(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.MaxHeader = 200 })
	a, told := f.traced(t, nil)
	p := f.accept(t)
	p.wants(t, "GET /")
	p.says(t, interim(103, 150)+interim(100, 1)+interim(102, 2)+strings.Repeat(interim(103, 3), 5)+interim(103, 150)+ok("at last"))
	a.wants(t, "at last")
	want := []string{"103 150", "100 1", "102 2", "103 3", "103 3", "103 3", "103 3", "103 3", "103 150"}
	if diff := cmp.Diff(want, *told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	f.wantIdle(t, 1)

	a, _ = f.traced(t, nil)
	p.wants(t, "GET /")
	p.says(t, interim(103, 250))
	a.fails(t)
	p.gone(t)

	refused := errors.New("refused")
	a, _ = f.traced(t, refused)
	p = f.accept(t)
	p.wants(t, "GET /")
	p.says(t, interim(103, 1)+ok("x"))
	if err := a.fails(t); !errors.Is(err, refused) {
		t.Errorf("%v, want what the trace returned", err)
	}
	p.gone(t)
}

func TestInterimResponsesNobodyWants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ n, length, maximum int }{{5, 1, 0}, {6, 1, 0}, {2, 150, 200}, {1, 50, 200}} {
		f := newFar(t, func(c *upstream.Config) { c.MaxHeader = int64(test.maximum) })
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		p.says(t, strings.Repeat(interim(103, test.length), test.n)+ok("at last"))
		switch test.n {
		case 6:
			if err := a.fails(t); !errors.Is(err, upstream.ErrInterim) {
				t.Errorf("%v, want %v", err, upstream.ErrInterim)
			}
		case 2: // together too long
			a.fails(t)
		default:
			a.wants(t, "at last")
		}
	}
}

func TestHeaderHasALimit(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.MaxHeader = 300; c.ReadBuffer = 64 })
	for _, size := range []int{200, 400, 1 << 20} {
		a := f.ask(t.Context(), t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		body := strings.Repeat("x", 1000) // is not counted
		_, _ = io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\nX: "+strings.Repeat("y", size)+"\r\n\r\n"+body)
		if size == 200 {
			a.wants(t, body)
		} else if err := a.fails(t); !strings.Contains(err.Error(), "too large") {
			t.Errorf("%d bytes: %v, want that it is too large", size, err)
		}
		p.gone(t)
	}
}
