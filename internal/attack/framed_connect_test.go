package attack_test

import (
	"net/http"
	"strconv"
	"testing"
)

// framedAttack is an attack in a message rather than in bytes.
type framedAttack struct {
	class, name, source string
	message             func(s *stage) message
	// status is that of the answer; zero is any refusal: a status of 400 or more, a
	// reset stream or a closed connection. anyStatus is any answer.
	status  int
	code    string                             // of the problem document that the answer is; empty: of any
	arrives func(testing.TB, []arrival) string // nil: nothing may arrive
}

// on makes attacks of them that speak with one protocol.
func on(f framedStage, all []framedAttack) []attack {
	attacks := make([]attack, len(all))
	for i, a := range all {
		mark := strconv.Itoa(i)
		attacks[i] = attack{class: a.class, name: a.name, source: a.source, status: max(a.status, 0), code: a.code, arrives: a.arrives, mark: mark}
		attacks[i].send = func(t testing.TB, s *stage) []answer {
			t.Helper()
			got := f.speak(t, a.message(s).with(markName, mark))
			if a.status == 0 && got.status != 0 && got.status < http.StatusBadRequest {
				t.Errorf("got status %d, want a refusal", got.status)
			}
			return []answer{got}
		}
	}
	return attacks
}

// playFramed plays all of them over every protocol of frames, before each of the
// upstreams.
func playFramed(t *testing.T, upstreams map[string]func(testing.TB) *upstream, all []framedAttack) {
	t.Helper()
	for _, f := range startFramed(t, upstreams) {
		play(t, []*stage{f.stage}, on(f, all))
	}
}

// A proxied CONNECT has no framing upstream: the DATA frames behind it would
// stand on a pooled connection as somebody's next request.
func TestFramedConnect(t *testing.T) {
	t.Parallel()
	const class = "connect (frames)"
	const smuggled = smuggledRequest
	connect := message{fields: []field{{":method", "CONNECT"}, {":authority", authority + ":80"}}}
	extended := func(protocol string) message {
		m := ask("CONNECT", "/api/v1/calls")
		m.fields = append(m.fields, field{":protocol", protocol})
		return m
	}
	attack := func(name, source string, status int, m message) framedAttack {
		return framedAttack{class: class, name: name, source: source, status: status, message: func(s *stage) message { return m.as(s, "{bob}") }}
	}
	playFramed(t, allUpstreams, []framedAttack{
		attack("authority", "RFC 9113, section 8.5", 405, connect),
		attack("authority and body", "RFC 9113, section 8.5; CVE-2020-11724", 405, connect.carrying(smuggled)),
		attack("body and trailers", "RFC 9113, section 8.5", 405, connect.carrying(smuggled).ending("x-tenant-id", "evil")),
		attack("with content-length", "RFC 9110, section 9.3.6", 405, connect.with("content-length", strconv.Itoa(len(smuggled))).carrying(smuggled)),
		attack("with protected names", "RFC 9110, section 9.3.6", 405, connect.with("x-tenant-id", "evil", "x_user_id", "evil").carrying(smuggled)),
		attack("of a public path", "RFC 9110, section 9.3.6", 0, connect.replace(":authority", "/assets/x").carrying(smuggled)),
		attack("with a path", "RFC 9113, section 8.5", 0, ask("CONNECT", "/smuggled").carrying(smuggled)),
		attack("extended, websocket", "RFC 8441, section 4", 0, extended("websocket").carrying(smuggled)),
		attack("extended, connect-udp", "RFC 9298, section 3.4", 0, extended("connect-udp").carrying(smuggled)),
		attack("extended, h2c", "RFC 8441, section 4", 0, extended("h2c").carrying(smuggled)),
		attack(":protocol without CONNECT", "RFC 8441, section 4", 0, func() message {
			m := ask("GET", "/api/v1/calls")
			m.fields = append(m.fields, field{":protocol", "websocket"})
			return m
		}()),
		attack("in lower case", "RFC 9110, section 9.1", 405, ask("connect", "/smuggled").carrying(smuggled)),
		attack("TRACE", "RFC 9110, section 9.3.8", 405, ask("TRACE", "/api/v1/calls").with("x-tenant-id", "evil")),
		attack("PRI", "RFC 9113, section 3.4", 405, ask("PRI", "/api/v1/calls")),
		attack("an own method", "RFC 9110, section 9.1", 405, ask("SMUGGLE", "/api/v1/calls")),
		attack("a request in the method", "CVE-2021-33193", 0, ask("GET /smuggled HTTP/1.1", "/api/v1/calls")),
		attack("a line break in the method", "CVE-2021-33193", 0, ask("GET\r\nX-Tenant-ID: evil", "/api/v1/calls")),
		attack("no method", "RFC 9113, section 8.3.1", 0, ask("", "/api/v1/calls")),
	})
}
