package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

const (
	secret  = "b7Qm2xV9sLr4TzKp8Wn3Yd6Hf1Gc5JaE0UvXoBiR"
	user    = "01890a5d-ac96-774b-bcce-b302099a8057"
	tenant  = "01890a5d-ac96-774b-bcce-b302099a8058"
	session = "01890a5d-ac96-774b-bcce-b302099a8059"
	idp     = "https://idp.example"

	// The clock of the tests stands at 1700000000 until it is moved.
	epoch = 1700000000

	accessHeader = `{"alg":"HS256","typ":"at+jwt"}`
	plainHeader  = `{"alg":"HS256","typ":"JWT"}`
	accessClaims = `{"iss":"tenantgate","aud":"tenantgate","sub":"` + user + `","exp":1700000900}`
	plainClaims  = `{"sub":"` + user + `","exp":1700000900}`
	idpClaims    = `{"iss":"` + idp + `","aud":"calls","sub":"ada","exp":1700000900}`
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(epoch, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// base is a configuration that works, on a clock that stands.
func base() token.Config {
	return token.Config{Secret: secret, Leeway: 30 * time.Second, Now: newClock().Now}
}

func newVerifier(t testing.TB, c token.Config) *token.Verifier {
	t.Helper()
	v, _, err := token.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return v
}

func newSigner(t testing.TB, c token.Config) *token.Signer {
	t.Helper()
	_, s, err := token.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

// methods sign as the RFCs say, whatever the package under test does.
var methods = map[string]jwt.SigningMethod{
	"HS256": jwt.SigningMethodHS256, "HS512": jwt.SigningMethodHS512,
	"RS256": jwt.SigningMethodRS256, "RS512": jwt.SigningMethodRS512,
	"PS256": jwt.SigningMethodPS256, "ES256": jwt.SigningMethodES256,
	"ES384": jwt.SigningMethodES384, "EdDSA": jwt.SigningMethodEdDSA,
}

// sign makes a compact JWS of exactly these bytes.
func sign(t testing.TB, alg string, private any, header, payload string) string {
	t.Helper()
	signed := encode(header) + "." + encode(payload)
	signature, err := methods[alg].Sign(signed, private)
	if err != nil {
		t.Fatalf("signing with %s: %v", alg, err)
	}
	return signed + "." + encode(string(signature))
}

// hs256 is sign under the shared secret.
func hs256(t testing.TB, header, payload string) string {
	t.Helper()
	return sign(t, "HS256", []byte(secret), header, payload)
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// Keys are made once: RSA is slow to make.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	rsaOther = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	rsaWeak  = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 1024)) })
	p256     = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384     = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	ed       = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(secret)[:32]) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// privatePEM writes a PKCS #8 file and returns its path.
func privatePEM(t testing.TB, private any) string {
	t.Helper()
	return pemFile(t, "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(private)))
}

// publicPEM writes the PKIX file of a private key's public half.
func publicPEM(t testing.TB, private crypto.Signer) string {
	t.Helper()
	return pemFile(t, "PUBLIC KEY", must(x509.MarshalPKIXPublicKey(private.Public())))
}

func pemFile(t testing.TB, kind string, der []byte) string {
	t.Helper()
	return textFile(t, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

func textFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trusting is base with one outside issuer, whose public key is in a file.
func trusting(t testing.TB, private crypto.Signer, algorithms ...string) token.Config {
	t.Helper()
	c := base()
	c.Trust = []token.TrustedIssuer{{
		Issuer: idp, KeyFile: publicPEM(t, private), Audience: []string{"calls", "calls-api"}, Algorithms: algorithms,
	}}
	return c
}

func userID(t testing.TB) tenancy.UserID {
	t.Helper()
	return must(tenancy.ParseUserID(user))
}
