package attack_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const (
	secretsSource = "CWE-532, CWE-209; CVE-2021-36157 and its kin"
	password      = "demo-password"
	badPassword   = "a wrong password"
)

// Nothing that is secret, and nobody's address, is in the log at its most
// talkative, in the metrics, in an answer or in what the admin endpoint shows.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	traces := startCollector(t)
	caddyfile := replaceOnce(t, string(gatewaytest.Shipped(t)), "\trequest_body {\n", "\ttracing\n\trequest_body {\n")
	dead := tenancytest.FreePort(t)
	caddyfile += siteAgain(t, caddyfile, dead, "http://"+loopback(tenancytest.FreePort(t))) // nobody listens there
	stages := stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile, Env: append(traces.env(), "LOG_LEVEL=debug")})
	secrets := map[string]string{
		"the secret": gatewaytest.Secret, "the secret in base64": base64.StdEncoding.EncodeToString([]byte(gatewaytest.Secret)),
		"a password": password, "a wrong password": badPassword, "an address": "bob@acme.test", "an encoded address": "bob%40acme", "an address, encoded twice": "bob%2540acme",
		"the address of a stranger": "mallory@evil.example", "a token in a query": "token-in-a-query",
	}
	said := make(map[string]string)
	for _, s := range stages {
		for name, token := range map[string]string{"bob's token": s.fill("{bob-token}"), "alice's token": s.fill("{alice-token}")} {
			secrets[name+" at "+s.name] = token[strings.LastIndex(token, ".")+1:]
		}
		for name, request := range tellingRequests(t) {
			said[name+" at "+s.name] = talk(t, s, request)
		}
	}
	for name, token := range signIn(t, stages[0]) {
		secrets[name] = token
	}
	toNobody := *stages[0]
	toNobody.addr = loopback(dead)
	talk(t, &toNobody, "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}\r\n")
	for _, seen := range stages[0].upstream.take() {
		if assertion := seen.value("X-Tenantgate-Assertion"); assertion != "" {
			secrets["an assertion"] = assertion[strings.LastIndex(assertion, ".")+1:]
		}
	}
	stages[0].ask(t, "/api/v1/the-last-one", stages[0].fill("{bob-token}"), "acme")
	waitFor(t, "the last request in the access log", func() bool { return strings.Contains(stages[0].gateway.Log(), "/api/v1/the-last-one") })

	said["the log"], said["the metrics"] = stages[0].gateway.Log(), stages[0].metrics(t)
	said["the configuration"] = stages[0].admin(t, "/config/")
	waitFor(t, "the last request in the traces", func() bool { return strings.Contains(traces.text(), "/api/v1/the-last-one") })
	said["the traces"] = traces.text()
	for place, text := range said {
		for name, secret := range secrets {
			if place == "the traces" && strings.Contains(name, "address") {
				continue // spans have paths, and paths have addresses: docs/operations.md
			}
			t.Run(name+" in "+place, func(t *testing.T) {
				defer results.count(t, "secrets")
				if at := strings.Index(text, secret); at >= 0 {
					t.Errorf("%s is there: …%s… (%s)", name, text[max(0, at-300):min(len(text), at+100)], secretsSource)
				}
			})
		}
	}
}

// signIn signs in for tokens and for cookies, uses what it gets, at the API and
// where it does not belong, and returns each with a name.
func signIn(t testing.TB, s *stage) map[string]string {
	t.Helper()
	secrets := make(map[string]string)
	post := func(path, fields, body string) answer {
		return s.exchange(t, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: gateway.test\r\nSec-Fetch-Site: same-origin\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, fields, len(body), body))[0]
	}
	const who = `{"email":"carol@acme.test","password":"` + password + `"`
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if got := post("/api/v1/auth/login", "", who+"}"); json.Unmarshal([]byte(got.body), &tokens) != nil || tokens.Refresh == "" {
		t.Fatalf("signing in: got %d %s", got.status, got.body)
	}
	secrets["an access token"], secrets["a refresh token"] = tokens.Access[strings.LastIndex(tokens.Access, ".")+1:], tokens.Refresh
	for range 2 { // the second time it is replayed
		post("/api/v1/auth/refresh", "", fmt.Sprintf(`{"refresh_token":%q}`, tokens.Refresh))
	}
	cookies := ""
	got := post("/api/v1/auth/login", "", who+`,"cookie":true}`)
	for _, cookie := range (&http.Response{Header: got.header}).Cookies() {
		secrets["the cookie "+cookie.Name] = cookie.Value[strings.LastIndex(cookie.Value, ".")+1:]
		cookies += "Cookie: " + cookie.Name + "=" + cookie.Value + "\r\n"
	}
	if strings.Count(cookies, "Cookie: ") != 2 {
		t.Fatalf("signing in for cookies: got %d %v", got.status, got.header)
	}
	for _, path := range []string{"/api/v1/calls", "/api/v1/auth/nowhere", "/api/v1/auth/refresh", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/assets/x?x=" + tokens.Refresh} {
		post(path, cookies, "")
	}
	return secrets
}

// talk plays a request and returns what the answers say, but for those that are
// meant to hold a token or an address: of sign-in and of the API's successes.
func talk(t testing.TB, s *stage, request string) string {
	t.Helper()
	var all strings.Builder
	for _, a := range s.exchange(t, s.fill(request)) {
		if a.status >= 300 {
			fmt.Fprintln(&all, a.header, a.body)
		}
	}
	return all.String()
}

// tellingRequests hold something that somebody might log.
func tellingRequests(t testing.TB) map[string]string {
	t.Helper()
	members := "/api/v1/tenants/" + gatewaytest.Tenant(t, "acme").String() + "/members"
	head := " HTTP/1.1\r\nHost: gateway.test\r\nReferer: https://gateway.test/members/bob@acme.test?token=token-in-a-query\r\n"
	alice := "Authorization: Bearer {alice-token}\r\nX-Tenant: acme\r\n"
	post := func(path, credentials, body string) string {
		return fmt.Sprintf("POST %s%s%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, head, credentials, len(body), body)
	}
	login := func(email, password string) string {
		return post("/api/v1/auth/login", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	}
	all := map[string]string{
		"guarded": "GET /api/v1/calls" + head + "{bob}\r\n", "cookie": "GET /api/v1/calls" + head + "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\n\r\n",
		"refused": "GET /api/v1/billing/x" + head + "{bob}\r\n", "token in the query": "GET /api/v1/calls?access_token=token-in-a-query&x={bob-token}" + head + "\r\n",
		"forged": "GET /api/v1/calls" + head + "Authorization: Bearer {bob-token}x\r\n\r\n", "two tokens": "GET /api/v1/calls" + head + "{bob}" + alice + "\r\n",
		"sign-in": login("bob@acme.test", password), "wrong password": login("bob@acme.test", badPassword), "stranger": login("mallory@evil.example", badPassword),
		"malformed sign-in": post("/api/v1/auth/login", "", `{"email":"bob@acme.test","password":"`+badPassword+`","x":1}`), "half a sign-in": post("/api/v1/auth/login", "", `{"password":"`+badPassword),
		"sign-in in the query": "POST /api/v1/auth/login?email=bob@acme.test&password=demo-password" + head + "Content-Length: 0\r\n\r\n",
		"adding a member":      post(members, alice, `{"email":"mallory@evil.example","role":"viewer"}`), "adding a member twice": post(members, alice, `{"email":"bob@acme.test","role":"viewer"}`),
		"upgrade": "GET /api/v1/calls" + head + "{bob}Connection: Upgrade\r\n" + lines(handshake...), "404": "GET /nowhere/bob@acme.test" + head + "{bob}\r\n", "public": "GET /assets/bob@acme.test" + head + "\r\n",
		"assertion sent": "GET /api/v1/calls" + head + "{bob}X-Tenantgate-Assertion: {alice-token}\r\nX-User-Email: mallory@evil.example\r\n\r\n",
		"bad host":       "GET /api/v1/members/bob@acme.test HTTP/1.1\r\nHost: a,b\r\n{bob}\r\n", "bad method": "TRACE /api/v1/members/bob@acme.test" + head + "{bob}\r\n",
		"bad path": "GET /api/v1/members/../bob@acme.test" + head + "{bob}\r\n", "in the middle": "GET /api/v1/members/bob@acme.test/roles/bob@acme.test?x=bob@acme.test" + head + "{bob}\r\n",
	}
	for name, address := range map[string]string{
		"plain": "bob@acme.test", "encoded": "bob%40acme.test", "encoded twice": "bob%2540acme.test", "encoded whole": encodeAll("bob@acme.test"), "stranger": "mallory@evil.example",
	} {
		all["removing a member, "+name] = "DELETE " + members + "/" + address + head + strings.ReplaceAll(alice, "{alice-token}", "{bob-token}") + "\r\n"
		all["removing a member, nobody, "+name] = "DELETE " + members + "/" + address + head + "\r\n"
	}
	return all
}

func encodeAll(s string) string {
	var all strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&all, "%%%02x", s[i])
	}
	return all.String()
}

func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// A gateway that cannot start says which setting is at fault, and not what is in
// it.
func TestSecretsInRefusalsToStart(t *testing.T) {
	t.Parallel()
	const secret = "pA55-of-the-tests"
	for name, env := range map[string]string{
		"database that is away": "DATABASE_URL=postgres://me:" + secret + "@127.0.0.1:1/x", "database, malformed": "DATABASE_URL=postgres://me:" + secret + "@[::1/x", "database, bad port": "DATABASE_URL=postgres://me:" + secret + "@localhost:x/x",
		"database, key words": "DATABASE_URL=host=127.0.0.1 port=1 password=" + secret + " user='me", "database, bad option": "DATABASE_URL=postgres://me:" + secret + "@127.0.0.1:1/x?sslmode=nonsense", "database, escaped": "DATABASE_URL=postgres://me:" + secret + "%zz@127.0.0.1/x",
		"redis, malformed": "REDIS_URL=redis://:" + secret + "@[::1/0", "redis, bad scheme": "REDIS_URL=nonsense://:" + secret + "@127.0.0.1", "redis, bad database": "REDIS_URL=redis://:" + secret + "@127.0.0.1/x", "secret that is short": "JWT_SECRET=" + secret,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "secrets")
			log := gatewaytest.StartFailing(t, gatewaytest.Options{
				DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing", UpstreamURL: "http://127.0.0.1:1", Env: []string{"LOG_LEVEL=debug", env},
			})
			for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(log, form) {
					t.Errorf("what it says holds the password: %s", log)
				}
			}
		})
	}
}
