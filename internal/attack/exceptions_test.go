package attack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// sanitizing is the shipped Caddyfile with an operator's exceptions.
func sanitizing(t testing.TB, words string) string {
	t.Helper()
	const before = "\t\tmembers direct\n"
	return replaceOnce(t, string(gatewaytest.Shipped(t)), before, "\t\tsanitize {\n\t\t\t"+words+"\n\t\t}\n"+before)
}

const exceptionSource = "docs/security.md, Exceptions"

// A policy that only reports serves what it would refuse, but for what cannot be
// forwarded safely, and strips all the same.
func TestReportOnly(t *testing.T) {
	t.Parallel()
	get, bob := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n", "Authorization: Bearer {bob-token}\r\nX-Tenant: acme\r\n"
	attacks := []attack{
		{name: "a path is served", bytes: strings.Replace(get, "calls", "calls;x", 1) + bob + "\r\n", status: http.StatusOK, arrives: once(fromBob)},
		{name: "a method is served", bytes: strings.Replace(get, "GET", "PURGE", 1) + bob + "\r\n", status: http.StatusForbidden},
		{name: "CONNECT", bytes: strings.Replace(get, "GET", "CONNECT", 1) + bob + "\r\n", status: http.StatusMethodNotAllowed},
		{name: "CONNECT with a body", bytes: lines("CONNECT gateway.test:80 HTTP/1.1", "Host: gateway.test:80", "Authorization: Bearer {bob-token}", "Content-Length: 10") + "0123456789", status: http.StatusMethodNotAllowed, answers: anyNumber},
		{name: "two tokens", bytes: get + bob + "Authorization: Bearer {alice-token}\r\n\r\n", status: http.StatusBadRequest},
		{name: "two cookies", bytes: get + "Cookie: tenantgate_session={bob-token}\r\nCookie: tenantgate_session={alice-token}\r\n\r\n", status: http.StatusBadRequest},
		{name: "two tenants", bytes: get + bob + "X-Tenant: globex\r\n\r\n", status: http.StatusBadRequest},
		{name: "hop-by-hop", bytes: get + bob + lines("Connection: close, X-Tenant-ID", "Upgrade: h2c"), status: http.StatusOK, arrives: once(fromBob, knownOptions)},
	}
	for _, path := range []string{"/assets/../api/v1/billing/x", "/assets/%2e%2e/api/v1/billing/x", "/assets//x", "/assets/./x", "//assets/x"} {
		attacks = append(attacks, attack{name: "no public path " + path, bytes: strings.Replace(get, "/api/v1/calls", path, 1) + "\r\n", status: http.StatusUnauthorized})
	}
	for _, name := range forgeable {
		for place, request := range places(strings.ReplaceAll(name, "-", "_")) {
			attacks = append(attacks, attack{name: name + " in a " + place, bytes: request, status: http.StatusOK, arrives: once(fromBob, noEvil)})
		}
	}
	for i := range attacks {
		attacks[i].class, attacks[i].source = "exceptions", exceptionSource
	}
	play(t, stagesOf(t, gatewaytest.Options{Caddyfile: sanitizing(t, "report_only on")}), attacks)
}

// Rules see an escape that is allowed as what it stands for; the upstream sees
// the escape. Everything beside it stays refused.
func TestAllowLists(t *testing.T) {
	t.Parallel()
	caddyfile := sanitizing(t, "allow_encoded %2F\n\t\t\tallow_methods PROPFIND\n\t\t\tprotect x-org-*")
	caddyfile = replaceOnce(t, caddyfile, "\t\tforward_token off\n", "\t\trequire member PROPFIND /api/*\n\t\tforward_token off\n")
	admin := from(alice, "acme", tenancy.RoleAdmin)
	ask := func(method, path, who string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: acme\r\nAuthorization: Bearer {" + who + "-token}\r\nX_Org_Id: evil\r\n\r\n"
	}
	var attacks []attack
	add := func(name, bytes string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{class: "exceptions", name: name, source: exceptionSource, bytes: bytes, status: status, arrives: arrives})
	}
	add("an escaped slash", ask("GET", "/api/v1/calls%2Fx", "bob"), http.StatusOK, once(fromBob, noEvil, target("/api/v1/calls%2Fx")))
	add("its other case", ask("GET", "/api/v1/calls%2fx", "bob"), http.StatusOK, once(fromBob, noEvil, target("/api/v1/calls%2Fx")))
	for _, path := range []string{"/api/v1%2Fbilling/x", "/api%2fv1%2fbilling%2fx", "/api/v1/billing%2Fx"} {
		add("rules see a slash: a member "+path, ask("GET", path, "bob"), http.StatusForbidden, nil)
		add("rules see a slash: an admin "+path, ask("GET", path, "alice"), http.StatusOK, once(admin, noEvil))
	}
	for _, path := range []string{
		"/assets%2f..%2fapi/v1/billing", "/assets/..%2fapi/v1/billing/x", "/assets/%2e%2e%2fapi", "/assets%2f%2fx", "/%2fapi/v1/x", "/api/v1/%252fx", "/api/v1/x%5cy", "/api/v1/x%3by", "/api/v1/x%00",
	} {
		add("still refused "+path, ask("GET", path, "alice"), http.StatusBadRequest, nil)
	}
	add("an own method", ask("PROPFIND", "/api/v1/calls", "bob"), http.StatusOK, once(fromBob, noEvil))
	add("an own method, a viewer", ask("PROPFIND", "/api/v1/calls", "carol"), http.StatusForbidden, nil)
	add("an own method, where no rule names it", ask("PROPFIND", "/elsewhere", "alice"), http.StatusForbidden, nil)
	add("its other case", ask("propfind", "/api/v1/calls", "alice"), http.StatusMethodNotAllowed, nil)
	add("another method", ask("PURGE", "/api/v1/calls", "alice"), http.StatusMethodNotAllowed, nil)
	play(t, stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile}), attacks)
}

// A proxy that the operator trusts says for whom it calls. It cannot say who that
// is, and nobody behind it can.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for trusted, want := range map[string]string{"127.0.0.1/32": "10.0.0.1, 127.0.0.1", "192.0.2.0/24": "127.0.0.1"} {
		t.Run(trusted, func(t *testing.T) {
			t.Parallel()
			caddyfile := replaceOnce(t, string(gatewaytest.Shipped(t)), "\tservers {\n", "\tservers {\n\t\ttrusted_proxies static "+trusted+"\n")
			var attacks []attack
			for _, name := range forgeable {
				if strings.HasPrefix(name, "X-Forwarded-For") || name == "X-Forwarded-Host" || name == "X-Forwarded-Proto" {
					continue // which such a proxy may say
				}
				for _, separator := range []string{"-", "_"} {
					spelled := strings.ReplaceAll(name, "-", separator)
					if spelled == "X-Tenant" {
						continue
					}
					attacks = append(attacks, attack{
						class: "forwarded", name: "through a proxy, " + spelled, source: "RFC 7239, section 8.1", status: http.StatusOK,
						bytes:   "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nX-Forwarded-For: 10.0.0.1\r\n{bob}" + spelled + ": evil\r\n\r\n",
						arrives: once(fromBob, noEvil, header("X-Forwarded-For", want)),
					})
				}
			}
			play(t, stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile}), attacks)
		})
	}
}
