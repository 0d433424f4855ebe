package token_test

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

func read(t testing.TB, path string) string {
	t.Helper()
	return string(must(os.ReadFile(path)))
}

func TestIssueWritesAnAccessToken(t *testing.T) {
	t.Parallel()
	c := base()
	c.Audience, c.AccessTTL, c.Random = "calls", 20*time.Minute, strings.NewReader("0123456789abcdef")
	raw, expires, err := newSigner(t, c).Issue(userID(t), must(tenancy.ParseTenantID(tenant)), must(tenancy.ParseSessionID(session)))
	if err != nil {
		t.Fatalf("Issue: %v", err)
	}
	if !expires.Equal(at(1200)) {
		t.Errorf("Issue: expires at %v, want %v", expires, at(1200))
	}
	header, claims := decode(t, raw)
	if kid, _ := header["kid"].(string); len(kid) != 16 {
		t.Errorf("Issue: kid is %q, want 16 digits", kid)
	}
	delete(header, "kid")
	if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "at+jwt"}, header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{
		"iss": "tenantgate", "aud": "calls", "sub": user, "tenant_id": tenant, "sid": session,
		"iat": 1.7e9, "exp": 1700001200., "jti": base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef")),
	}, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func decode(t *testing.T, raw string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(raw, ".")
	for i, to := range []*map[string]any{&header, &claims} {
		if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[i])), to); err != nil {
			t.Fatalf("decoding part %d: %v", i, err)
		}
	}
	return header, claims
}

func TestIssuedTokensVerify(t *testing.T) {
	t.Parallel()
	secretOnly := base()
	for name, c := range map[string]token.Config{
		"HS256": secretOnly,
		"EdDSA": {SigningKeyFile: privatePEM(t, ed()), Now: secretOnly.Now},
		"ES256": {SigningKeyFile: privatePEM(t, p256()), Now: secretOnly.Now, Issuer: "https://gate.example"},
		"RS256": {SigningKeyFile: privatePEM(t, rsaKey()), Now: secretOnly.Now, Secret: secret, Audience: "calls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s, err := token.New(c)
			if err != nil {
				t.Fatalf("New: %v", err)
			}
			raw, _, err := s.Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{})
			if err != nil {
				t.Fatalf("Issue: %v", err)
			}
			header, claims := decode(t, raw)
			if header["alg"] != name {
				t.Errorf("Issue: alg is %v, want %s", header["alg"], name)
			}
			if claims["tenant_id"] != nil || claims["sid"] != nil {
				t.Errorf("Issue: claims %v name a tenant or session that was not given", claims)
			}
			got, err := v.Verify(t.Context(), raw)
			want := tenancy.Subject{User: userID(t), IssuedAt: at(0), ExpiresAt: at(900)}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Verify: %v, subject (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestIssueMakesEachTokenItsOwn(t *testing.T) {
	t.Parallel()
	s := newSigner(t, base())
	first, _, _ := s.Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{})
	second, _, _ := s.Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{})
	if first == second {
		t.Error("Issue: two tokens of one second are the same")
	}
}

func TestIssueFailsWithoutRandomness(t *testing.T) {
	t.Parallel()
	c := base()
	dry := errors.New("dry")
	c.Random = iotest.ErrReader(dry)
	if raw, _, err := newSigner(t, c).Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{}); raw != "" || !errors.Is(err, dry) {
		t.Errorf("Issue: got %q and %v, want nothing and %v", raw, err, dry)
	}
}

func TestKeySetVerifiesIssuedTokens(t *testing.T) {
	t.Parallel()
	if document := newSigner(t, base()).KeySet(); document != nil {
		t.Errorf("KeySet under a secret: got %s, want nothing", document)
	}
	for name, private := range map[string]crypto.Signer{"EdDSA": ed(), "ES256": p256(), "RS256": rsaKey()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSigner(t, token.Config{SigningKeyFile: privatePEM(t, private), Now: newClock().Now})
			document := s.KeySet()
			var set jwkset.JWKSMarshal
			if err := json.Unmarshal(document, &set); err != nil || len(set.Keys) != 1 {
				t.Fatalf("KeySet: %s: want one key, error %v", document, err)
			}
			k := set.Keys[0]
			if k.D+k.K+k.P != "" || string(k.ALG) != name || k.USE != jwkset.UseSig {
				t.Errorf("KeySet: %s: want a public %s key for signatures", document, name)
			}
			raw, _, err := s.Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{})
			if err != nil {
				t.Fatalf("Issue: %v", err)
			}
			if _, err := jwt.Parse(raw, func(parsed *jwt.Token) (any, error) {
				if parsed.Header["kid"] != k.KID {
					t.Errorf("Issue: kid is %v, want that of the key set, %s", parsed.Header["kid"], k.KID)
				}
				return must(set.JWKSlice())[0].Key(), nil
			}, jwt.WithTimeFunc(func() time.Time { return at(0) })); err != nil {
				t.Errorf("verifying with the published key: %v", err)
			}
		})
	}
}

// The thumbprint example of RFC 8037, appendix A.3, is of the key of A.1.
func TestKeyIDIsTheThumbprint(t *testing.T) {
	t.Parallel()
	seed := must(base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
	s := newSigner(t, token.Config{SigningKeyFile: privatePEM(t, ed25519.NewKeyFromSeed(seed))})
	raw, _, err := s.Issue(userID(t), tenancy.TenantID{}, tenancy.SessionID{})
	if err != nil {
		t.Fatalf("Issue: %v", err)
	}
	header, _ := decode(t, raw)
	if want := "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; header["kid"] != want {
		t.Errorf("Issue: kid is %v, want %s", header["kid"], want)
	}
}
