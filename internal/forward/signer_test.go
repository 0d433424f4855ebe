package forward_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func newRSA(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEd25519(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// claimsOf reads the assertion of a request without verifying it.
func claimsOf(t testing.TB, h http.Header) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(h.Get("X-Tenantgate-Assertion"), claims); err != nil {
		t.Fatalf("reading the assertion %q: %v", h.Get("X-Tenantgate-Assertion"), err)
	}
	return claims
}

// verify checks an assertion as a careful upstream does.
func verify(jwks []byte, token string, now time.Time) (*jwt.Token, error) {
	keys, err := keyfunc.NewJWKSetJSON(jwks)
	if err != nil {
		return nil, err
	}
	return jwt.Parse(token, keys.Keyfunc,
		jwt.WithValidMethods([]string{"EdDSA", "ES256", "RS256"}),
		jwt.WithIssuer("tenantgate"), jwt.WithAudience(forward.AssertionAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return now }))
}

func TestAssertionIsVerifiedByTheKeySet(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	tests := map[string]crypto.Signer{
		"EdDSA": newEd25519(t), "ES256": newEC(t, elliptic.P256()), "RS256": newRSA(t, 2048),
	}
	for alg, key := range tests {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			signer := signerOf(t, key)
			signed, err := signer.Sign(ann(), now)
			if err != nil {
				t.Fatal(err)
			}
			token, err := verify(signer.JWKS(), signed, now)
			if err != nil {
				t.Fatalf("verifying: %v", err)
			}
			wantHeader := map[string]any{"alg": alg, "typ": "tenantgate-assertion+jwt", "kid": thumbprint(t, signer.JWKS())}
			if diff := cmp.Diff(wantHeader, token.Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			wantClaims := jwt.MapClaims{
				"iss": "tenantgate", "aud": "tenantgate-upstream", "sub": annID, "tenant_id": acmeID, "role": "member",
				"iat": float64(now.Unix()), "exp": float64(now.Unix() + 60),
			}
			if diff := cmp.Diff(wantClaims, token.Claims); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			if _, err := verify(signer.JWKS(), signed, now.Add(60*time.Second)); err == nil {
				t.Error("an assertion of 60 s was accepted")
			}
			if _, err := verify(newSigner(t).JWKS(), signed, now); err == nil {
				t.Error("an assertion was accepted under another key")
			}
		})
	}
}

// thumbprint computes RFC 7638 of the one key of a set, member by member, and
// checks the metadata of the key.
func thumbprint(t *testing.T, jwks []byte) string {
	t.Helper()
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("key set %s: %v, want one key", jwks, err)
	}
	key := set.Keys[0]
	members := map[string][]string{"OKP": {"crv", "kty", "x"}, "EC": {"crv", "kty", "x", "y"}, "RSA": {"e", "kty", "n"}}[key["kty"]]
	var parts []string
	for _, member := range members {
		parts = append(parts, `"`+member+`":"`+key[member]+`"`)
	}
	sum := sha256.Sum256([]byte("{" + strings.Join(parts, ",") + "}"))
	kid := base64.RawURLEncoding.EncodeToString(sum[:])
	if key["kid"] != kid || key["use"] != "sig" || len(key) != len(members)+3 {
		t.Errorf("key %v: want kid %s, use sig and no private member", key, kid)
	}
	return kid
}

func TestKeyIDsOfTheRFCs(t *testing.T) {
	t.Parallel()
	raw := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	modulus := "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	tests := map[string]crypto.Signer{
		// RFC 8037, appendix A.3
		"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": ed25519.NewKeyFromSeed(raw("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")),
		// RFC 7638, section 3.1
		"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).SetBytes(raw(modulus)), E: 65537}},
	}
	for kid, key := range tests {
		if got := thumbprint(t, signerOf(t, key).JWKS()); got != kid {
			t.Errorf("kid: got %s, want %s", got, kid)
		}
	}
}

func TestWeakAndForeignKeysAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]crypto.Signer{
		"P-384": newEC(t, elliptic.P384()), "RSA of 1024 bits": &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}},
		"no key": nil,
	}
	for name, key := range tests {
		if _, err := forward.NewSigner(key, "tenantgate"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestKeysSurviveStorage(t *testing.T) {
	t.Parallel()
	first, err := forward.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	second, err := forward.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, pkcs8 := range [][]byte{first, first, second} {
		key, err := forward.ParseKey(pkcs8)
		if err != nil {
			t.Fatal(err)
		}
		ids[thumbprint(t, signerOf(t, key).JWKS())] = true
	}
	if len(ids) != 2 {
		t.Errorf("two keys have %d ids", len(ids))
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	agreement, err := x509.MarshalPKCS8PrivateKey(x25519) // a key that cannot sign
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, []byte("-----BEGIN PRIVATE KEY-----"), first[:20], agreement} {
		if _, err := forward.ParseKey(bad); err == nil {
			t.Errorf("ParseKey(%q) succeeded", bad)
		}
	}
}

func TestSignRefusesIncompleteMemberships(t *testing.T) {
	t.Parallel()
	if _, err := newSigner(t).Sign(tenancy.Membership{Key: ann().Key}, time.Now()); err == nil {
		t.Error("an assertion without a role was signed")
	}
}
