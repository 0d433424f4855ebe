package attack_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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
	refused("our secret under one's name", sign(t, kid, claims{"iss": one.name, "aud": one.name + "-api", "sub": "1", "exp": time.Now().Add(time.Minute).Unix()}, []byte(gatewaytest.Secret)))
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
	one.publish(map[string]crypto.Signer{"default": key, "edwards": edwards})
	stages := stagesOf(t, gatewaytest.Options{Caddyfile: trusting(t, one)})
	attacks := []attack{
		{name: "honest, RS256", bytes: with(one.token(t, "1", bob), "acme"), status: http.StatusOK, arrives: once(fromBob)},
		{name: "honest, EdDSA", bytes: with(one.signed(t, head{"kid": "edwards"}, edwards, "1", bob), "acme"), status: http.StatusOK, arrives: once(fromBob)},
	}
	for name, token := range forgeries(t, one, key, edwards) {
		attacks = append(attacks, attack{name: name, bytes: with(token, "acme"), status: http.StatusUnauthorized})
	}
	for i := range attacks {
		attacks[i].class, attacks[i].source = "tokens", tokenSource
	}
	play(t, stages, attacks)
}

// forgeries returns tokens of bob that are none, by what is wrong with them.
func forgeries(t testing.TB, one *issuer, key *rsa.PrivateKey, edwards crypto.Signer) map[string]string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	now := time.Now()
	payload := claims{"iss": one.name, "aud": one.name + "-api", "sub": "1", "exp": now.Add(time.Minute).Unix()}
	ours := claims{"iss": "tenantgate", "aud": "tenantgate", "sub": gatewaytest.Person(t, bob).String(), "exp": now.Add(time.Minute).Unix()}
	kid := head{"kid": "default"}
	stranger := newRSA(t)
	all := map[string]string{
		"none": sign(t, kid, payload, nil), "none, ours": sign(t, head{"typ": "at+jwt"}, ours, nil), "None": sign(t, head{"alg": "None"}, payload, nil),
		"HMAC with the public key as PEM": sign(t, kid, payload, public), "HMAC with the public key as DER": sign(t, kid, payload, der),
		"HMAC with the modulus": sign(t, kid, payload, key.N.Bytes()), "HMAC with an empty secret": sign(t, kid, ours, []byte{}), "HMAC with a guess": sign(t, head{"typ": "at+jwt"}, ours, []byte("secret")),
		"ours under HS512":    sign(t, head{"alg": "HS512", "typ": "at+jwt"}, ours, []byte(gatewaytest.Secret)),
		"RSA key under PS256": sign(t, head{"kid": "default", "alg": "PS256"}, payload, key), "RS512": sign(t, head{"kid": "default", "alg": "RS512"}, payload, key),
		"another's key": sign(t, kid, payload, stranger), "another's key under ours": sign(t, head{"typ": "at+jwt"}, ours, stranger), "the other kid": sign(t, head{"kid": "edwards"}, payload, key),
		"no kid": sign(t, head{}, payload, stranger), "kid of a file": sign(t, head{"kid": "../../../../dev/null"}, payload, []byte{}), "kid of SQL": sign(t, head{"kid": "' UNION SELECT 'x"}, payload, stranger),
		"jwk in the header": sign(t, head{"kid": "default", "jwk": jwk("default", stranger.Public())}, payload, stranger), "jku": sign(t, head{"kid": "default", "jku": one.url}, payload, stranger),
		"x5u": sign(t, head{"kid": "default", "x5u": one.url}, payload, stranger), "x5c": sign(t, head{"kid": "default", "x5c": []string{base64.StdEncoding.EncodeToString(der)}}, payload, stranger),
		"crit": sign(t, head{"kid": "default", "crit": []string{"exp"}}, payload, key), "b64": sign(t, head{"kid": "default", "b64": false, "crit": []string{"b64"}}, payload, key),
		"zip": sign(t, head{"kid": "default", "zip": "DEF"}, payload, key), "typ of an id_token": one.signed(t, head{"kid": "default", "typ": "id_token"}, key, "1", bob), "typ of an assertion": one.signed(t, head{"kid": "default", "typ": "tenantgate-assertion+jwt"}, key, "1", bob),
		"typ of a logout token": one.signed(t, head{"kid": "default", "typ": "logout+jwt"}, key, "1", bob), "cty of a nested one": one.signed(t, head{"kid": "default", "typ": "JWE"}, key, "1", bob),
		"nonce of an id_token": one.token(t, "1", bob, claims{"nonce": "x"}), "at_hash": one.token(t, "1", bob, claims{"at_hash": "x"}), "events": one.token(t, "1", bob, claims{"events": claims{}}), "token_use": one.token(t, "1", bob, claims{"token_use": "refresh"}),
		"token_type": one.token(t, "1", bob, claims{"token_type": "id_token"}), "typ claim": one.token(t, "1", bob, claims{"typ": "Refresh"}),
		"no exp": one.token(t, "1", bob, claims{"exp": nil}), "exp of text": one.token(t, "1", bob, claims{"exp": fmt.Sprint(now.Add(time.Minute).Unix())}), "exp of null": one.signed(t, kid, key, "1", bob, claims{"exp": json.RawMessage("null")}),
		"exp of 1e400": one.token(t, "1", bob, claims{"exp": json.RawMessage("1e400")}), "exp of 1e18": one.token(t, "1", bob, claims{"exp": json.RawMessage("1e18")}), "exp past": one.token(t, "1", bob, claims{"exp": now.Add(-time.Minute).Unix()}),
		"nbf to come": one.token(t, "1", bob, claims{"nbf": now.Add(time.Minute).Unix()}), "iat to come": one.token(t, "1", bob, claims{"iat": now.Add(time.Minute).Unix()}), "no sub": one.token(t, "1", bob, claims{"sub": nil}), "sub of a number": one.token(t, "1", bob, claims{"sub": 1}),
		"sub of 300 bytes": one.token(t, strings.Repeat("x", 300), bob), "deep": one.token(t, "1", bob, claims{"x": json.RawMessage(strings.Repeat("[", 2000) + strings.Repeat("]", 2000))}),
		"8 KiB": one.token(t, "1", bob, claims{"x": strings.Repeat("x", 8<<10)}), "sub of the raw id": one.token(t, gatewaytest.Person(t, alice).String(), "", claims{"email": nil}),
	}
	honest := one.token(t, "1", bob)
	parts := strings.Split(honest, ".")
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payloadText, _ := base64.RawURLEncoding.DecodeString(parts[1])
	for name, token := range map[string]string{
		"no signature": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1], "four parts": honest + ".x", "five parts, as JWE": honest + "." + parts[1] + "." + parts[2], "padding": honest + "=",
		"spaces": parts[0] + " ." + parts[1] + "." + parts[2], "other header": raw(`{"alg":"none","kid":"default"}`) + "." + parts[1] + "." + parts[2], "other payload": parts[0] + "." + raw(strings.Replace(string(payloadText), bob, alice, 1)) + "." + parts[2],
		"bits after the end": honest[:len(honest)-1] + string(honest[len(honest)-1]+1), "zero signature": parts[0] + "." + parts[1] + "." + raw(strings.Repeat("\x00", 256)), "half a signature": honest[:len(honest)-100],
		"dots": "..", "one dot": ".", "JSON": raw("{}") + "." + raw("{}") + "." + raw("x"), "JWS JSON serialization": `{"payload":"` + parts[1] + `"}`, "standard base64": strings.NewReplacer("-", "+", "_", "/").Replace(honest) + "==",
	} {
		all["form: "+name] = token
	}
	for name, text := range map[string]string{
		"duplicate sub": strings.Replace(string(payloadText), "{", `{"sub":"2",`, 1), "duplicate exp": strings.Replace(string(payloadText), "{", `{"exp":1,`, 1), "SUB in capitals": strings.Replace(string(payloadText), `"sub"`, `"SUB"`, 1),
		"after the end": string(payloadText) + "{}", "invalid UTF-8": strings.Replace(string(payloadText), `"1"`, "\"1\xff\"", 1), "byte order mark": "\ufeff" + string(payloadText), "comment": "/**/" + string(payloadText), "array": "[" + string(payloadText) + "]",
	} {
		signed := raw(`{"alg":"EdDSA","kid":"edwards"}`) + "." + raw(text)
		signature, err := edwards.Sign(nil, []byte(signed), crypto.Hash(0))
		if err != nil {
			t.Fatal(err)
		}
		all["JSON: "+name] = signed + "." + raw(string(signature))
	}
	return all
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
