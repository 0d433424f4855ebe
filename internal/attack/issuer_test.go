package attack_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// issuer is an outside identity provider with a server of its own.
type issuer struct {
	name    string // its iss, and the audience it makes tokens for, with "-api" at the end
	url     string // of its key set
	fetches atomic.Int64

	mu   sync.Mutex
	keys map[string]crypto.Signer // those it publishes, by kid
	// answers replaces how it answers; nil: with its keys.
	answers http.HandlerFunc
}

// startIssuer starts an issuer with one RSA key, "default".
func startIssuer(t testing.TB, name string) *issuer {
	t.Helper()
	i := &issuer{name: name, keys: map[string]crypto.Signer{"default": newRSA(t)}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		answers, document := i.answers, i.document()
		i.mu.Unlock()
		if answers != nil {
			answers(w, r)
			return
		}
		_, _ = io.WriteString(w, document)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL + "/jwks"
	return i
}

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEd25519(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newECDSA(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// publish replaces the keys; answer replaces what is answered.
func (i *issuer) publish(keys map[string]crypto.Signer) { i.set(func() { i.keys = keys }) }
func (i *issuer) answer(answers http.HandlerFunc)       { i.set(func() { i.answers = answers }) }

func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

// document is the key set (RFC 7517, section 5). The caller holds the lock.
func (i *issuer) document() string {
	keys := make([]map[string]string, 0, len(i.keys))
	for kid, key := range i.keys {
		keys = append(keys, jwk(kid, key.Public()))
	}
	document, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err) // strings alone
	}
	return string(document)
}

// jwk writes a public key as RFC 7518, sections 6.2 and 6.3, and RFC 8037 do.
func jwk(kid string, public crypto.PublicKey) map[string]string {
	if key, ok := public.(ed25519.PublicKey); ok {
		return map[string]string{"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "x": base64.RawURLEncoding.EncodeToString(key)}
	}
	if key, ok := public.(*ecdsa.PublicKey); ok {
		point, err := key.Bytes() // 4, then both coordinates
		if err != nil {
			panic(err) // a key of ours
		}
		half := len(point) / 2
		return map[string]string{
			"kty": "EC", "crv": key.Params().Name, "kid": kid, "use": "sig",
			"x": base64.RawURLEncoding.EncodeToString(point[1 : half+1]), "y": base64.RawURLEncoding.EncodeToString(point[half+1:]),
		}
	}
	key := public.(*rsa.PublicKey)
	return map[string]string{
		"kty": "RSA", "kid": kid, "use": "sig", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}

// trust is the part of a Caddyfile that trusts an issuer.
func (i *issuer) trust() string {
	return fmt.Sprintf("\t\t\ttrust %s {\n\t\t\t\tjwks %s\n\t\t\t\taudience %s-api\n\t\t\t\tprovision on\n\t\t\t}\n", i.name, i.url, i.name)
}

// trusting is the shipped Caddyfile, with these issuers trusted.
func trusting(t testing.TB, issuers ...*issuer) string {
	t.Helper()
	const after = "\t\t\trefresh_ttl 720h\n"
	caddyfile := string(gatewaytest.Shipped(t))
	if strings.Count(caddyfile, after) != 1 {
		t.Fatalf("the Caddyfile does not have one line %q", after)
	}
	var all strings.Builder
	for _, i := range issuers {
		all.WriteString(i.trust())
	}
	return strings.Replace(caddyfile, after, after+all.String(), 1)
}

// claims are those of a token, and head its header fields; a nil value takes one
// away.
type (
	claims = map[string]any
	head   = map[string]any
)

// token signs an access token of that subject, whose verified address is email.
func (i *issuer) token(t testing.TB, subject, email string, changes ...claims) string {
	t.Helper()
	i.mu.Lock()
	key := i.keys["default"]
	i.mu.Unlock()
	return i.signed(t, head{"kid": "default"}, key, subject, email, changes...)
}

// signed is token with a header and a key of its own.
func (i *issuer) signed(t testing.TB, header head, key crypto.Signer, subject, email string, changes ...claims) string {
	t.Helper()
	all := claims{
		"iss": i.name, "aud": i.name + "-api", "sub": subject, "email": email, "email_verified": true,
		"iat": time.Now().Unix(), "exp": soon(),
	}
	for _, change := range changes {
		maps.Copy(all, change)
	}
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return sign(t, header, all, key)
}

// sign makes a token under the key: with RS256 or EdDSA, or what the header
// says. A []byte is a secret for HS256, and nil is no signature.
func sign(t testing.TB, header head, payload claims, key any) string {
	t.Helper()
	method := jwt.SigningMethod(jwt.SigningMethodRS256)
	switch key.(type) {
	case ed25519.PrivateKey:
		method = jwt.SigningMethodEdDSA
	case []byte:
		method = jwt.SigningMethodHS256
	case nil:
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	}
	if alg, said := header["alg"].(string); said && jwt.GetSigningMethod(alg) != nil && key != jwt.UnsafeAllowNoneSignatureType {
		method = jwt.GetSigningMethod(alg)
	}
	token := jwt.NewWithClaims(method, jwt.MapClaims(payload))
	maps.Copy(token.Header, header)
	maps.DeleteFunc(token.Header, func(_ string, value any) bool { return value == nil })
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatalf("signing a token: %v", err)
	}
	return signed
}

// soon is when the tokens of these tests expire, in seconds since 1970: later
// than any run ends. A case that waits its turn must fail for its own reason.
func soon() int64 { return time.Now().Add(time.Hour).Unix() }
