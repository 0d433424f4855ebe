package attack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// Whatever a client says on whatever route, the protected names that reach the
// upstream are exactly ours.
func TestFramedProtectedNamesAreExactlyOurs(t *testing.T) {
	t.Parallel()
	for _, f := range startFramed(t, foldingUpstream) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				defer results.count(t, "property (frames)")
				f.checkNames(t, rt)
			})
		})
	}
}

// routes are what a request may be, and which names it arrives with. The API and
// what is refused never arrive.
var routes = []struct {
	method, path, as string
	arrives          []string
}{
	{"GET", "/api/v1/calls", "{bob}", slices.Concat(ours, caddys)},
	{"POST", "/api/v1/calls", "{bob}", slices.Concat(ours, caddys)},
	{"POST", "/assets/app.js", "{bob}", slices.Concat([]string{"x-request-id"}, caddys)},
	{"GET", "/assets/app.js", "", slices.Concat([]string{"x-request-id"}, caddys)},
	{"GET", "/api/v1/tenant", "{bob}", nil},
	{"GET", "/api/v1/billing/invoices", "{bob}", nil},
	{"POST", "/api/v1/calls", "", nil},
}

func (f framedStage) checkNames(t testing.TB, rt *rapid.T) {
	f.upstream.take()
	route := rapid.SampledFrom(routes).Draw(rt, "route")
	m := ask(route.method, route.path)
	if route.as != "" {
		m = m.as(f.stage, route.as)
	}
	for _, name := range rapid.SliceOfN(genName, 0, 12).Draw(rt, "headers") {
		m = m.with(name, "evil")
	}
	if route.method == http.MethodPost {
		m.data = rapid.SampledFrom([]string{"", "hello"}).Draw(rt, "body")
		announce := rapid.Bool().Draw(rt, "announce")
		for _, name := range rapid.SliceOfN(genName, 0, 6).Draw(rt, "trailers") {
			m = m.ending(name, "evil")
			if announce {
				m = m.with("trailer", name)
			}
		}
	}
	if got := f.speak(t, m); got.status == 0 {
		rt.Fatalf("no answer to %+v", m)
	}
	seen := f.upstream.take()
	if want := min(len(route.arrives), 1); len(seen) != want {
		rt.Fatalf("%d requests arrived, want %d", len(seen), want)
	}
	for _, a := range seen {
		want := slices.Sorted(slices.Values(route.arrives))
		if diff := cmp.Diff(want, namesOf(a)); diff != "" {
			rt.Fatalf("protected names (-ours, +arrived):\n%s\nthe upstream got\n%s", diff, a.raw)
		}
		if fault := noEvil(t, a); fault != "" {
			rt.Fatalf("%s; the upstream got\n%s", fault, a.raw)
		}
		if fault := fromBob(t, a); fault != "" && len(route.arrives) > 4 {
			rt.Fatalf("%s; the upstream got\n%s", fault, a.raw)
		}
	}
}

// genName draws a spelling of a protected name.
var genName = rapid.Custom(func(t *rapid.T) string {
	pattern := rapid.SampledFrom(sanitize.ProtectedNames()).Draw(t, "pattern")
	name, open := strings.CutSuffix(pattern, "*")
	if open {
		name += rapid.StringMatching(`[a-z0-9-]{0,10}`).Draw(t, "more")
	}
	separator := rapid.SampledFrom([]byte(separators + "-"))
	spelled := []byte(name)
	for i, c := range spelled {
		if c == '-' {
			spelled[i] = separator.Draw(t, "separator")
		}
	}
	around := rapid.SampledFrom([]string{"", "", "_", "-", "~~"})
	name = around.Draw(t, "before") + string(spelled) + around.Draw(t, "after")
	if name == "x-tenant" { // which a client may send, and which chooses the tenant
		return "x_tenant"
	}
	return name
})
