package attack_test

import (
	"net/http"
	"testing"
)

// Who called, from where, for which host and under which prefix is what we say,
// not what a peer says that nobody has trusted.
func TestForwarded(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, line := range []string{
		"X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 10.0.0.1, 127.0.0.1", "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2",
		"X-Forwarded-For:", "x-forwarded-for: unknown", "X-Forwarded-For: <script>", "X-Forwarded-Host: evil.example", "X-Forwarded-Host: evil.example\r\nX-Forwarded-Host: gateway.test",
		"X-Forwarded-Proto: https", "X-Forwarded-Proto: https,http", "X-Forwarded-Prefix: /evil", "X-Forwarded-Port: 443", "X-Forwarded-Server: evil", "X-Forwarded-Ssl: on", "X-Forwarded-Scheme: https",
		"X-Forwarded-Uri: /evil", "X-Forwarded-Method: DELETE", "X-Forwarded-Path: /evil", "X-Forwarded-User: evil", "X-Forwarded-Email: evil", "X-Forwarded-Groups: evil", "X-Forwarded-Access-Token: evil",
		"X-Forwarded-Preferred-Username: evil", "X-Forwarded-Client-Cert: evil", "X-Forwarded: for=10.0.0.1", "Forwarded: for=10.0.0.1;host=evil.example;proto=https", "Forwarded-For: 10.0.0.1",
		"Forwarded: for=10.0.0.1\r\nForwarded: for=10.0.0.2", "X-Real-IP: 10.0.0.1", "X-Client-IP: 10.0.0.1", "True-Client-IP: 10.0.0.1", "CF-Connecting-IP: 10.0.0.1", "X-Cluster-Client-IP: 10.0.0.1",
		"Fastly-Client-IP: 10.0.0.1", "X-Original-Forwarded-For: 10.0.0.1", "X-Envoy-External-Address: 10.0.0.1", "X-Original-URL: /api/v1/billing", "X-Rewrite-URL: /api/v1/billing", "X-Original-Method: DELETE",
		"X-Original-Host: evil.example", "Front-End-Https: on", "X-Url-Scheme: https", "X-Scheme: https", "X-ProxyUser-Ip: 10.0.0.1", "Client-IP: 10.0.0.1", "Proxy: http://evil.example", "Proxy-Authorization: Basic evil",
		"X-Middleware-Subrequest: middleware", "X-Amzn-Oidc-Identity: evil", "X-Amzn-Oidc-Data: evil", "X-Goog-IAP-JWT-Assertion: evil", "X-Goog-Authenticated-User-Email: evil", "Tailscale-User-Login: evil",
		"X-MS-Client-Principal: evil", "Cf-Access-Jwt-Assertion: evil", "X-SSL-Client-Verify: SUCCESS", "SSL-Client-Cert: evil", "Client-Cert: :evil:", "X-Authentik-Username: evil", "X-Pomerium-Claim-Email: evil",
	} {
		for route, head := range map[string]string{
			"guarded": "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}", "public": "GET /assets/app.js HTTP/1.1\r\nHost: gateway.test\r\n",
		} {
			attacks = append(attacks, attack{
				class: "forwarded", name: route + " " + line, source: "CVE-2020-15129, CVE-2022-24112, CVE-2018-14773, CVE-2025-29927; RFC 7239, section 8.1",
				bytes: head + line + "\r\n\r\n", status: http.StatusOK, arrives: once(believesNobody),
			})
		}
	}
	play(t, startStages(t), attacks)
}

// believesNobody says that of all that is said about the caller, only Caddy's own
// word arrives.
func believesNobody(t testing.TB, a arrival) string {
	t.Helper()
	for name, want := range map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "gateway.test", "X-Forwarded-Proto": "http"} {
		if fault := header(name, want)(t, a); fault != "" {
			return fault
		}
	}
	allowed := map[string]bool{
		"host": true, "via": true, "accept-encoding": true, "user-agent": true,
		"x-forwarded-for": true, "x-forwarded-host": true, "x-forwarded-proto": true,
	}
	for _, name := range ours {
		allowed[name] = true
	}
	for _, f := range a.fields {
		if !allowed[fold(f.name)] {
			return f.name + " arrived"
		}
	}
	return ""
}
