package attack_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// A body that is not read to its end must end the connection with it: what
// follows is the rest of the body, and never a request. A front proxy, or a
// browser, that shares the connection would get the answers meant for others.
func TestUnreadBody(t *testing.T) {
	t.Parallel()
	const class, source = "smuggling by a pause", "CVE-2022-22720 and its kin; RFC 9112, section 9.3"
	caddyfile := replaceOnce(t, string(gatewaytest.Shipped(t)), "read_body_idle 20s 500", "read_body_idle 300ms 500")
	stages := stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile})
	hasty := startHasty(t)
	database := gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: hasty.url, Caddyfile: caddyfile})
	stages = append(stages, newStage(t, "hasty", g.Addr, hasty, g, database))
	opening := "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	for _, s := range stages {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for name, start := range map[string]string{
				"small body":          opening + "Content-Length: 1000\r\n\r\nhello",
				"large body":          opening + "Content-Length: 1000000\r\n\r\nhello",
				"body in chunks":      opening + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
				"half a chunk":        opening + "Transfer-Encoding: chunked\r\n\r\n500\r\nhello",
				"public":              "POST /assets/x HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1000\r\n\r\nhello",
				"public, in chunks":   "POST /assets/x HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
				"refused":             strings.Replace(opening, "calls", "billing/x", 1) + "Content-Length: 1000000\r\n\r\nhello",
				"API":                 strings.Replace(opening, "calls", "tenants", 1) + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
				"expects to continue": opening + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\nhello",
			} {
				t.Run(name, func(t *testing.T) {
					defer results.count(t, class)
					s.upstream.take()
					if more := s.smuggleAfterAnswer(t, s.fill(start)); len(more) > 0 {
						t.Errorf("the rest of the body was answered as a request: %+v; source: %s", more, source)
					}
					for _, a := range s.upstream.take() {
						if a.target == "/assets/smuggled" || strings.Contains(a.raw, "evil") {
							t.Errorf("a part of the body arrived as a request: %q", a.raw)
						}
					}
				})
			}
		})
	}
}

// smuggleAfterAnswer sends a request whose body stalls, and after the answer to
// it a request in the place of the body's rest. It returns the answers to that.
func (s *stage) smuggleAfterAnswer(t testing.TB, start string) (more []answer) {
	t.Helper()
	conn := dial(t, s.addr)
	defer conn.Close()
	if _, err := io.WriteString(conn, start); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	if first, _ := readAnswer(t, reader, http.MethodPost); first.status < http.StatusBadRequest {
		t.Errorf("got status %d to a body without an end, want a failure", first.status)
	}
	const smuggled = "GET /assets/smuggled HTTP/1.1\r\nHost: gateway.test\r\nX-Note: evil\r\n\r\n"
	_, _ = io.WriteString(conn, smuggled) // the connection may be closed by now
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return more
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		more = append(more, answer{status: response.StatusCode, body: string(body)})
	}
}

// startHasty starts an upstream that hangs up on a POST when it has read the
// header.
func startHasty(t testing.TB) *upstream {
	t.Helper()
	return serveEach(t, func(u *upstream, conn net.Conn) {
		reader := bufio.NewReader(conn)
		line, _ := readLine(reader)
		var a arrival
		a.method, a.target, _ = strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
		_ = a.readFields(reader)
		u.keep(a)
		if a.method != http.MethodPost {
			_, _ = io.WriteString(conn, u.ordinary(a))
		}
	})
}

// replaceOnce replaces what must be there exactly once.
func replaceOnce(t testing.TB, text, from, to string) string {
	t.Helper()
	if n := strings.Count(text, from); n != 1 {
		t.Fatalf("%q is there %d times, want once", from, n)
	}
	return strings.Replace(text, from, to, 1)
}
