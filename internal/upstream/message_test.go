package upstream_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http/httpguts"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

// FuzzMessage has anything for a request: it is written as http.Request.Write does
// it, or refused where that or net/http's Transport would refuse it. A line of
// header is a field, whose values are apart by NUL.
func FuzzMessage(f *testing.F) {
	f.Add("GET", "http://upstream.test/a?b=c", "acme.test", "Accept:*/*\nX-A: 1 \x002\nHost:evil\nuser-agent:me\nUser-Agent: me", "")
	f.Add("POST", "http://[fe80::1%25en0]:80/%2f;x", "", "B:\t\x80\nA:\nContent-Length:9\nTrailer:x\nTransfer-Encoding:chunked", "hello")
	f.Add("PUT", "http://u", "bücher.test:80", strings.Repeat("n", 8)+":"+strings.Repeat("v", 17)+"\x7f", "\r\n")
	f.Add("GET /other HTTP/1.1", "http://u?\x01", "a b", "A:1234567\r\nB:2", "x")
	f.Add("", "http://user:pass@u:1/?", "[::1%25eth0]", "Te:trailers\nExpect:100-continue\nhost:evil\nConnection:close, X\nX:\x00\x001", "GET / HTTP/1.1\r\n\r\n")
	f.Add("DELETE", "http:opaque?q", "xn--a", "transfer-encoding:chunked\ncontent-length:0\nA: \t\nB:\x7f2345678\nC:12345678\x7f", "0")
	f.Add("HEAD", "http://u//x\u00a0%zz", "u/x", "Content-Length:1\x002\nUser-Agent:\x00me\nCookie:a=b\x00c=d\n:x", "b")
	f.Add("OPTIONS", "http://u/*", "\u0080:80", "A:"+strings.Repeat("\u00fc", 9)+"\nB:a\r\nC:d", strings.Repeat("x", 5000))
	f.Fuzz(func(t *testing.T, method, target, host, header, body string) {
		u, err := url.Parse(target)
		if err != nil || len(body) > upstream.MaxBody {
			return
		}
		r := &http.Request{Method: method, URL: u, Host: host, Header: fieldsOf(header), Body: http.NoBody}
		if body != "" {
			with(body, r)
		}
		got, ourErr := upstream.Compose(r)
		if body != "" {
			with(body, r)
		}
		var want bytes.Buffer
		theirErr := r.Write(&want)
		switch {
		case theirErr != nil || !valid(r):
			if ourErr == nil {
				t.Errorf("%q is sent, net/http: %v", got, theirErr)
			}
		case errors.Is(ourErr, upstream.ErrLong) && want.Len() > upstream.MaxMessage: // another way is
		case ourErr != nil:
			t.Errorf("%q is refused: %v", want.String(), ourErr)
		case method == http.MethodConnect: // not taken
		default:
			if diff := cmp.Diff(want.String(), got); diff != "" {
				t.Errorf("on the wire (-net/http +got):\n%s", diff)
			}
		}
	})
}

func fieldsOf(lines string) http.Header {
	header := http.Header{}
	for line := range strings.SplitSeq(lines, "\n") {
		name, values, _ := strings.Cut(line, ":")
		header[name] = strings.Split(values, "\x00")
	}
	return header
}

// valid is what net/http's Transport looks at before it writes.
func valid(r *http.Request) bool {
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return false
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return false
			}
		}
	}
	return r.Method == "" || httpguts.ValidHeaderFieldName(r.Method)
}

// What was written last is not in the next message, however long it was.
func TestMessagesUseTheirMemoryAgain(t *testing.T) {
	t.Parallel()
	at := func(header http.Header, body string) *http.Request {
		return with(body, &http.Request{Method: http.MethodPost, URL: &url.URL{Scheme: "http", Host: "u"}, Header: header})
	}
	long := at(many(60), strings.Repeat("secret", 2000))
	for range 100 {
		if _, err := upstream.Compose(long); err != nil {
			t.Fatal(err)
		}
		long.Body, _ = long.GetBody()
		short := at(http.Header{"User-Agent": {""}, "A": {"b"}}, "hi")
		const want = "POST / HTTP/1.1\r\nHost: u\r\nContent-Length: 2\r\nA: b\r\n\r\nhi"
		if got, err := upstream.Compose(short); got != want || err != nil {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
}

func TestMemoryOfLargeRequestsIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header http.Header
		want   bool
	}{
		"usual":       {many(30), true},
		"long":        {http.Header{"A": {strings.Repeat("v", 1<<20)}}, false},
		"many fields": {many(3000), false},
		"empty ones":  {nothings(3000), false},
	} {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "u"}, Header: test.header}
		kept, fields, err := upstream.Forget(r)
		if kept != test.want || fields != 0 || err != nil && !errors.Is(err, upstream.ErrLong) {
			t.Errorf("%s: kept %v, %d fields are left, %v; want %v and none", name, kept, fields, err, test.want)
		}
	}
}

// nothings returns a header of so many fields that are not sent.
func nothings(n int) http.Header {
	h := http.Header{}
	for i := range n {
		h["X-"+strconv.Itoa(i)] = nil
	}
	return h
}

// Eight bytes at a time are looked at as one by one would be.
func TestPrintable(t *testing.T) {
	t.Parallel()
	for length := range 18 {
		for at := range length {
			for c := range 256 {
				value := strings.Repeat("~", at) + string([]byte{byte(c)}) + strings.Repeat(" ", length-at-1)
				if got, want := upstream.Printable(value), c >= ' ' && c < 0x7f; got != want {
					t.Fatalf("%q: %v, want %v", value, got, want)
				}
			}
		}
	}
}
