package attack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// frontend is an origin that may read answers.
const frontend = "https://app.gateway.test"

// Every upstream of these tests says X-Tenant-ID, X-Tenantgate-* and
// Access-Control-* of its own (evilFields). What reaches the client is what the
// gateway says.
func TestResponses(t *testing.T) {
	t.Parallel()
	stages := stagesOf(t, gatewaytest.Options{
		Caddyfile: string(gatewaytest.Shipped(t)), Env: []string{"CORS_ORIGINS=" + frontend},
	})
	var attacks []attack
	for name, request := range map[string]string{
		"guarded": "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n", "public": "GET /assets/app.js HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
		"public, with a token": "GET /assets/app.js HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n",
		"another origin":       "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nOrigin: https://evil.example\r\n{bob}\r\n",
		"an allowed origin":    "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nOrigin: " + frontend + "\r\n{bob}\r\n",
		"a look-alike origin":  "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nOrigin: " + frontend + ".evil.example\r\n{bob}\r\n",
		"the origin null":      "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nOrigin: null\r\n{bob}\r\n",
		"HEAD":                 "HEAD /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n",
		"write":                "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 0\r\n{bob}\r\n",
		"HTTP/1.0":             "GET /api/v1/calls HTTP/1.0\r\nHost: gateway.test\r\n{bob}\r\n",
	} {
		attacks = append(attacks, attack{
			class: "responses", name: name, source: "RFC 9110, sections 7.6 and 12.5.5; Fetch Standard, section 3.3",
			status: http.StatusOK, arrives: once(),
			send: func(t testing.TB, s *stage) []answer {
				t.Helper()
				answers := s.exchange(t, s.fill(request))
				for _, a := range answers {
					judgeStamp(t, a, name)
				}
				return answers
			},
		})
	}
	play(t, stages, attacks)
}

// judgeStamp checks what an answer from an upstream says about its tenant.
func judgeStamp(t testing.TB, a answer, route string) {
	t.Helper()
	want := []string{gatewaytest.Tenant(t, "acme").String()}
	if strings.HasPrefix(route, "public") {
		want = nil
	}
	if diff := cmp.Diff(want, a.header.Values("X-Tenant-ID")); diff != "" {
		t.Errorf("X-Tenant-ID of the answer (-want +got):\n%s", diff)
	}
	if got := a.header.Values("X-Request-ID"); len(got) != 1 || len(got[0]) != 32 {
		t.Errorf("X-Request-ID of the answer: got %q, want one of ours", got)
	}
	for name := range a.header {
		if strings.HasPrefix(name, "X-Tenantgate-") {
			t.Errorf("the answer has %s", name)
		}
	}
	varies := strings.Join(a.header.Values("Vary"), ", ")
	for _, name := range []string{"Authorization", "Cookie", "X-Tenant"} {
		if want != nil && !slices.Contains(strings.Split(varies, ", "), name) {
			t.Errorf("Vary: got %q, want %s in it", varies, name)
		}
	}
	var allowed []string
	if route == "an allowed origin" {
		allowed = []string{frontend}
	}
	if diff := cmp.Diff(allowed, a.header.Values("Access-Control-Allow-Origin")); diff != "" {
		t.Errorf("Access-Control-Allow-Origin of the answer (-want +got):\n%s", diff)
	}
}
