package attack_test

import (
	"fmt"
	"net/http"
	"testing"
)

// A proxied CONNECT has no framing: what follows it on a pooled connection is
// read by the upstream as somebody's next request.
func TestConnect(t *testing.T) {
	t.Parallel()
	smuggled := lines("GET /smuggled HTTP/1.1", "Host: x", "X-Tenant-ID: evil")
	length := fmt.Sprint("Content-Length: ", len(smuggled))
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	authority, host := "CONNECT gateway.test:80 HTTP/1.1", "Host: gateway.test:80"
	bob := "Authorization: Bearer {bob-token}"
	attacks := []attack{
		{name: "authority", bytes: lines(authority, host)},
		{name: "authority, with a token", bytes: lines(authority, host, bob, "X-Tenant: acme")},
		{name: "bytes after it", bytes: lines(authority, host, bob) + smuggled, answers: anyNumber},
		{name: "body by length", bytes: lines(authority, host, bob, length) + smuggled, answers: anyNumber},
		{name: "body in chunks", bytes: lines(authority, host, bob, "Transfer-Encoding: chunked") + chunk, answers: anyNumber},
		{name: "path", bytes: lines("CONNECT /api/v1/calls HTTP/1.1", host, bob, length) + smuggled, answers: anyNumber},
		{name: "public path", bytes: lines("CONNECT /assets/app.js HTTP/1.1", host, length) + smuggled, answers: anyNumber},
		{name: "path of the API", bytes: lines("CONNECT /api/v1/tenant HTTP/1.1", host, bob)},
		{name: "URL", bytes: lines("CONNECT http://gateway.test/api/v1/calls HTTP/1.1", "Host: gateway.test", bob)},
		{name: "upgrade", bytes: lines(authority, host, bob, "Connection: Upgrade", "Upgrade: websocket")},
		{name: "HTTP/1.0", bytes: lines("CONNECT gateway.test:80 HTTP/1.0", host, bob)},
		{name: "override of the method", bytes: lines("CONNECT / HTTP/1.1", host, bob, "X-HTTP-Method-Override: GET evil")},
		{name: "preflight", bytes: lines("CONNECT / HTTP/1.1", host, "Origin: https://evil.example", "Access-Control-Request-Method: GET")},
	}
	for i := range attacks {
		attacks[i].class, attacks[i].source, attacks[i].status = "connect", "RFC 9110, section 9.3.6; RFC 9112, section 9.3", http.StatusMethodNotAllowed
	}
	play(t, startStages(t), attacks)
}

// A method that rules and upstream read differently, or that sends our headers
// back, is none that we pass on.
func TestMethod(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, method := range []string{
		"TRACE", "TRACK", "get", "Get", "connect", "Connect", "delete", "PRI", "DEBUG", "PROPFIND", "X", "QUERY", "PURGE",
	} {
		attacks = append(attacks, attack{
			class: "method", name: method, source: "RFC 9110, sections 9.1 and 9.3.8",
			bytes:  lines(method+" /api/v1/calls HTTP/1.1", "Host: gateway.test", "Authorization: Bearer {bob-token}", "X-Tenant: acme"),
			status: http.StatusMethodNotAllowed,
		})
	}
	for _, method := range []string{"G\x00T", "G T", "", "GET\t", "GÉT", "GET:", "GET/", "G\rT"} {
		attacks = append(attacks, attack{
			class: "method", name: "malformed " + method, source: "RFC 9112, section 3",
			bytes:  lines(method+" /api/v1/calls HTTP/1.1", "Host: gateway.test", "Authorization: Bearer {bob-token}", "X-Tenant: acme"),
			status: http.StatusBadRequest,
		})
	}
	for _, override := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_HTTP_Method_Override"} {
		attacks = append(attacks, attack{
			class: "method", name: override, source: "CVE-2018-14773 and its kin",
			bytes:  "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{carol}" + override + ": DELETE evil\r\n\r\n",
			status: http.StatusOK, arrives: once(header(override, "")),
		})
	}
	play(t, startStages(t), attacks)
}
