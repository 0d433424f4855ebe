package attack_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tenantgate/tenantgate"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// endpoint is one of the gateway's own.
type endpoint struct {
	method, path string // "POST", "/api/v1/tenants/{id}/switch"
	open         bool   // to whoever has no token
}

// endpoints reads openapi.yaml: what is added there is attacked here.
func endpoints(t testing.TB) (all []endpoint) {
	t.Helper()
	var contract struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal(tenantgate.OpenAPI, &contract); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(contract.Paths)) {
		for _, method := range []string{"get", "put", "post", "patch", "delete"} {
			node, there := contract.Paths[path][method]
			if !there {
				continue
			}
			var operation struct {
				Security *[]map[string][]string
			}
			if err := node.Decode(&operation); err != nil {
				t.Fatal(err)
			}
			all = append(all, endpoint{strings.ToUpper(method), path, operation.Security != nil && asksNothing(*operation.Security)})
		}
	}
	if len(all) < 40 {
		t.Fatalf("the contract has only %d endpoints", len(all))
	}
	return all
}

// asksNothing reports whether one of the ways to be let in is to show nothing.
func asksNothing(security []map[string][]string) bool {
	return len(security) == 0 || slices.ContainsFunc(security, func(way map[string][]string) bool { return len(way) == 0 })
}

// at fills the words in braces: a tenant's id, and something that is nowhere.
func (e endpoint) at(tenant string) string {
	path := strings.Replace(e.path, "/tenants/{id}", "/tenants/"+tenant, 1)
	for _, word := range []string{"{id}", "{member}", "{invitation}"} {
		path = strings.ReplaceAll(path, word, nowhere)
	}
	return strings.ReplaceAll(path, "{key}", "no.such.key")
}

// nowhere is the id of nothing.
const nowhere = "019b76da-a800-7000-8000-0000000fffff"

// What is for the gateway itself never reaches an upstream, whatever is said with
// it, and holds to the same rules as what does.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	var attacks []attack
	forged := slices.Concat(evilLines("-"), evilLines("_"))
	for _, e := range endpoints(t) {
		path := e.at(gatewaytest.Tenant(t, "acme").String())
		add := func(name, request string, judge func(status int) bool) {
			attacks = append(attacks, attack{
				class: "endpoints", name: e.method + " " + e.path + ", " + name, source: "docs/security.md, What is refused", bytes: request, answers: anyNumber,
				send: func(t testing.TB, s *stage) []answer {
					t.Helper()
					answers := s.exchange(t, s.fill(request))
					if len(answers) == 0 || !judge(answers[0].status) {
						t.Errorf("got %+v", answers)
					}
					return answers
				},
			})
		}
		is := func(statuses ...int) func(int) bool {
			return func(status int) bool { return slices.Contains(statuses, status) }
		}
		refused := func(status int) bool { return status >= 400 && status < 500 }
		head := func(method, path string) string { return method + " " + path + " HTTP/1.1\r\nHost: gateway.test\r\n" }
		if !e.open {
			add("no token", head(e.method, path)+"\r\n", is(401, 404, 405))
			add("forged names for a token", head(e.method, path)+lines(forged...), is(401, 404, 405))
		}
		if e.method != http.MethodGet {
			add("cookie of another site", head(e.method, path)+"Cookie: tenantgate_session={carol-token}\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n\r\n", refused)
		}
		add("forged names", head(e.method, path)+"{carol}"+lines(forged...), func(status int) bool { return status >= 200 && status < 500 })
		add("forged trailers", head(e.method, path)+"{carol}Transfer-Encoding: chunked\r\n\r\n0\r\n"+lines(forged...), func(status int) bool { return status >= 200 && status < 500 })
		add("CONNECT", head("CONNECT", path)+"{carol}\r\n", is(405))
		add("TRACE", head("TRACE", path)+"{carol}\r\n", is(405))
		add("WebSocket", head("GET", path)+"{carol}Connection: Upgrade\r\n"+lines(handshake...), func(status int) bool { return status >= 200 && status < 500 })
		add("h2c", head(e.method, path)+"{carol}"+lines("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"), func(status int) bool { return status >= 200 && status < 500 })
		add("two hosts", head(e.method, path)+"Host: evil.example\r\n{carol}\r\n", is(400))
		add("two tokens", head(e.method, path)+"{carol}Authorization: Bearer {alice-token}\r\n\r\n", is(400))
		for _, other := range []string{path + "/..;/x", "/assets/.." + path, "/assets/%2e%2e" + path, path + "//", strings.Replace(path, "/", "//", 1), path + "%00", path + "%2f", path + ";x", path + "#x", strings.Replace(path[1:], "/", `\`, 1)} {
			add("path "+other, head(e.method, other)+"{carol}\r\n", is(400))
		}
	}
	play(t, startStages(t)[2:], attacks)
}

// evilLines are one line for each name that somebody believes.
func evilLines(separator string) (all []string) {
	for _, name := range forgeable {
		if name != "X-Tenant" {
			all = append(all, strings.ReplaceAll(name, "-", separator)+": evil")
		}
	}
	return all
}

// People of one tenant cannot tell another that exists from one that does not, on
// no endpoint, by no method, with no body; and change nothing in it.
func TestOtherTenants(t *testing.T) {
	t.Parallel()
	s := startStages(t)[0]
	acme := gatewaytest.Tenant(t, "acme").String()
	before := s.rowsOf(t, acme)
	for _, e := range endpoints(t) {
		if !strings.Contains(e.path, "/tenants/{id}") {
			continue
		}
		for _, body := range []string{
			"", "{}", `{"email":"peggy@globex.test","role":"admin"}`, `{"name":"Taken"}`, `{"status":"suspended"}`, `{"role":"admin"}`, `{"value":1}`, `{"domain":"evil.example"}`,
		} {
			t.Run(e.method+" "+e.path+" "+body, func(t *testing.T) {
				defer results.count(t, "other tenants")
				there, not := s.tryTenant(t, e, acme, body), s.tryTenant(t, e, nowhere, body)
				if there != not {
					t.Errorf("got %s\nwhere nothing is: %s", there, not)
				}
			})
		}
	}
	if after := s.rowsOf(t, acme); after != before {
		t.Errorf("rows of the other tenant: got\n%s\nwant\n%s", after, before)
	}
	for _, a := range s.upstream.take() {
		if a.target != fencePath {
			t.Errorf("the upstream got %q", a.raw)
		}
	}
}

// tryTenant has peggy, who is in globex alone, ask an endpoint of a tenant, and
// returns the answer but for what names the request and the tenant.
func (s *stage) tryTenant(t testing.TB, e endpoint, tenant, body string) string {
	t.Helper()
	request := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {peggy-token}\r\nIf-Match: \"1\"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		e.method, e.at(tenant), len(body), body)
	answers := s.exchange(t, s.fill(request))
	if len(answers) != 1 || answers[0].status < 400 || answers[0].status >= 500 {
		t.Fatalf("got %+v, want one refusal", answers)
	}
	a := answers[0]
	text := strings.NewReplacer(a.header.Get("X-Request-Id"), "", tenant, "").Replace(fmt.Sprint(a.status, " ", a.body))
	a.header.Del("X-Request-Id")
	a.header.Del("Date")
	a.header.Del("Retry-After")
	return fmt.Sprint(text, a.header)
}

// rowsOf returns every row of a tenant.
//
// Left out: that somebody was refused, which the tenant's log is to tell.
func (s *stage) rowsOf(t testing.TB, tenant string) string {
	t.Helper()
	return tenancytest.Rows(t, s.database, `
		SELECT to_jsonb(t)::text FROM tenants t WHERE id = $1
		UNION ALL SELECT to_jsonb(m)::text FROM tenant_users m WHERE tenant_id = $1
		UNION ALL SELECT to_jsonb(i)::text FROM invitations i WHERE tenant_id = $1
		UNION ALL SELECT to_jsonb(c)::text FROM tenant_configs c WHERE tenant_id = $1
		UNION ALL SELECT to_jsonb(a)::text FROM audit_log a WHERE tenant_id = $1 AND action <> 'access.refused'
		ORDER BY 1`, tenant)
}
