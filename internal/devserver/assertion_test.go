package devserver_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// signer is a gateway's key, and the claims it would write.
type signer struct {
	kid string
	key ed25519.PrivateKey
}

func newSigner(kid string, seed byte) signer {
	return signer{kid: kid, key: ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))}
}

func (s signer) jwks() []byte {
	x := base64.RawURLEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
	return fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":%q,"x":%q}]}`, s.kid, x)
}

func (s signer) sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	return s.signAs(t, "tenantgate-assertion+jwt", claims)
}

func (s signer) signAs(t *testing.T, kind string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"], token.Header["typ"] = s.kid, kind
	signed, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func claims(change jwt.MapClaims) jwt.MapClaims {
	all := jwt.MapClaims{
		"iss": "tenantgate", "aud": "tenantgate-upstream", "sub": "user-1", "tenant_id": "tenant-1", "role": "viewer",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range change {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

func describe(v *devserver.Verifier, assertions ...string) string {
	request := httptest.NewRequest("GET", "/", nil)
	request.Header = http.Header{"X-Tenant-Id": {"tenant-1"}, "X-User-Id": {"user-1"}, "X-Tenant-Role": {"viewer"}}
	if len(assertions) > 0 {
		request.Header["X-Tenantgate-Assertion"] = assertions
	}
	return v.Describe(request)
}

func verifier(keys func(context.Context) ([]byte, error)) *devserver.Verifier {
	return &devserver.Verifier{Keys: keys, Now: func() time.Time { return now }}
}

func TestAssertion(t *testing.T) {
	t.Parallel()
	gateway, stranger := newSigner("k1", 'g'), newSigner("k1", 's')
	good := gateway.sign(t, claims(nil))
	hmac, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims(nil)).SignedString([]byte(gateway.key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		assertions []string
		want       string
	}{
		"good":                          {[]string{good}, "valid: sub user-1, tenant tenant-1, role viewer"},
		"absent":                        {nil, "absent"},
		"two":                           {[]string{good, good}, "invalid: "},
		"empty":                         {[]string{""}, "invalid: "},
		"another's key":                 {[]string{stranger.sign(t, claims(nil))}, "invalid: "},
		"public key as a shared secret": {[]string{hmac}, "invalid: "},
		"expired":                       {[]string{gateway.sign(t, claims(jwt.MapClaims{"exp": now.Add(-time.Second).Unix()}))}, "invalid: "},
		"without an end":                {[]string{gateway.sign(t, claims(jwt.MapClaims{"exp": nil}))}, "invalid: "},
		"an access token":               {[]string{gateway.signAs(t, "at+jwt", claims(nil))}, "invalid: "},
		"another issuer":                {[]string{gateway.sign(t, claims(jwt.MapClaims{"iss": "other"}))}, "invalid: "},
		"another audience":              {[]string{gateway.sign(t, claims(jwt.MapClaims{"aud": "other"}))}, "invalid: "},
		"another tenant":                {[]string{gateway.sign(t, claims(jwt.MapClaims{"tenant_id": "tenant-2"}))}, "invalid: "},
		"another user":                  {[]string{gateway.sign(t, claims(jwt.MapClaims{"sub": "user-2"}))}, "invalid: "},
		"another role":                  {[]string{gateway.sign(t, claims(jwt.MapClaims{"role": "admin"}))}, "invalid: "},
	} {
		v := verifier(func(context.Context) ([]byte, error) { return gateway.jwks(), nil })
		if got := describe(v, test.assertions...); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The names that the service expects are those that the gateway writes.
func TestAssertionOfTheGateway(t *testing.T) {
	t.Parallel()
	gateway, err := forward.NewSigner(newSigner("", 'g').key, "tenantgate")
	if err != nil {
		t.Fatal(err)
	}
	m := tenancy.Membership{Key: tenancy.Key{User: tenancy.UserID{1}, Tenant: tenancy.TenantID{2}}, Role: tenancy.RoleMember}
	assertion, err := gateway.Sign(m, now)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/", nil)
	for name, value := range map[string]string{
		"X-Tenant-ID": m.Tenant.String(), "X-User-ID": m.User.String(), "X-Tenant-Role": "member", "X-Tenantgate-Assertion": assertion,
	} {
		request.Header.Set(name, value)
	}
	v := verifier(func(context.Context) ([]byte, error) { return gateway.JWKS(), nil })
	if got := v.Describe(request); !strings.HasPrefix(got, "valid: ") {
		t.Errorf("got %q, want valid", got)
	}
}

func TestKeysAreFetchedWhenNeededAndAgainAfterARotation(t *testing.T) {
	t.Parallel()
	first, second := newSigner("k1", '1'), newSigner("k2", '2')
	clock, fetches, current := now, 0, first
	v := verifier(func(context.Context) ([]byte, error) { fetches++; return current.jwks(), nil })
	v.Now = func() time.Time { return clock }
	expect := func(what string, signed signer, valid bool, want int) {
		t.Helper()
		got := describe(v, signed.sign(t, claims(nil)))
		if strings.HasPrefix(got, "valid: ") != valid || fetches != want {
			t.Errorf("%s: got %q after %d fetches, want valid: %t after %d", what, got, fetches, valid, want)
		}
	}
	expect("first use", first, true, 1)
	expect("known key", first, true, 1)
	current = second
	expect("unknown key, just fetched", second, false, 1)
	clock = clock.Add(15 * time.Second)
	expect("unknown key, later", second, true, 2)
	expect("retired key", first, false, 2)
}

func TestGatewayWithoutKeys(t *testing.T) {
	t.Parallel()
	assertion := newSigner("k1", 'g').sign(t, claims(nil))
	answers := map[string]http.HandlerFunc{
		"404":      http.NotFound,
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no keys":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) },
		"the keys": func(w http.ResponseWriter, _ *http.Request) { w.Write(newSigner("k1", 'g').jwks()) },
	}
	for name, serve := range answers {
		server := httptest.NewServer(serve)
		got := describe(verifier(devserver.FetchKeys(server.URL)), assertion)
		server.Close()
		want := "invalid: "
		if name == "the keys" {
			want = "valid: "
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("gateway that answers %s: got %q, want %q", name, got, want)
		}
	}
	v := verifier(func(context.Context) ([]byte, error) { return nil, errors.New("away") })
	if got := describe(v, assertion); !strings.HasPrefix(got, "invalid: ") || !strings.Contains(got, "away") {
		t.Errorf("gateway away: got %q, want it to say so", got)
	}
}
