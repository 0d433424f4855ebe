package attack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// For any request on any route, the protected names that reach the upstream are
// exactly ours: a hundred drawn requests for each upstream.
func TestOnlyOurNamesArrive(t *testing.T) {
	t.Parallel()
	for _, s := range startStages(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "property")
			arrived := 0
			rapid.Check(t, func(rt *rapid.T) { arrived += onlyOurs(t, rt, s) })
			if arrived < 20 {
				t.Errorf("only %d of the drawn requests arrived: nothing is shown", arrived)
			}
		})
	}
}

// onlyOurs plays one request and returns how many arrived.
func onlyOurs(t testing.TB, rt *rapid.T, s *stage) (arrived int) {
	t.Helper()
	request, guarded := drawRequest(rt)
	s.upstream.take()
	s.exchange(t, s.fill(request))
	for _, a := range s.upstream.take() {
		if a.target == fencePath {
			continue
		}
		arrived++
		if fault := forbidden(a); fault != "" {
			rt.Fatalf("%s\nsent %q\nthe upstream got\n%s", fault, request, a.raw)
		}
		want := slices.Concat(caddys, []string{"x-request-id"})
		if guarded {
			want = slices.Concat(caddys, ours)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, namesOf(a)); diff != "" {
			rt.Fatalf("protected names that arrived (-want +got):\n%s\nsent %q", diff, request)
		}
		if fault := fromBob(t, a); guarded && fault != "" {
			rt.Fatalf("%s\nsent %q", fault, request)
		}
	}
	return arrived
}

// namesOf returns the folds of the protected names of a request, each as often
// as it is there.
func namesOf(a arrival) []string {
	var names []string
	for _, f := range a.fields {
		if folded := fold(f.name); isProtected(strings.Trim(folded, "-")) {
			names = append(names, folded)
		}
	}
	slices.Sort(names)
	return names
}

// drawRequest draws a request line, credentials, fields, a body and trailers. It
// says whether the request, should it arrive, arrives as bob's.
func drawRequest(rt *rapid.T) (request string, guarded bool) {
	method := rapid.SampledFrom([]string{"GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}).Draw(rt, "method")
	path := rapid.SampledFrom([]string{
		"/api/v1/calls", "/api/v1/calls/1", "/api/v1/calls?x=y", "/assets/app.css", "/api/v1/billing/x", "/assets/app.js", "/assets/a/b", "/healthz", "/elsewhere", "/", "*", "/api/v1/tenant", "/api/v1/auth/login",
		"http://gateway.test/api/v1/calls", "/assets/../api/v1/calls", "/assets/%2e%2e/api", "/api/v1/c%61lls",
	}).Draw(rt, "path")
	version := rapid.SampledFrom([]string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.0"}).Draw(rt, "version")
	request = method + " " + path + " " + version + "\r\nHost: gateway.test\r\n"
	request += rapid.SampledFrom([]string{"{bob}", "{bob}", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nSec-Fetch-Site: same-origin\r\n", ""}).Draw(rt, "credentials")
	var said []string
	for range rapid.IntRange(0, 12).Draw(rt, "number of fields") {
		said = append(said, drawField(rt))
	}
	request += strings.Join(said, "")
	if version == "HTTP/1.0" || rapid.Bool().Draw(rt, "no body") {
		return request + "\r\n", guardedPath(path)
	}
	request += "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
	for range rapid.IntRange(0, 5).Draw(rt, "number of trailers") {
		request += drawProtected(rt) + ": evil\r\n"
	}
	return request + "\r\n", guardedPath(path)
}

func guardedPath(path string) bool { return !strings.HasPrefix(path, "/assets/") }

// drawField draws a line of the header: mostly a protected name in some
// spelling, sometimes one that steers what becomes of others.
func drawField(rt *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(rt, "kind of field") {
	case 0:
		return "Connection: " + rapid.SampledFrom([]string{"close, ", "keep-alive,", "Upgrade, ", "te, ", ""}).Draw(rt, "option") + drawProtected(rt) + "\r\n"
	case 1:
		return "Upgrade: " + rapid.SampledFrom([]string{"websocket", "h2c", "foo", "websocket, h2c"}).Draw(rt, "protocol") + "\r\n"
	case 2:
		return "Trailer: " + drawProtected(rt) + "\r\n"
	case 3:
		return rapid.StringMatching("[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,20}").Draw(rt, "name") + "-x: y\r\n"
	default:
		return drawProtected(rt) + ": evil\r\n"
	}
}

// drawProtected draws a protected name, each of its hyphens replaced by any byte
// that a name may have there, and each letter in any case.
func drawProtected(rt *rapid.T) string {
	name := []byte(rapid.SampledFrom(forgeable).Draw(rt, "protected name"))
	for i, c := range name {
		switch {
		case c == '-':
			name[i] = rapid.SampledFrom([]byte(separators+"--")).Draw(rt, "separator")
		case rapid.Bool().Draw(rt, "other case"):
			name[i] = strings.ToLower(string(c))[0]
		}
	}
	if fold(string(name)) == "x-tenant" && !strings.ContainsAny(string(name), separators) {
		return "X-Tenant-ID" // X-Tenant itself a client may send
	}
	return string(name)
}
