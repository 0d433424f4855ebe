package sanitize_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func mustURL(target string) *url.URL {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		panic(err)
	}
	return u
}

func TestHopByHop(t *testing.T) {
	t.Parallel()
	type counts = map[sanitize.Reason]int
	for _, tc := range []struct {
		name     string
		line     string
		headers  []string
		want     http.Header
		observed counts
	}{
		{"known options", "GET / HTTP/1.1", []string{"Connection: keep-alive"}, http.Header{"Connection": {"keep-alive"}}, counts{}},
		{"nominated header", "GET / HTTP/1.1", []string{"Connection: close, X-Tenant-ID", "X-A: b"},
			http.Header{"Connection": {"close"}, "X-A": {"b"}}, counts{sanitize.ReasonConnection: 1}},
		{"only nominated", "GET / HTTP/1.1", []string{"Connection: X-Tenant-ID"}, http.Header{}, counts{sanitize.ReasonConnection: 1}},
		{"case, lines, blanks, empties", "GET / HTTP/1.1", []string{"Connection: X-TENANT-ID ,\t, CLOSE", "connection:x_user_id,Keep-Alive,,close"},
			http.Header{"Connection": {"close, keep-alive"}}, counts{sanitize.ReasonConnection: 2}},
		{"a nominated header stays", "GET / HTTP/1.1", []string{"Connection: Cookie", "Cookie: a=b"},
			http.Header{"Cookie": {"a=b"}}, counts{sanitize.ReasonConnection: 1}},
		{"Kelvin sign", "GET / HTTP/1.1", []string{"Connection: \u212Aeep-alive"}, http.Header{}, counts{sanitize.ReasonConnection: 1}},

		{"websocket", "GET /ws HTTP/1.1", []string{"Connection: keep-alive, Upgrade", "Upgrade: WebSocket"},
			http.Header{"Connection": {"keep-alive, upgrade"}, "Upgrade": {"WebSocket"}}, counts{}},
		{"websocket and nominated header", "GET /ws HTTP/1.1", []string{"Connection: Upgrade, X-Tenant-ID", "Upgrade: websocket"},
			http.Header{"Connection": {"upgrade"}, "Upgrade": {"websocket"}}, counts{sanitize.ReasonConnection: 1}},
		{"h2c", "GET / HTTP/1.1", []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"},
			http.Header{}, counts{sanitize.ReasonConnection: 1, sanitize.ReasonUpgrade: 1, sanitize.ReasonHopByHop: 1}},
		{"foreign protocol", "GET / HTTP/1.1", []string{"Connection: Upgrade, close", "Upgrade: foo"},
			http.Header{"Connection": {"close"}}, counts{sanitize.ReasonUpgrade: 1}},
		{"list of protocols", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket, h2c"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"two upgrades", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"Kelvin upgrade", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websoc\u212Aet"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"versioned", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket/13"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"upgrade without option", "GET / HTTP/1.1", []string{"Upgrade: websocket"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"option without upgrade", "GET / HTTP/1.1", []string{"Connection: upgrade"}, http.Header{}, counts{}},
		{"upgrade by POST", "POST / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"upgrade with body", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket", "Content-Length: 5"},
			http.Header{"Content-Length": {"5"}}, counts{sanitize.ReasonUpgrade: 1}},
		{"upgrade with chunks", "GET / HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: websocket", "Transfer-Encoding: chunked"},
			http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"upgrade of HTTP/1.0", "GET / HTTP/1.0", []string{"Connection: Upgrade", "Upgrade: websocket"}, http.Header{}, counts{sanitize.ReasonUpgrade: 1}},
		{"upgrade-insecure-requests", "GET / HTTP/1.1", []string{"Upgrade-Insecure-Requests: 1"}, http.Header{"Upgrade-Insecure-Requests": {"1"}}, counts{}},

		{"TE trailers", "GET / HTTP/1.1", []string{"Connection: TE", "TE: trailers"}, http.Header{"Connection": {"te"}, "Te": {"trailers"}}, counts{}},
		{"TE with codings", "GET / HTTP/1.1", []string{"Connection: te", "TE: gzip;q=0.5", "TE: deflate, Trailers"},
			http.Header{"Connection": {"te"}, "Te": {"trailers"}}, counts{}},
		{"TE codings", "GET / HTTP/1.1", []string{"Connection: te, close", "TE: gzip"}, http.Header{"Connection": {"close"}}, counts{}},
		{"hop fields", "GET / HTTP/1.1", []string{"Keep-Alive: 5", "Proxy-Connection: a", "Proxy-Authorization: b", "Proxy-Authenticate: c", "Keep_Alive: 5"},
			http.Header{}, counts{sanitize.ReasonHopByHop: 2, sanitize.ReasonName: 3}},
		{"trailer without chunks", "GET / HTTP/1.1", []string{"Trailer: X-Tenant-ID"}, http.Header{}, counts{sanitize.ReasonTrailer: 1}},
		{"announced trailers", "POST / HTTP/1.1", []string{"Transfer-Encoding: chunked", "Trailer: X-A, X-Tenant-ID"}, http.Header{}, counts{sanitize.ReasonTrailer: 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := parse(t, tc.line, tc.headers...)
			observed := strip(strict, r)
			if diff := cmp.Diff(tc.want, r.Header); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.observed, observed); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
			if r.Trailer != nil {
				t.Errorf("r.Trailer = %v, want nil", r.Trailer)
			}
		})
	}
}

func TestConnectionFieldsOfHTTP2(t *testing.T) {
	t.Parallel()
	for _, major := range []int{2, 3} {
		r := &http.Request{Method: "GET", Host: "a", RequestURI: "/", URL: mustURL("/"), ProtoMajor: major, Header: http.Header{
			"Connection": {"upgrade, keep-alive"}, "Upgrade": {"websocket"}, "Te": {"trailers"},
		}}
		strip(strict, r)
		if diff := cmp.Diff(http.Header{"Te": {"trailers"}}, r.Header); diff != "" {
			t.Errorf("HTTP/%d headers (-want +got):\n%s", major, diff)
		}
	}
}

func TestReasonsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[sanitize.Reason]bool{}
	for _, reason := range sanitize.Reasons() {
		if reason == "" || seen[reason] {
			t.Errorf("Reasons lists %q twice, or an empty one", reason)
		}
		seen[reason] = true
	}
	if len(seen) != 14 {
		t.Errorf("Reasons lists %d, want 14: a label that is not listed is not counted", len(seen))
	}
}
