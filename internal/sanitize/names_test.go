package sanitize_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// separators are the bytes a header name may hold beside letters and digits
// (RFC 9110, section 5.6.2), but for the hyphen.
const separators = "_.!#$%&'*+^`|~"

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, want string }{
		{"X-Tenant-ID", "x-tenant-id"},
		{"X_Tenant_ID", "x-tenant-id"},
		{"X.Tenant.ID", "x-tenant-id"},
		{"X!Tenant~ID", "x-tenant-id"},
		{"Accept", "accept"},
		{"x9", "x9"},
		{"\u212A", "---"},
		{"", ""},
	} {
		if got := sanitize.Fold(tc.name); got != tc.want {
			t.Errorf("Fold(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestOrdinaryNamesAreFree(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Length",
		"Content-Type", "Cookie", "Host", "Idempotency-Key", "If-Match", "If-None-Match", "Origin", "Pragma",
		"Range", "Referer", "Sec-Fetch-Site", "Sec-WebSocket-Key", "Traceparent", "Tracestate", "User-Agent",
		"Upgrade-Insecure-Requests", "X-Requested-With", "X-CSRF-Token", "X-API-Key", "X-Correlation-ID",
		"X-Amz-Date", "X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Host", "X-Forwarded-Proto",
		"Grpc-Timeout", "DNT", "Priority", "Prefer", "Proximity", "Tenant", "X-Use", "X-Ten", "X", "-", "_", "",
		"My_Header", "a.b", strings.Repeat("x", 70),
	} {
		if sanitize.Protected(name) {
			t.Errorf("Protected(%q) = true, want false", name)
		}
	}
}

func TestProtectedNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"X-Tenant", "X-Tenant-ID", "X-Tenant-Slug", "X-Tenant-Role", "X-Tenant-", "X-TenantID", "X-Tenantgate-Assertion",
		"X-User-ID", "X-User-Email", "X-User", "X-Request-ID", "X-Forwarded-User", "X-Forwarded-Email",
		"X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "X-Forwarded-Prefix",
		"X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Ssl",
		"X-Forwarded-Scheme", "X-Forwarded-Client-Cert", "X-Real-IP", "X-Client-IP", "True-Client-IP",
		"CF-Connecting-IP", "Forwarded", "X-Original-URL", "X-Original-URI", "X-Original-Host", "X-Rewrite-URL",
		"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Remote-User", "Remote-User",
		"X-Auth-Request-User", "X-Authenticated-Userid", "Proxy", "Proxy-Authorization", "Proxy-Connection",
		"X-Tenant-" + strings.Repeat("a", 200),
		// Look-alikes of names that pass, or end here, in their own spelling.
		"X_Forwarded_For", "X.Forwarded-Host", "X-Forwarded-Proto_", "_X-Forwarded-For", "Content_Length",
		"Transfer_Encoding", "Connection_", "~Upgrade", "TE.", "Host_",
		// Separators around a name.
		"-X-Tenant-ID", "_x_tenant_id_", "X-Tenant_", "Forwarded.", "..Proxy",
	} {
		if !sanitize.Protected(name) {
			t.Errorf("Protected(%q) = false, want true", name)
		}
	}
}

// concreteNames makes a name of every pattern in the table.
func concreteNames() []string {
	names := sanitize.ProtectedNames()
	for i, name := range names {
		if prefix, found := strings.CutSuffix(name, "*"); found {
			names[i] = prefix + "id"
		}
	}
	return names
}

func TestEverySeparatorOfEveryProtectedName(t *testing.T) {
	t.Parallel()
	names := slices.Concat(concreteNames(), []string{
		"x-tenant-id", "x-tenant-slug", "x-tenant-role", "x-user-id", "x-user-email", "x-tenantgate-assertion",
	})
	for _, name := range names {
		for _, separator := range separators + "-" {
			forged := strings.ReplaceAll(name, "-", string(separator))
			for _, spelling := range []string{forged, strings.ToUpper(forged), http.CanonicalHeaderKey(forged)} {
				r := parse(t, "GET / HTTP/1.1", spelling+": forged", "Accept: */*")
				strip(strict, r)
				if diff := cmp.Diff(http.Header{"Accept": {"*/*"}}, r.Header); diff != "" {
					t.Errorf("%s after Strip (-want +got):\n%s", spelling, diff)
				}
			}
		}
	}
	if len(names) < 50 {
		t.Errorf("only %d names tried: is the table empty?", len(names))
	}
}

func TestOperatorsNames(t *testing.T) {
	t.Parallel()
	p := mustPolicy(sanitize.Options{ProtectNames: []string{"X-Org-ID", "X_Acme-*"}})
	r := parse(t, "GET / HTTP/1.1", "X_Org_ID: a", "x-acme-plan: b", "X-Org: c", "X-Tenant-ID: d")
	observed := strip(p, r)
	if diff := cmp.Diff(http.Header{"X-Org": {"c"}}, r.Header); diff != "" {
		t.Errorf("headers after Strip (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[sanitize.Reason]int{sanitize.ReasonName: 3}, observed); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	if sanitize.Protected("X-Org-ID") {
		t.Error("an operator's name has become everybody's")
	}
}

// A key that net/http would not have made goes out beside the canonical one.
func TestKeysOfOtherHandlers(t *testing.T) {
	t.Parallel()
	r := parse(t, "GET / HTTP/1.1")
	r.Header = http.Header{
		"connection": {"close, X-Tenant-ID"}, "x-forwarded-for": {"6.6.6.6"}, "x-tenant-id": {"forged"},
		":protocol": {"websocket"}, "x-lower": {"kept"},
	}
	strip(strict, r)
	if diff := cmp.Diff(http.Header{"x-lower": {"kept"}}, r.Header); diff != "" {
		t.Errorf("headers after Strip (-want +got):\n%s", diff)
	}
}

// hop lists what Strip may rewrite or delete beside protected names.
var hop = []string{"connection", "upgrade", "te", "trailer", "keep-alive", "http2-settings", "transfer-encoding", "host"}

func TestStripTakesTheProtectedAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom(slices.Concat(concreteNames(), hop, []string{"x-forwarded-for", "accept", "cookie", "x-requested-with", "my-header"}))
	mangled := rapid.Custom(func(t *rapid.T) string {
		name := []byte(word.Draw(t, "word"))
		for i, c := range name {
			switch {
			case c == '-':
				name[i] = rapid.SampledFrom([]byte(separators+"-")).Draw(t, "separator")
			case rapid.Bool().Draw(t, "upper"):
				name[i] = strings.ToUpper(string(c))[0]
			}
		}
		around := rapid.SampledFrom([]string{"", "", "", "-", "_", "x", "-id"})
		return around.Draw(t, "before") + string(name) + around.Draw(t, "after")
	})
	arbitrary := rapid.StringMatching("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
	name := rapid.OneOf(mangled, arbitrary)
	value := rapid.StringMatching("[ -~]{0,20}")

	rapid.Check(t, func(t *rapid.T) {
		before := http.Header{}
		for range rapid.IntRange(0, 15).Draw(t, "headers") {
			before.Add(name.Draw(t, "name"), value.Draw(t, "value"))
		}
		r := &http.Request{Method: "GET", Host: "a", RequestURI: "/", URL: mustURL("/"), ProtoMajor: 1, ProtoMinor: 1, Header: before.Clone()}
		strip(strict, r)
		for name := range r.Header {
			if sanitize.Protected(name) {
				t.Errorf("%q is left, and protected", name)
			}
		}
		for name, values := range before {
			if sanitize.Protected(name) || slices.Contains(hop, strings.ToLower(name)) {
				continue
			}
			if diff := cmp.Diff(values, r.Header[name]); diff != "" {
				t.Errorf("%q is not protected and was changed (-want +got):\n%s", name, diff)
			}
		}
	})
}
