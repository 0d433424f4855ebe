package attack_test

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// A key set is fetched from a real server by the real gateway.
func TestJWKS(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, *stage, *issuer){
		"rotating": testRotation, "flooded": testFlood, "moved": testRedirect, "huge": testHuge, "slow": testSlow, "dying": testDown,
	}
	for name, document := range noKeySets {
		tests["no set: "+name] = testNoSet(document)
	}
	issuers := make(map[string]*issuer, len(tests))
	var all []*issuer
	for name := range tests {
		issuers[name] = startIssuer(t, fmt.Sprintf("https://%d.example", len(all)))
		all = append(all, issuers[name])
	}
	s := stagesOf(t, gatewaytest.Options{Caddyfile: trusting(t, all...)})[0]
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "jwks")
			test(t, s, issuers[name])
		})
	}
}

// noKeySets are documents of which no key may come. The last has our secret in
// it, for a verifier that takes keys of any kind.
var noKeySets = map[string]string{
	"empty": "", "null": "null", "array": "[]", "page": "<html></html>", "null keys": `{"keys":null}`, "deep": strings.Repeat("[", 100_000),
	"many":   `{"keys":[` + strings.Repeat(`{"kty":"RSA"},`, 5000) + `{}]}`,
	"secret": `{"keys":[{"kty":"oct","kid":"default","alg":"HS256","k":"` + base64.RawURLEncoding.EncodeToString([]byte(gatewaytest.Secret)) + `"}]}`,
}

// status asks for bob's calls with a token, and returns the status alone.
func (s *stage) status(t testing.TB, token string) string {
	t.Helper()
	status, _, _ := strings.Cut(s.ask(t, "/api/v1/calls", token, "acme"), " ")
	return status
}

func wantStatus(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// A rotated key works on its first token; the key that it replaced works no
// longer, however well its tokens were known.
func testRotation(t *testing.T, s *stage, i *issuer) {
	before := i.token(t, "1", bob)
	wantStatus(t, "the first key", s.status(t, before), "200")
	next := newRSA(t)
	i.publish(map[string]crypto.Signer{"next": next})
	wantStatus(t, "a known token before anybody needed the new key", s.status(t, before), "200")
	wantStatus(t, "the new key's first token", s.status(t, i.signed(t, head{"kid": "next"}, next, "1", bob)), "200")
	wantStatus(t, "a known token of the withdrawn key", s.status(t, before), "401")
}

// A flood of made-up kids costs the issuer a few fetches, and honest people
// nothing.
func testFlood(t *testing.T, s *stage, i *issuer) {
	honest := i.token(t, "1", bob)
	wantStatus(t, "honest", s.status(t, honest), "200")
	began, stranger := time.Now(), newRSA(t)
	var running sync.WaitGroup
	for worker := range 8 {
		running.Go(func() {
			for n := range 40 {
				forged := i.signed(t, head{"kid": fmt.Sprintf("made-up-%d-%d", worker, n)}, stranger, "1", bob)
				wantStatus(t, "a made-up kid", s.status(t, forged), "401")
			}
		})
	}
	running.Wait()
	wantStatus(t, "honest, after the flood", s.status(t, honest), "200")
	// One at first, a burst of three, and one more each ten seconds.
	most := 4 + int64(time.Since(began)/(10*time.Second)) + 1
	if got := i.fetches.Load(); got > most {
		t.Errorf("320 made-up kids caused %d fetches, want %d at most", got, most)
	}
}

// A redirect could lead to where configured URLs may not.
func testRedirect(t *testing.T, s *stage, i *issuer) {
	elsewhere := startIssuer(t, i.name)
	i.answer(http.RedirectHandler(elsewhere.url, http.StatusFound).ServeHTTP)
	wantStatus(t, "a key behind a redirect", s.status(t, elsewhere.token(t, "1", bob)), "503")
	if got := elsewhere.fetches.Load(); got != 0 {
		t.Errorf("the redirect was followed %d times", got)
	}
}

// A body without end is left after 256 KiB, and a little for buffers.
func testHuge(t *testing.T, s *stage, i *issuer) {
	var sent atomic.Int64
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := []byte(strings.Repeat(" ", 64<<10)); sent.Load() < 256<<20; {
			n, err := w.Write(chunk)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	wantStatus(t, "a set without end", s.status(t, i.token(t, "1", bob)), "503")
	if got := sent.Load(); got > 32<<20 {
		t.Errorf("the gateway took %d bytes", got)
	}
}

// A body that does not come is given up, and nobody else waits for it.
func testSlow(t *testing.T, s *stage, i *issuer) {
	began, givenUp := make(chan struct{}), make(chan time.Time, 1)
	var first sync.Once
	i.answer(func(w http.ResponseWriter, r *http.Request) {
		first.Do(func() { close(began) })
		ticks := time.NewTicker(100 * time.Millisecond)
		defer ticks.Stop()
		for {
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-ticks.C:
			case <-r.Context().Done():
				select {
				case givenUp <- time.Now():
				default: // a later fetch
				}
				return
			}
		}
	})
	asked := make(chan string, 1)
	go func() { asked <- s.status(t, i.token(t, "1", bob)) }()
	<-began
	wantStatus(t, "a person of another issuer", s.status(t, s.fill("{bob-token}")), "200")
	served := time.Now()
	// The fetch takes five seconds: who waits for it is served when it has ended.
	if ahead := (<-givenUp).Sub(served); ahead < time.Second {
		t.Errorf("a person of another issuer was served %v before the fetch was given up: they have waited for it", ahead)
	}
	wantStatus(t, "a set that does not come", <-asked, "503")
}

// An issuer that is down takes nobody's access away, and a counter says so.
func testDown(t *testing.T, s *stage, i *issuer) {
	wantStatus(t, "before", s.status(t, i.token(t, "1", bob)), "200")
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	failed := s.metric(t, `tenantgate_jwks_fetches_total{result="failed"}`)
	wantStatus(t, "a kid that nobody knows", s.status(t, i.signed(t, head{"kid": "later"}, newRSA(t), "1", bob)), "503")
	if got := s.metric(t, `tenantgate_jwks_fetches_total{result="failed"}`); got <= failed {
		t.Errorf("failed fetches: got %v, want more than %v", got, failed)
	}
	wantStatus(t, "a new token of a known key", s.status(t, i.token(t, "1", bob, claims{"jti": "new"})), "200")
}

func testNoSet(document string) func(*testing.T, *stage, *issuer) {
	return func(t *testing.T, s *stage, i *issuer) {
		i.answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(document)) })
		payload := claims{
			"iss": i.name, "aud": i.name + "-api", "sub": "1", "email": bob, "email_verified": true, "exp": soon(),
		}
		for name, token := range map[string]string{
			"the issuer's own key": i.token(t, "1", bob), "our secret": sign(t, head{"kid": "default"}, payload, []byte(gatewaytest.Secret)),
			"no key": sign(t, head{"kid": "default"}, payload, nil), "an empty key": sign(t, head{"kid": "default"}, payload, []byte{}),
		} {
			if got := s.status(t, token); got != "401" && got != "503" {
				t.Errorf("%s: got %s, want a refusal", name, got)
			}
		}
		wantStatus(t, "an honest person", s.status(t, s.fill("{bob-token}")), "200")
	}
}
