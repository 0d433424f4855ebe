package attack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const placeholderSource = "CVE-2023-50463 and its kin: Caddy expands {placeholders} in what it is configured with"

// placeholders are what Caddy would make something else of, were it asked to.
var placeholders = []string{
	"{env.JWT_SECRET}", "{$JWT_SECRET}", "{file./etc/hostname}", "{system.hostname}", "{http.request.header.Authorization}", "{http.vars.root}", "{http.request.remote.host}", "{time.now}",
}

// What a client says stays text, wherever it says it.
func TestPlaceholdersOfClients(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, text := range placeholders {
		for path, arrives := range map[string]condition{"/api/v1/calls": fromBob, "/assets/app.js": anonymous} {
			who := "{bob}"
			if strings.HasPrefix(path, "/assets/") {
				who = ""
			}
			attacks = append(attacks, attack{
				class: "placeholders", name: text + " to " + path, source: placeholderSource, status: http.StatusOK,
				bytes: "GET " + path + "?q=" + text + " HTTP/1.1\r\nHost: gateway.test\r\n" + who + lines("X-Note: "+text, "Cookie: a="+text, "User-Agent: "+text, "Accept: "+text),
				arrives: once(arrives, header("X-Note", text), header("Cookie", "a="+text), header("User-Agent", text), header("Accept", text),
					func(_ testing.TB, a arrival) string {
						if !strings.HasSuffix(a.target, "?q="+text) {
							return "the query must stay text, the target is " + a.target
						}
						return ""
					}),
			})
		}
		attacks = append(attacks, attack{
			class: "placeholders", name: text + " for a tenant", source: placeholderSource, status: http.StatusBadRequest,
			bytes: "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {bob-token}\r\n" + lines("X-Tenant: "+text),
		})
	}
	play(t, startStages(t), attacks)
}

// Names that are stored, and said to upstreams or shown again, stay text too.
func TestPlaceholdersOfTenants(t *testing.T) {
	t.Parallel()
	s := startStages(t)[0]
	create := func(body string) answer {
		return s.exchange(t, s.fill(fmt.Sprintf("POST /api/v1/tenants HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {alice-token}\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)))[0]
	}
	for i, text := range placeholders {
		t.Run(text, func(t *testing.T) {
			defer results.count(t, "placeholders")
			got := create(fmt.Sprintf(`{"name":%q,"slug":"placeholders-%d"}`, text, i))
			if got.status != http.StatusCreated || !strings.Contains(got.body, fmt.Sprintf(`"name":%q`, text)) {
				t.Errorf("making a tenant of that name: got %d %s", got.status, got.body)
			}
			got = create(fmt.Sprintf(`{"name":"Placeholders","slug":%q}`, text))
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "/slug") {
				t.Errorf("making one of that slug: got %d %s, want 422", got.status, got.body)
			}
		})
	}
}
