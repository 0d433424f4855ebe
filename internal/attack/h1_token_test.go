package attack_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const tokenSource = "RFC 8725, sections 2 and 3; CVE-2015-9235, CVE-2018-0114, CVE-2016-10555, CVE-2022-21449 and their kin"

// with asks for the calls of a tenant with a token.
func with(token, slug string) string {
	return "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: " + slug + "\r\nAuthorization: Bearer " + token + "\r\n\r\n"
}

// Two issuers call their key "default", and their people "1". Neither can speak
// of the other's.
func TestIssuers(t *testing.T) {
	t.Parallel()
	one, two := startIssuer(t, "https://one.example"), startIssuer(t, "https://two.example")
	stages := stagesOf(t, gatewaytest.Options{Caddyfile: trusting(t, one, two)})
	ofBob, ofPeggy := one.token(t, "1", bob), two.token(t, "1", peggy)
	asPeggy := from(peggy, "globex", tenancy.RoleViewer)
	var attacks []attack
	add := func(name, request string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{
			class: "issuers", name: name, source: tokenSource, bytes: request, status: status, arrives: arrives, answers: strings.Count(request, "HTTP/1.1\r\n"),
		})
	}
	refused := func(name, token string) {
		add(name, with(token, "acme"), http.StatusUnauthorized, nil)
		add(name+", in the other tenant", with(token, "globex"), http.StatusUnauthorized, nil)
	}
	for range 2 { // cold, and warm
		add("the first", with(ofBob, "acme"), http.StatusOK, once(fromBob))
		add("the second", with(ofPeggy, "globex"), http.StatusOK, once(asPeggy))
		add("both in turn", with(ofBob, "acme")+with(ofPeggy, "globex")+with(ofBob, "acme"), http.StatusOK, inOrder(fromBob, asPeggy, fromBob))
		add("the first in the second's tenant", with(ofBob, "globex"), http.StatusForbidden, nil)
		add("the second in the first's tenant", with(ofPeggy, "acme"), http.StatusForbidden, nil)
	}
	oneKey, twoKey := one.keys["default"], two.keys["default"]
	kid := head{"kid": "default"}
	refused("one's key under two's name", two.signed(t, kid, oneKey, "1", peggy))
	refused("two's key under one's name", one.signed(t, kid, twoKey, "1", bob))
	refused("one's key under our name", one.signed(t, kid, oneKey, gatewaytest.Person(t, bob).String(), bob, claims{"iss": "tenantgate", "aud": "tenantgate"}))
	refused("one's key under no name", one.signed(t, kid, oneKey, gatewaytest.Person(t, bob).String(), bob, claims{"iss": nil}))
	refused("our secret under one's name", sign(t, kid, claims{"iss": one.name, "aud": one.name + "-api", "sub": "1", "exp": soon()}, []byte(gatewaytest.Secret)))
	for name, iss := range map[string]any{"slash": one.name + "/", "case": "https://ONE.example", "space": one.name + " ", "list": []string{one.name}, "stranger": "https://three.example", "number": 1} {
		refused("iss: "+name, one.signed(t, kid, oneKey, "1", bob, claims{"iss": iss}))
	}
	for name, aud := range map[string]any{"the other's": two.name + "-api", "ours": "tenantgate", "none": nil, "empty": "", "prefix": one.name, "case": strings.ToUpper(one.name) + "-API", "empty list": []string{}} {
		refused("aud: "+name, one.token(t, "1", bob, claims{"aud": aud}))
	}
	refused("an unverified address", one.token(t, "unverified", alice, claims{"email_verified": false}))
	refused("no address", one.token(t, "nobody", "", claims{"email": nil}))
	add("another address later", with(one.token(t, "1", alice), "acme"), http.StatusOK, once(fromBob))
	play(t, stages, attacks)
}

// Tokens that some verifier takes.
func TestTokens(t *testing.T) {
	t.Parallel()
	one := startIssuer(t, "https://one.example")
	edwards := newEd25519(t)
	key := one.keys["default"].(*rsa.PrivateKey)
	short, long := newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P384())
	one.publish(map[string]crypto.Signer{"default": key, "edwards": edwards, "short": short, "curve": long})
	stages := stagesOf(t, gatewaytest.Options{Caddyfile: trusting(t, one)})
	attacks := []attack{
		{name: "honest, RS256", bytes: with(one.token(t, "1", bob), "acme"), status: http.StatusOK, arrives: once(fromBob)},
		{name: "honest, EdDSA", bytes: with(one.signed(t, head{"kid": "edwards"}, edwards, "1", bob), "acme"), status: http.StatusOK, arrives: once(fromBob)},
		{name: "honest, ES256", bytes: with(one.signed(t, head{"kid": "short", "alg": "ES256"}, short, "1", bob), "acme"), status: http.StatusOK, arrives: once(fromBob)},
	}
	forge := forger{t: t, issuer: one, key: key, edwards: edwards, curve: long, stranger: newRSA(t)}
	for _, forged := range []map[string]string{forge.algorithms(), forge.headers(), forge.claims(), forge.forms(), forge.texts(), forge.curves()} {
		for name, token := range forged {
			attacks = append(attacks, attack{name: name, bytes: with(token, "acme"), status: http.StatusUnauthorized})
		}
	}
	for i := range attacks {
		attacks[i].class, attacks[i].source = "tokens", tokenSource
	}
	play(t, stages, attacks)
}

// The gateway's own assertion, which every upstream sees, opens nothing.
func TestAssertionIsNoToken(t *testing.T) {
	t.Parallel()
	s := startStages(t)[2]
	s.exchange(t, s.fill("GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n"))
	seen := s.upstream.take()
	if len(seen) == 0 || seen[0].value("X-Tenantgate-Assertion") == "" {
		t.Fatalf("no assertion arrived: %s", describe(seen))
	}
	assertion := seen[0].value("X-Tenantgate-Assertion")
	var attacks []attack
	for how, line := range map[string]string{
		"as a bearer token": "Authorization: Bearer " + assertion, "as a cookie": "Cookie: tenantgate_session=" + assertion, "in its own header": "X-Tenantgate-Assertion: " + assertion,
	} {
		for path, request := range map[string]string{"to the upstream": "/api/v1/calls", "to the API": "/api/v1/tenant"} {
			attacks = append(attacks, attack{
				class: "tokens", name: "assertion " + how + " " + path, source: tokenSource, status: http.StatusUnauthorized,
				bytes: lines("GET "+request+" HTTP/1.1", "Host: gateway.test", "X-Tenant: acme", "Sec-Fetch-Site: same-origin", line),
			})
		}
	}
	play(t, []*stage{s}, attacks)
}
