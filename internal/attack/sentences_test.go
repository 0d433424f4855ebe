package attack_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// A token that is known is not believed for longer than it says.
func TestKnownTokenExpires(t *testing.T) {
	t.Parallel()
	defer results.count(t, "tokens")
	s := startStages(t)[0]
	const leeway, left = 30 * time.Second, 5 * time.Second // leeway is the shipped Caddyfile's
	token := gatewaytest.Token(t, bob, gatewaytest.Claims{"exp": time.Now().Add(left - leeway).Unix(), "iat": time.Now().Add(-time.Hour).Unix()})
	for range 2 { // the second time it is known
		wantStatus(t, "a token whose time has not come", s.status(t, token), "200")
	}
	waitFor(t, "the end of a known token", func() bool { return s.status(t, token) == "401" })
	if got := s.ask(t, "/api/v1/calls", token, "acme"); !strings.Contains(got, "token_expired") {
		t.Errorf("got %s; source: %s", got, tokenSource)
	}
}

// OPTIONS * is about the server, which answers it: no upstream has a path "*".
func TestOptionsOfTheServer(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for name, line := range map[string]string{
		"nobody": "X-Note: a", "a member": "Authorization: Bearer {bob-token}", "forged names": "X-Tenant-ID: evil\r\nX_User_ID: evil", "hop-by-hop": "Connection: X-Tenant-ID", "a preflight": "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET",
	} {
		attacks = append(attacks, attack{
			class: "path", name: "OPTIONS *, " + name, source: "RFC 9112, section 3.2.4", status: http.StatusOK,
			bytes: "OPTIONS * HTTP/1.1\r\nHost: gateway.test\r\n" + line + "\r\n\r\n",
		})
	}
	play(t, startStages(t), attacks)
}

// A refresh token opens nothing but a new session's tokens.
func TestRefreshTokenIsNoToken(t *testing.T) {
	t.Parallel()
	s := startStages(t)[2]
	const who = `{"email":"carol@acme.test","password":"` + password + `"}`
	signedIn := s.exchange(t, "POST /api/v1/auth/login HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(who))+"\r\n\r\n"+who)[0]
	var tokens struct {
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(signedIn.body), &tokens); err != nil || tokens.Refresh == "" {
		t.Fatalf("signing in: got %d %s", signedIn.status, signedIn.body)
	}
	var attacks []attack
	for how, line := range map[string]string{"as a bearer token": "Authorization: Bearer " + tokens.Refresh, "as a cookie": "Cookie: tenantgate_session=" + tokens.Refresh, "as itself": "Cookie: tenantgate_refresh=" + tokens.Refresh} {
		for _, path := range []string{"/api/v1/calls", "/api/v1/tenant", "/api/v1/me"} {
			attacks = append(attacks, attack{
				class: "tokens", name: "refresh token " + how + " to " + path, source: tokenSource, status: http.StatusUnauthorized,
				bytes: lines("GET "+path+" HTTP/1.1", "Host: gateway.test", "X-Tenant: acme", "Sec-Fetch-Site: same-origin", line),
			})
		}
	}
	play(t, []*stage{s}, attacks)
}

// Whoever is refused a thousand times does not fill the log.
func TestFloodOfRefusalsInTheLog(t *testing.T) {
	t.Parallel()
	defer results.count(t, "counted")
	const floods = 1000
	s := startStages(t)[0]
	count := func() float64 {
		return s.counter(t, `tenantgate_sanitizer_refusals_total{reason="`+string(sanitize.ReasonPathByte)+`"}`)
	}
	before, began := count(), time.Now()
	for range floods / 100 {
		s.exchange(t, strings.Repeat("GET /x;y HTTP/1.1\r\nHost: gateway.test\r\n\r\n", 100))
	}
	seconds := int(time.Since(began)/time.Second) + 2
	if got := count() - before; got != floods {
		t.Errorf("%v refusals were counted, want %d", got, floods)
	}
	said := 0
	for line := range strings.Lines(s.gateway.Log()) {
		if strings.Contains(line, `"reason":"`+string(sanitize.ReasonPathByte)+`"`) {
			said++
		}
	}
	if said == 0 || said > seconds {
		t.Errorf("%d lines of %d refusals in %d seconds, want one a second at most; source: CWE-779", said, floods, seconds)
	}
}

// Keys that anybody could know, and key sets from where anybody could answer, are
// refused before a request is served.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	shipped := string(gatewaytest.Shipped(t))
	trusting := func(lines string) string {
		return replaceOnce(t, shipped, "\t\t\trefresh_ttl 720h\n", "\t\t\trefresh_ttl 720h\n\t\t\ttrust https://one.example {\n\t\t\t\taudience x\n\t\t\t\t"+lines+"\n\t\t\t}\n")
	}
	for name, c := range map[string]struct {
		caddyfile string
		env       []string
		says      []string
	}{
		"secret that is an example":    {shipped, []string{"JWT_SECRET=a-string-secret-at-least-256-bits-long"}, []string{"secret", "example"}},
		"secret of 31 bytes":           {shipped, []string{"JWT_SECRET=" + strings.Repeat("k3Y", 10) + "x"}, []string{"secret", "32"}},
		"key set over http":            {trusting("jwks http://one.example/keys"), nil, []string{"https://one.example", "jwks", "https"}},
		"key set that looks local":     {trusting("jwks http://127.0.0.1.evil.example/keys"), nil, []string{"https://one.example", "jwks"}},
		"key set of a file":            {trusting("jwks file:///etc/passwd"), nil, []string{"https://one.example", "jwks"}},
		"key of an issuer, unreadable": {trusting("key /nowhere.pem"), nil, []string{"https://one.example", "key", "/nowhere.pem"}},
		"key of an issuer, no key":     {trusting("key /etc/hostname"), nil, []string{"https://one.example", "key"}},
		"database's CA, unreadable":    {shipped, []string{"DATABASE_URL=postgres://me@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nowhere.pem"}, []string{"DATABASE_URL"}},
		"algorithm none":               {trusting("jwks https://one.example/keys\n\t\t\t\talgorithms none"), nil, []string{"algorithms", "none"}},
		"algorithm with a secret":      {trusting("jwks https://one.example/keys\n\t\t\t\talgorithms HS256"), nil, []string{"algorithms", "HS256"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "refusals to start")
			log := gatewaytest.StartFailing(t, gatewaytest.Options{
				DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing", UpstreamURL: "http://127.0.0.1:1", Caddyfile: c.caddyfile, Env: c.env,
			})
			for _, word := range c.says {
				if !strings.Contains(log, word) {
					t.Errorf("it does not say %q: %s", word, log)
				}
			}
		})
	}
}
