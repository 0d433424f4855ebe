package attack_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const confusionSource = "CVE-2024-45410, CVE-2021-32701 (a decision cached for another rule), CVE-2022-36083; OWASP API1:2023"

// What was decided about one request is not believed of another: not for another
// tenant, person, method or path on the same connection, however warm the caches.
func TestDecisions(t *testing.T) {
	t.Parallel()
	calls, billing := "/api/v1/calls", "/api/v1/billing/invoices"
	ask := func(method, path, who, slug string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {" + who + "-token}\r\nX-Tenant: " + slug + "\r\n\r\n"
	}
	inAcme, inGlobex := from(alice, "acme", tenancy.RoleAdmin), from(alice, "globex", tenancy.RoleViewer)
	ofPeggy := from(peggy, "globex", tenancy.RoleViewer)
	attacks := []attack{
		{name: "tenants in turn", bytes: strings.Repeat(ask("GET", calls, "alice", "acme")+ask("GET", calls, "alice", "globex"), 3), arrives: inOrder(inAcme, inGlobex, inAcme, inGlobex, inAcme, inGlobex)},
		{name: "role of another tenant", bytes: ask("POST", calls, "alice", "acme") + ask("POST", calls, "alice", "globex") + ask("POST", calls, "alice", "acme"), arrives: inOrder(inAcme, inAcme)},
		{name: "path of another role", bytes: ask("GET", billing, "alice", "acme") + ask("GET", billing, "alice", "globex") + ask("GET", calls, "alice", "globex") + ask("GET", billing, "bob", "acme"), arrives: inOrder(inAcme, inGlobex)},
		{name: "method of another role", bytes: ask("GET", calls, "alice", "globex") + ask("DELETE", calls, "alice", "globex") + ask("OPTIONS", calls, "alice", "globex"), arrives: inOrder(inGlobex, inGlobex)},
		{name: "people in turn", bytes: ask("GET", calls, "alice", "globex") + ask("GET", calls, "peggy", "globex") + ask("GET", calls, "bob", "globex") + ask("GET", calls, "alice", "globex"), arrives: inOrder(inGlobex, ofPeggy, inGlobex)},
		{name: "a stranger after a member", bytes: ask("GET", calls, "bob", "acme") + ask("GET", calls, "peggy", "acme") + ask("GET", calls, "bob", "acme"), arrives: inOrder(fromBob, fromBob)},
		{name: "nobody after a member", bytes: ask("GET", calls, "bob", "acme") + "GET " + calls + " HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: acme\r\n\r\n" + ask("GET", calls, "bob", "acme"), arrives: inOrder(fromBob, fromBob)},
		{name: "public after guarded", bytes: ask("GET", calls, "bob", "acme") + ask("GET", "/assets/app.js", "bob", "acme") + ask("GET", calls, "bob", "acme"), arrives: inOrder(fromBob, anonymous, fromBob)},
		{name: "id and slug", bytes: ask("GET", calls, "alice", "{acme}") + ask("GET", calls, "alice", "{globex}") + ask("GET", calls, "bob", "{globex}"), arrives: inOrder(inAcme, inGlobex)},
		{name: "a forged token after the true one", bytes: ask("GET", calls, "bob", "acme") + strings.Replace(ask("GET", calls, "bob", "acme"), "{bob-token}", "{bob-token}x", 1), arrives: inOrder(fromBob)},
		{name: "the API's answer after another's", bytes: ask("GET", "/api/v1/tenant", "alice", "acme") + ask("GET", "/api/v1/tenant", "alice", "globex") + ask("GET", "/api/v1/tenant", "peggy", "acme")},
	}
	for i := range attacks {
		a := &attacks[i]
		a.class, a.source, a.answers = "decisions", confusionSource, strings.Count(a.bytes, "HTTP/1.1\r\n")
		ids := strings.NewReplacer("{acme}", gatewaytest.Tenant(t, "acme").String(), "{globex}", gatewaytest.Tenant(t, "globex").String())
		a.bytes = ids.Replace(a.bytes)
	}
	play(t, startStages(t), attacks)
}

// The same under load: every answer is its asker's.
func TestDecisionsTogether(t *testing.T) {
	t.Parallel()
	s := startStages(t)[0]
	defer results.count(t, "decisions")
	type asker struct{ token, email, slug string }
	askers := []asker{{"{alice-token}", alice, "acme"}, {"{alice-token}", alice, "globex"}, {"{bob-token}", bob, "acme"}, {"{peggy-token}", peggy, "globex"}}
	var running sync.WaitGroup
	for worker := range 8 {
		running.Go(func() {
			for i := range 200 {
				a := askers[(worker+i)%len(askers)]
				path := fmt.Sprintf("/api/v1/calls/%d/%d", worker, i)
				got := s.ask(t, path, s.fill(a.token), a.slug)
				want := fmt.Sprintf("200 GET %s tenant=%s user=%s\n", path, gatewaytest.Tenant(t, a.slug), gatewaytest.Person(t, tenancy.Email(a.email)))
				if got != want {
					t.Errorf("got %q, want %q", got, want)
					return
				}
			}
		})
	}
	running.Wait()
}
