package attack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Connection names fields for the next hop to delete. A proxy that goes by it
// deletes what the gateway has set.
func TestHopByHop(t *testing.T) {
	t.Parallel()
	targets := []string{
		"X-Tenant-ID", "X-Tenant-Slug", "X-Tenant-Role", "X-User-ID", "X-User-Email", "X-Tenantgate-Assertion", "X-Request-ID",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Host",
	}
	spellings := map[string]func(name string) []string{
		"alone":            func(name string) []string { return []string{"Connection: " + name} },
		"after close":      func(name string) []string { return []string{"Connection: close, " + name} },
		"after keep-alive": func(name string) []string { return []string{"Connection: keep-alive," + name} },
		"lower case":       func(name string) []string { return []string{"connection: " + strings.ToLower(name)} },
		"upper case":       func(name string) []string { return []string{"CONNECTION:" + strings.ToUpper(name)} },
		"tabs":             func(name string) []string { return []string{"Connection:\tclose\t,\t" + name + "\t"} },
		"empty elements":   func(name string) []string { return []string{"Connection: ,, ," + name + ",,"} },
		"second line":      func(name string) []string { return []string{"Connection: close", "Connection: " + name} },
		"line before":      func(name string) []string { return []string{"Connection: " + name, "Connection: close"} },
		"line of its own":  func(name string) []string { return []string{"Connection: " + name, "connection:" + name} },
		"quoted":           func(name string) []string { return []string{`Connection: "` + name + `", ` + name} },
		"parameter":        func(name string) []string { return []string{"Connection: " + name + ";q=1, " + name} },
		"folded line":      func(name string) []string { return []string{"Connection: close,", " " + name} },
		"underscores":      func(name string) []string { return []string{"Connection: " + strings.ReplaceAll(name, "-", "_")} },
		"te":               func(name string) []string { return []string{"Connection: te, " + name, "TE: trailers, " + name} },
		"Proxy-Connection": func(name string) []string { return []string{"Proxy-Connection: close, " + name} },
		"Keep-Alive":       func(name string) []string { return []string{"Connection: keep-alive", "Keep-Alive: " + name} },
		"upgrade": func(name string) []string {
			return append([]string{"Connection: Upgrade, " + name}, handshake...)
		},
		"upgrade, second line": func(name string) []string {
			return append([]string{"Connection: " + name, "Connection: upgrade"}, handshake...)
		},
		"upgrade to h2c": func(name string) []string {
			return []string{"Connection: Upgrade, HTTP2-Settings, " + name, "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"}
		},
	}
	var attacks []attack
	for spelling, lines := range spellings {
		for _, name := range targets {
			attacks = append(attacks, attack{
				class: "hop-by-hop", name: name + " " + spelling,
				source: "CVE-2024-45410, CVE-2021-33193 and their kin; RFC 9110, section 7.6.1",
				bytes: "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}" +
					strings.Join(lines(name), "\r\n") + "\r\n\r\n",
				arrives: once(fromBob, knownOptions, header("Host", "gateway.test"), header("X-Forwarded-For", "127.0.0.1"),
					header("X-Forwarded-Host", "gateway.test"), header("X-Forwarded-Proto", "http"), hasRequestID),
			})
		}
	}
	play(t, startStages(t), attacks)
}

// handshake is what a WebSocket's opening has besides Connection (RFC 6455,
// section 4.1).
var handshake = []string{
	"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://gateway.test",
}

// knownOptions says that Connection holds what everybody knows, and that no
// protocol is asked for but WebSocket.
func knownOptions(_ testing.TB, a arrival) string {
	for _, line := range a.values("Connection") {
		for option := range strings.SplitSeq(line, ",") {
			if !slices.Contains([]string{"close", "keep-alive", "upgrade", "te"}, strings.ToLower(strings.TrimSpace(option))) {
				return "Connection must not name " + option
			}
		}
	}
	for _, protocol := range a.values("Upgrade") {
		if protocol != "websocket" {
			return "Upgrade must not be " + protocol
		}
	}
	return ""
}

func hasRequestID(_ testing.TB, a arrival) string {
	if len(a.value("X-Request-ID")) != 32 {
		return "X-Request-ID must be ours"
	}
	return ""
}

// An upstream that agrees to another protocol is a tunnel past every rule.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	settings := "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
	opening := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	var attacks []attack
	add := func(name, request string) {
		attacks = append(attacks, attack{
			class: "upgrade", name: name, source: "h2c smuggling; RFC 9110, section 7.8; RFC 6455, section 4.1", bytes: request,
			status: http.StatusOK, answers: anyNumber, arrives: once(fromBob, header("Upgrade", ""), header("HTTP2-Settings", ""), knownOptions),
		})
	}
	for _, protocol := range []string{
		"h2c", "H2C", "h2", "foo", "websocket, h2c", "h2c, websocket", "h2c,websocket", "websocket,websocket", "websocket/13",
		"TLS/1.0", "HTTP/2.0", "HTTP/1.1", "tcp", "connect-udp", "web\u212aocket", "websoc\u212aet", "websocket;h2c", "\"websocket\"", "websocket\th2c", ",", "",
		"webso cket", "SPDY/3.1", "postgres", "derp", "raw",
	} {
		add("only "+protocol, opening+lines("Connection: Upgrade", "Upgrade: "+protocol))
		add(protocol+" with settings", opening+lines("Connection: Upgrade, HTTP2-Settings", "Upgrade: "+protocol, settings))
		add(protocol+" and close", opening+lines("Connection: close, Upgrade", "Upgrade: "+protocol))
	}
	add("two lines", opening+lines("Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"))
	add("two lines, the other order", opening+lines("Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket"))
	add("folded line", opening+lines("Connection: Upgrade", "Upgrade: websocket,", " h2c"))
	add("no connection option", opening+lines("Upgrade: websocket"))
	add("no upgrade", opening+lines("Connection: Upgrade"))
	add("settings alone", opening+lines("Connection: HTTP2-Settings", settings))
	add("look-alike", opening+lines("Connection: Upgrade", "Upgrade_: h2c", "UPGRADE.: h2c"))
	add("HTTP/1.0", "GET /api/v1/calls HTTP/1.0\r\nHost: gateway.test\r\n{bob}"+lines("Connection: Upgrade", "Upgrade: websocket"))
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		add(method, method+" /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"+lines("Connection: Upgrade", "Upgrade: websocket"))
	}
	add("body by length", opening+lines("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 5")+"hello")
	add("body in chunks", opening+lines("Connection: Upgrade", "Upgrade: websocket", "Transfer-Encoding: chunked")+"5\r\nhello\r\n0\r\n\r\n")
	add("bytes after h2c", opening+lines("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", settings)+
		lines("GET /smuggled HTTP/1.1", "Host: x", "X-Tenant-ID: evil"))
	play(t, startStages(t), attacks)
}
