package attack_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const pathSource = "CVE-2020-15129, CVE-2021-29492, CVE-2022-31045 and their kin; RFC 3986, sections 3.3 and 5.2.4"

// confusing are targets that some upstream reads as another path than rules do:
// a public one, or one that is open to members, as an admin's.
var confusing = []string{
	"/assets/../api/v1/billing/invoices", "/assets/./../api/v1/billing/invoices", "/assets/x/../../api/v1/billing/invoices",
	"/assets/..", "/assets/.", "/assets/../", "/..", "/.", "/../api/v1/billing/invoices",
	"/assets/%2e%2e/api/v1/billing/invoices", "/assets/%2E%2e/api/v1/billing/invoices", "/assets/.%2e/api/v1/billing/invoices",
	"/assets/%2e./api/v1/billing/invoices", "/assets/%2e", "/assets/%2e%2e", "/api/v1/calls/%2e%2e/billing/invoices",
	"/assets/..%2fapi/v1/billing/invoices", "/assets/..%2Fapi%2Fv1%2Fbilling", "/assets%2f..%2fapi%2fv1%2fbilling",
	"/assets/%2e%2e%2fapi/v1/billing/invoices", "/api/v1%2fbilling/invoices", "/api%2Fv1/billing/invoices", "/%2fapi/v1/billing",
	"/assets/%252e%252e/api/v1/billing/invoices", "/assets/..%252fapi/v1/billing", "/assets/%25%32%65%25%32%65/api/v1/billing",
	"/assets/%%32%65%%32%65/api/v1/billing", "/api/v1/%2562illing/invoices", "/api/v1%25%32fbilling", "/api/v1/%25252e/billing",
	"/assets/..;/api/v1/billing/invoices", "/assets/..;x=y/api/v1/billing/invoices", "/assets;/../api/v1/billing",
	"/api/v1;x/billing/invoices", "/api/v1/billing;x/invoices", "/api/v1/;/billing/invoices", "/api/v1/calls;/../billing",
	"/assets/..%3b/api/v1/billing/invoices", "/api/v1/billing%3B/invoices", "/api/v1%3bx/billing",
	"//api/v1/billing/invoices", "/api//v1/billing/invoices", "/api/v1//billing/invoices", "/assets//../api/v1/billing",
	"///evil.example/", "//evil.example/api/v1/billing", "/api/v1/billing//", "/assets//",
	"/api/v1/\x00billing/invoices", "/api/v1/%00billing/invoices", "/api/v1/billing%00/invoices", "/assets/%00/../api/v1/billing",
	"/assets/x%00.js", "/api/v1/calls%00", "/api/v1/%0d%0aX-Tenant-ID:%20evil", "/assets/%0a", "/assets/%09", "/assets/%7f", "/assets/%1f",
	"/assets/%80", "/assets/%c0%ae%c0%ae/api/v1/billing", "/assets/%c0%af..%c0%afapi", "/assets/%e0%80%ae", "/assets/%ff", "/assets/\xff\xfe",
	`/assets/..\api\v1\billing`, `/api/v1\billing/invoices`, `\api\v1\billing`, `/\evil.example/`, `/assets\..\api`,
	"/assets/..%5capi%5cv1%5cbilling", "/api/v1%5Cbilling/invoices", "/%5cevil.example",
	"/api/v1/calls#/billing", "/api/v1/billing#/invoices", "/assets/#/../../api/v1/billing", "/api/v1/calls?x#y", "/#",
	"/api/v1/calls%23/billing", "/api/v1%23/billing", "/api/v1/billing%3f/invoices", "/api/v1%3F/billing", "/assets%3f/../api",
	"/assets/%", "/assets/%2", "/assets/%zz", "/assets/%u002e%u002e/", "/assets/%2x", "/assets/%-2", "/api/v1/calls%",
	"/assets/\x01", "/assets/\x7f", "/assets/a\tb", "/assets/a\vb", "/api/v1/calls?a\tb", "/api/v1/calls?\x00", "/api/v1/calls?a\x7fb",
	"foo:bar", "mailto:evil@example.org", "api/v1/billing", "*", "?", "?/api/v1/billing", "file:///etc/passwd", "http:/api/v1/billing",
	"http:api", "http://", "http:///api/v1/billing", "gateway.test:80", "@evil.example/", ":80/", "javascript:evil", "urn:x:y", ".", "..", "~",
}

// No target arrives that rules could read in another way than the upstream.
func TestPath(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, path := range confusing {
		for _, as := range []string{"", "{bob}"} {
			attacks = append(attacks, attack{
				class: "path", name: as + " " + path, source: pathSource,
				bytes:  "GET " + path + " HTTP/1.1\r\nHost: gateway.test\r\n" + as + "\r\n",
				status: http.StatusBadRequest,
			})
		}
	}
	for _, request := range []string{
		"GET /api/v1/ billing HTTP/1.1", "GET  /api/v1/billing HTTP/1.1", "GET /api/v1/billing  HTTP/1.1", "GET /api/v1/billing",
		"GET /api/v1/billing HTTP/1.1 x", "GET\t/api/v1/billing\tHTTP/1.1", "GET /HTTP/1.1", "OPTIONS *x HTTP/1.1", "OPTIONS ** HTTP/1.1",
		"POST * HTTP/1.1", "HEAD * HTTP/1.1", " GET /api/v1/billing HTTP/1.1", "GET /api/v1/billing\x0cHTTP/1.1",
	} {
		attacks = append(attacks, attack{
			class: "path", name: "line " + request, source: "RFC 9112, section 3",
			bytes: request + "\r\nHost: gateway.test\r\n{bob}\r\n", status: http.StatusBadRequest,
		})
	}
	play(t, startStages(t), attacks)
}

// Spellings that are one path to everybody are one path to the rules.
func TestPathSpelling(t *testing.T) {
	t.Parallel()
	admin := from(alice, "acme", tenancy.RoleAdmin)
	var attacks []attack
	add := func(name, path, as string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{
			class: "path spelling", name: name + " " + path, source: "RFC 3986, sections 2.3 and 6.2.2", status: status, arrives: arrives,
			bytes: "GET " + path + " HTTP/1.1\r\nHost: gateway.test\r\n" + as + "\r\n",
		})
	}
	alice := "Authorization: Bearer {alice-token}\r\nX-Tenant: acme\r\n"
	for _, path := range []string{
		"/api/v1/billing/invoices", "/api/v1/bil%6cing/invoices", "/api/v1/bil%6Cing/invoices", "/%61pi/v1/billing/invoices",
		"/api/%76%31/%62%69%6c%6c%69%6e%67/invoices", "http://gateway.test/api/v1/billing/invoices", "HTTP://gateway.test/api/v1/bil%6cing/invoices",
	} {
		add("a member", path, "{bob}", http.StatusForbidden, nil)
		add("nobody", path, "", http.StatusUnauthorized, nil)
		add("an admin", path, alice, http.StatusOK, once(admin, target("/api/v1/billing/invoices")))
	}
	for path, want := range map[string]string{
		"/api/v1/c%61lls": "/api/v1/calls", "/api/v1/calls%20x": "/api/v1/calls%20x", "/api/v1/100%25": "/api/v1/100%25",
		"/api/v1/calls/...": "/api/v1/calls/...", "/api/v1/.well-known": "/api/v1/.well-known", "/api/v1/calls?x=/../%2f..;": "/api/v1/calls?x=/../%2f..;",
		"/api/v1/caf%C3%A9": "/api/v1/caf%C3%A9", "/api/v1/calls?": "/api/v1/calls?", "/api/v1/calls/%7Bx%7D": "/api/v1/calls/%7Bx%7D",
		"/api/v1/{env.JWT_SECRET}": "/api/v1/%7Benv.JWT_SECRET%7D",
	} {
		add("honest", path, "{bob}", http.StatusOK, once(fromBob, target(want)))
	}
	for _, path := range []string{"/API/v1/billing/invoices", "/Assets/app.js", "/api", "/assetsx", "/api/v1/Billing/x", "/api/v1/billing", "/api/v1/billing/"} {
		add("no other case", path, "", http.StatusUnauthorized, nil)
	}
	for _, path := range []string{"/API/v1/billing/invoices", "/Assets/app.js", "/assetsx", "/elsewhere", "/api/v1/billing", "/api/v1/billing/"} {
		add("no other case, a member", path, "{bob}", http.StatusForbidden, nil)
	}
	// Express, ASP.NET and others ignore case: a member must not get by an admin's
	// rule in another case.
	for _, path := range []string{"/api/v1/Billing/x", "/api/v1/BILLING/invoices", "/api/v1/BILLING", "/api/V1/billing/x", "/api/v1/b%49lling/x"} {
		add("another case, a member", path, "{bob}", http.StatusForbidden, nil)
		add("another case, an admin", path, alice, http.StatusOK, once(admin))
	}
	add("another case, public", "/assets/App.JS", "", http.StatusOK, once(anonymous, target("/assets/App.JS")))
	play(t, startStages(t), attacks)
}

// What is forwarded is what was matched, whatever the method.
func TestPathMethods(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		for i, path := range []string{"/api/v1/billing/invoices", "/assets/%2e%2e/api/v1/billing/invoices", "/assets/..;/api/v1/billing/invoices"} {
			status := http.StatusBadRequest
			if i == 0 {
				status = http.StatusForbidden
			}
			attacks = append(attacks, attack{
				class: "path", name: fmt.Sprint(method, " ", path), source: pathSource, status: status,
				bytes: method + " " + path + " HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n",
			})
		}
	}
	play(t, startStages(t), attacks)
}
