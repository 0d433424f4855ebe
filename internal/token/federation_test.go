package token_test

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/MicahParks/jwkset"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// provider is an identity provider that publishes a key set.
type provider struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]
}

func newProvider(t testing.TB, document string) *provider {
	t.Helper()
	p := new(provider)
	p.publish(document)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) respond(h http.HandlerFunc) { p.answer.Store(&h) }

func (p *provider) publish(document string) {
	p.respond(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, document) })
}

func (p *provider) fail() {
	p.respond(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
}

// wantAsked checks how often the key set was fetched so far.
func (p *provider) wantAsked(t *testing.T, want int64) {
	t.Helper()
	if got := p.asked.Load(); got != want {
		t.Errorf("key set fetched %d times, want %d", got, want)
	}
}

// jwks writes a set of public keys, in pairs of kid and private key.
func jwks(t testing.TB, pairs ...any) string {
	t.Helper()
	set := jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{}}
	for i := 0; i < len(pairs); i += 2 {
		public := pairs[i+1].(crypto.Signer).Public()
		jwk := must(jwkset.NewJWKFromKey(public, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: pairs[i].(string)}}))
		set.Keys = append(set.Keys, jwk.Marshal())
	}
	return string(must(json.Marshal(set)))
}

// federation is a verifier that trusts one provider, with what it counts.
type federation struct {
	*token.Verifier
	*clock
	failures atomic.Int64
}

func newFederation(t testing.TB, p *provider) *federation {
	t.Helper()
	f := &federation{clock: newClock()}
	c := base()
	c.Now = f.Now
	c.Fetched = func(issuer string, err error) {
		if issuer != idp {
			t.Errorf("Fetched: issuer is %q, want %q", issuer, idp)
		}
		if err != nil {
			f.failures.Add(1)
		}
	}
	c.Trust = []token.TrustedIssuer{{Issuer: idp, JWKSURL: p.URL, Audience: []string{"calls"}, Algorithms: []string{"RS256", "PS256", "ES256", "EdDSA"}}}
	f.Verifier = newVerifier(t, c)
	return f
}

// want verifies a token and compares the error.
func (f *federation) want(t *testing.T, raw string, want error) {
	t.Helper()
	got, err := f.Verify(t.Context(), raw)
	if !errors.Is(err, want) {
		t.Errorf("Verify: got %v, want %v", err, want)
	}
	if err != nil && got != (tenancy.Subject{}) {
		t.Errorf("Verify: got a subject beside the error %v", err)
	}
}

// signed is a token of the provider that lives long, by a key called kid.
func signed(t testing.TB, alg, kid string, private any) string {
	t.Helper()
	header := `{"alg":"` + alg + `","kid":"` + kid + `"}`
	if kid == "" {
		header = `{"alg":"` + alg + `"}`
	}
	return sign(t, alg, private, header, `{"iss":"`+idp+`","aud":"calls","sub":"ada","exp":1800000000}`)
}
