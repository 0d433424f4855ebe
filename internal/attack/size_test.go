package attack_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

const sizeSource = "RFC 9110, section 15.5.14; RFC 6585, section 5"

// maxBody is the shipped Caddyfile's.
const maxBody = 100 << 20

// The shipped Caddyfile bounds headers and bodies, over every protocol.
func TestSizes(t *testing.T) {
	t.Parallel()
	const class = "sizes"
	post := "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	var attacks []attack
	add := func(name, request string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{class: class, name: name, source: sizeSource, bytes: request, status: status, arrives: arrives})
	}
	add("header of 14 KiB", post+lines("X-Note: "+strings.Repeat("a", 14<<10), "Content-Length: 0"), http.StatusOK, once(fromBob))
	add("header of 32 KiB", post+lines("X-Note: "+strings.Repeat("a", 32<<10)), http.StatusRequestHeaderFieldsTooLarge, nil)
	add("header of 1 MiB", post+lines("X-Note: "+strings.Repeat("a", 1<<20)), http.StatusRequestHeaderFieldsTooLarge, nil)
	add("ten thousand fields", post+lines(slices.Repeat([]string{"X-Note: a"}, 10000)...), http.StatusRequestHeaderFieldsTooLarge, nil)
	add("path of 32 KiB", "GET /api/v1/"+strings.Repeat("a", 32<<10)+" HTTP/1.1\r\nHost: gateway.test\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge, nil)
	// net/http answers when it has seen that there is more than it will read for
	// the sake of the connection.
	const drained = 256<<10 + 1
	add("body one byte too long", post+lines("Content-Length: "+strconv.Itoa(maxBody+1))+strings.Repeat("a", drained),
		http.StatusRequestEntityTooLarge, nil)
	attacks[len(attacks)-1].code = "body_too_large"
	play(t, startStages(t), attacks)

	var framed []framedAttack
	addFramed := func(name string, status int, arrives func(testing.TB, []arrival) string, m message) {
		framed = append(framed, framedAttack{
			class: class + " (frames)", name: name, source: sizeSource, status: status, arrives: arrives,
			message: func(s *stage) message { return m.as(s, "{bob}") },
		})
	}
	call := ask("POST", "/api/v1/calls")
	addFramed("header of 14 KiB", http.StatusOK, once(fromBob), call.with("x-note", strings.Repeat("a", 14<<10)))
	addFramed("header of 32 KiB", 0, nil, call.with("x-note", strings.Repeat("a", 32<<10)))
	addFramed("header of 1 MiB", 0, nil, call.with("x-note", strings.Repeat("a", 1<<20)))
	addFramed("two thousand fields", 0, nil, call.with(slices.Repeat([]string{"x-note", "a"}, 2000)...))
	addFramed("path of 32 KiB", 0, nil, call.replace(":path", "/api/v1/"+strings.Repeat("a", 32<<10)))
	addFramed("cookies of 32 KiB", 0, nil, call.with(slices.Repeat([]string{"cookie", strings.Repeat("a", 1000)}, 32)...))
	addFramed("body one byte too long", http.StatusRequestEntityTooLarge, nil, call.with("content-length", strconv.Itoa(maxBody+1)).carrying("hello"))
	framed[len(framed)-1].code = "body_too_large"
	playFramed(t, foldingUpstream, framed)
}

// A body that does not say how long it is, is cut at the limit, which is lowered
// here.
func TestSizeOfBodiesWithoutALength(t *testing.T) {
	t.Parallel()
	const limit = 16 << 10
	caddyfile := replaceOnce(t, string(gatewaytest.Shipped(t)), "max_size 100MiB", "max_size 16KiB")
	body := strings.Repeat("a", 2*limit)
	cut := atMostOnce(fromBob, func(_ testing.TB, a arrival) string {
		if n := strings.Count(a.raw, "aaaaaaaa") * 8; n > limit {
			return fmt.Sprintf("%d bytes of the body must not arrive", n)
		}
		return ""
	})
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	play(t, stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile}), []attack{{
		class: "sizes", name: "body in chunks", source: sizeSource, status: http.StatusRequestEntityTooLarge, code: "body_too_large", arrives: cut,
		bytes: "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Transfer-Encoding: chunked\r\n\r\n" + chunk,
	}})
	for _, f := range startFramedWith(t, caddyfile, foldingUpstream) {
		play(t, []*stage{f.stage}, on(f, []framedAttack{{
			class: "sizes (frames)", name: "body without a length", source: sizeSource, arrives: cut,
			message: func(s *stage) message { return ask("POST", "/api/v1/calls").as(s, "{bob}").carrying(body) },
		}}))
	}
}
