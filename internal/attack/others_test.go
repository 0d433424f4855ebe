package attack_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const othersSource = "OWASP API1:2023, API3:2023; CWE-639"

// invitationOfOthers is a pending one of globex; the tests put it there.
const invitationOfOthers = "019b76da-a800-7000-8000-0000000f0001"

// An admin who names what is another tenant's, in a path of their own tenant, in a
// body or as a cursor, gets what is said of something that does not exist, and
// changes nothing.
func TestIDsOfOthers(t *testing.T) {
	t.Parallel()
	s := startStages(t)[0]
	tenancytest.Exec(t, s.database, `INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
		SELECT $1, id, 'mallory@evil.example', 'admin', sha256('x'), now() + interval '1 day' FROM tenants WHERE slug = 'globex'`, invitationOfOthers)
	globex, membership := gatewaytest.Tenant(t, "globex").String(), strings.TrimSpace(tenancytest.Rows(t, s.database,
		`SELECT m.id::text FROM tenant_users m JOIN users u ON u.id = m.user_id JOIN tenants t ON t.id = m.tenant_id WHERE u.email = $1 AND t.slug = 'globex'`, peggy))
	before := s.rowsOf(t, globex)
	ids := map[string][2]string{ // what is another's, and what is nobody's
		"membership": {membership, nowhere}, "person": {gatewaytest.Person(t, peggy).String(), nowhere}, "address": {peggy, "nobody@globex.test"}, "invitation": {invitationOfOthers, nowhere}, "tenant": {globex, nowhere},
	}
	for _, e := range endpoints(t) {
		if !strings.Contains(e.path, "{member}") && !strings.Contains(e.path, "{invitation}") {
			continue
		}
		for kind, id := range ids {
			for _, body := range []string{"", `{"role":"admin"}`} {
				t.Run(e.method+" "+e.path+" "+kind+" "+body, func(t *testing.T) {
					defer results.count(t, "other tenants")
					path := strings.NewReplacer("{id}", gatewaytest.Tenant(t, "acme").String(), "{member}", "{of}", "{invitation}", "{of}").Replace(e.path)
					s.alike(t, e.method, path, body, id)
				})
			}
		}
	}
	for name, request := range map[string][2]string{
		"accepting an invitation to another": {"POST /api/v1/invitations/accept", `{"id":"{of}"}`}, "switching": {"POST /api/v1/tenants/{of}/switch", ""},
	} {
		t.Run(name, func(t *testing.T) {
			defer results.count(t, "other tenants")
			method, path, _ := strings.Cut(request[0], " ")
			id := ids["invitation"]
			if name == "switching" {
				id = [2]string{gatewaytest.Tenant(t, "initech").String(), nowhere} // where alice is nobody
			}
			s.alike(t, method, path, request[1], id)
		})
	}
	for _, list := range []string{"members", "invitations", "audit"} {
		t.Run("cursor of "+list, func(t *testing.T) {
			defer results.count(t, "other tenants")
			for _, id := range []string{membership, invitationOfOthers, globex, "00000000-0000-0000-0000-000000000000"} {
				raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
				if err != nil {
					t.Fatal(err)
				}
				path := "/api/v1/tenants/" + gatewaytest.Tenant(t, "acme").String() + "/" + list + "?cursor=" + base64.RawURLEncoding.EncodeToString(raw)
				got := s.admins(t, http.MethodGet, path, "")
				if got.status != http.StatusOK || strings.Contains(got.body, "globex.test") && strings.Contains(got.body, peggy) || strings.Contains(got.body, "mallory") || strings.Contains(got.body, globex) {
					t.Errorf("got %d %s; source: %s", got.status, got.body, othersSource)
				}
			}
		})
	}
	if after := s.rowsOf(t, globex); after != before {
		t.Errorf("rows of the other tenant: got\n%s\nwant\n%s", after, before)
	}
}

// alike has acme's admin name one id and the other, in the place of {of}.
func (s *stage) alike(t testing.TB, method, path, body string, ids [2]string) {
	t.Helper()
	var said [2]string
	for i, id := range ids {
		got := s.admins(t, method, strings.ReplaceAll(path, "{of}", id), strings.ReplaceAll(body, "{of}", id))
		said[i] = strings.NewReplacer(got.header.Get("X-Request-Id"), "", id, "").Replace(fmt.Sprint(got.status, " ", got.body))
		if got.status < 400 || got.status >= 500 {
			t.Errorf("%s: got %d %s, want a refusal; source: %s", id, got.status, got.body, othersSource)
		}
	}
	if said[0] != said[1] {
		t.Errorf("got %s\nwhere nothing is: %s; source: %s", said[0], said[1], othersSource)
	}
}

// admins is the answer to alice.
func (s *stage) admins(t testing.TB, method, path, body string) answer {
	t.Helper()
	answers := s.exchange(t, s.fill(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {alice-token}\r\nX-Tenant: acme\r\nIf-Match: \"1\"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, len(body), body)))
	if len(answers) != 1 {
		t.Fatalf("got %+v, want one answer", answers)
	}
	return answers[0]
}
