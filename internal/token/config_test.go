package token_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/token"
)

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]token.Config{
		"a secret":              {Secret: secret},
		"a secret of 32 bytes":  {Secret: secret[:32]},
		"Ed25519":               {SigningKeyFile: privatePEM(t, ed())},
		"P-256":                 {SigningKeyFile: privatePEM(t, p256())},
		"P-256 as openssl does": {SigningKeyFile: textFile(t, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"+read(t, pemFile(t, "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(p256())))))},
		"RSA":                   {SigningKeyFile: privatePEM(t, rsaKey())},
		"RSA, PKCS #1":          {SigningKeyFile: pemFile(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey()))},
		"https":                 trust(token.TrustedIssuer{JWKSURL: "https://idp.example/keys"}),
		"http on loopback":      trust(token.TrustedIssuer{JWKSURL: "http://127.0.0.1:1/keys"}),
		"http on localhost":     trust(token.TrustedIssuer{JWKSURL: "http://localhost:1/keys"}),
		"http on IPv6 loopback": trust(token.TrustedIssuer{JWKSURL: "http://[::1]:1/keys"}),
		"a public key":          trust(token.TrustedIssuer{KeyFile: publicPEM(t, rsaKey())}),
		"a public key, PKCS #1": trust(token.TrustedIssuer{KeyFile: pemFile(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey))}),
		"a certificate":         trust(token.TrustedIssuer{KeyFile: certificateOf(t, p256())}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := token.New(c); err != nil {
				t.Errorf("New: %v", err)
			}
		})
	}
}

// certificateOf writes a self-signed certificate.
func certificateOf(t testing.TB, private crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	return pemFile(t, "CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)))
}

const rfc7515Key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

// trust is a configuration with one outside issuer, completed.
func trust(issuer token.TrustedIssuer) token.Config {
	issuer.Issuer, issuer.Audience = idp, []string{"calls"}
	return token.Config{Secret: secret, Trust: []token.TrustedIssuer{issuer}}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	https := token.TrustedIssuer{Issuer: idp, JWKSURL: "https://idp.example/keys", Audience: []string{"calls"}}
	with := func(change func(*token.TrustedIssuer)) token.Config {
		issuer := https
		change(&issuer)
		return token.Config{Secret: secret, Trust: []token.TrustedIssuer{issuer}}
	}
	encrypted := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for name, test := range map[string]struct {
		config token.Config
		says   []string
	}{
		"nothing":                        {token.Config{}, []string{"secret", "JWT_SECRET", "signing_key"}},
		"a short secret":                 {token.Config{Secret: secret[:31]}, []string{"secret", "31 bytes"}},
		"one byte repeated":              {token.Config{Secret: strings.Repeat("a", 64)}, []string{"secret", "different bytes"}},
		"a word repeated":                {token.Config{Secret: strings.Repeat("secret", 8)}, []string{"secret", "different bytes"}},
		"zeros":                          {token.Config{Secret: strings.Repeat("\x00", 32)}, []string{"secret", "different bytes"}},
		"the example of jwt.io":          {token.Config{Secret: "a-string-secret-at-least-256-bits-long"}, []string{"secret", "example"}},
		"the older example":              {token.Config{Secret: "Your-256-bit-secret-Your-256-bit-secret"}, []string{"secret", "example"}},
		"change me":                      {token.Config{Secret: "change-me-please-in-production-0123"}, []string{"secret", "example"}},
		"the key of RFC 7515":            {token.Config{Secret: rfc7515Key}, []string{"secret", "example"}},
		"leeway below zero":              {token.Config{Secret: secret, Leeway: -1}, []string{"leeway"}},
		"leeway of an hour":              {token.Config{Secret: secret, Leeway: time.Hour}, []string{"leeway", "1h"}},
		"lifetime below zero":            {token.Config{Secret: secret, AccessTTL: -time.Second}, []string{"access_ttl"}},
		"lifetime below a second":        {token.Config{Secret: secret, AccessTTL: time.Millisecond}, []string{"access_ttl"}},
		"cache below zero":               {token.Config{Secret: secret, CacheSize: -1}, []string{"tokens"}},
		"no such file":                   {token.Config{SigningKeyFile: "/nonexistent/key.pem"}, []string{"signing_key", "/nonexistent/key.pem"}},
		"no PEM":                         {token.Config{SigningKeyFile: textFile(t, "hello")}, []string{"signing_key", "0 PEM blocks"}},
		"two keys":                       {token.Config{SigningKeyFile: textFile(t, read(t, privatePEM(t, ed()))+read(t, privatePEM(t, p256())))}, []string{"signing_key", "2 PEM blocks"}},
		"unknown block":                  {token.Config{SigningKeyFile: pemFile(t, "OPENSSH PRIVATE KEY", []byte("x"))}, []string{"signing_key", "OPENSSH PRIVATE KEY"}},
		"broken block":                   {token.Config{SigningKeyFile: pemFile(t, "PRIVATE KEY", []byte("x"))}, []string{"signing_key"}},
		"encrypted key":                  {token.Config{SigningKeyFile: textFile(t, encrypted)}, []string{"signing_key", "encrypted"}},
		"public key to sign":             {token.Config{SigningKeyFile: publicPEM(t, ed())}, []string{"signing_key", "not a private key"}},
		"P-384 to sign":                  {token.Config{SigningKeyFile: privatePEM(t, p384())}, []string{"signing_key", "P-384"}},
		"RSA of 1024 bits to sign":       {token.Config{SigningKeyFile: privatePEM(t, rsaWeak())}, []string{"signing_key", "1024 bits"}},
		"bad secret beside a good key":   {token.Config{Secret: "short", SigningKeyFile: privatePEM(t, ed())}, []string{"secret"}},
		"issuer without a name":          {with(func(i *token.TrustedIssuer) { i.Issuer = "" }), []string{"trust", "no name"}},
		"issuer named as we are":         {with(func(i *token.TrustedIssuer) { i.Issuer = "tenantgate" }), []string{`trust "tenantgate"`}},
		"issuer twice":                   {token.Config{Secret: secret, Trust: []token.TrustedIssuer{https, https}}, []string{"trust", idp}},
		"issuer without keys":            {with(func(i *token.TrustedIssuer) { i.JWKSURL = "" }), []string{"trust", idp, "jwks", "key"}},
		"issuer with both":               {with(func(i *token.TrustedIssuer) { i.KeyFile = "x" }), []string{"trust", "jwks", "key"}},
		"issuer without audience":        {with(func(i *token.TrustedIssuer) { i.Audience = nil }), []string{"trust", idp, "audience"}},
		"issuer with an empty audience":  {with(func(i *token.TrustedIssuer) { i.Audience = []string{""} }), []string{"trust", "audience"}},
		"issuer with HS256":              {with(func(i *token.TrustedIssuer) { i.Algorithms = []string{"RS256", "HS256"} }), []string{"trust", "algorithms", "HS256"}},
		"issuer with none":               {with(func(i *token.TrustedIssuer) { i.Algorithms = []string{"none"} }), []string{"trust", "algorithms", "none"}},
		"issuer with an unknown one":     {with(func(i *token.TrustedIssuer) { i.Algorithms = []string{"ES999"} }), []string{"trust", "algorithms", "ES999"}},
		"http":                           {with(func(i *token.TrustedIssuer) { i.JWKSURL = "http://idp.example/keys" }), []string{"trust", "jwks", "https"}},
		"http that looks like loopback":  {with(func(i *token.TrustedIssuer) { i.JWKSURL = "http://127.0.0.1.evil.example/keys" }), []string{"trust", "jwks", "https"}},
		"http with loopback as user":     {with(func(i *token.TrustedIssuer) { i.JWKSURL = "http://localhost@evil.example/keys" }), []string{"trust", "jwks"}},
		"https with a password":          {with(func(i *token.TrustedIssuer) { i.JWKSURL = "https://user:word@idp.example/keys" }), []string{"trust", "jwks"}},
		"file":                           {with(func(i *token.TrustedIssuer) { i.JWKSURL = "file:///etc/passwd" }), []string{"trust", "jwks"}},
		"a URL without a host":           {with(func(i *token.TrustedIssuer) { i.JWKSURL = "https:///keys" }), []string{"trust", "jwks"}},
		"no URL":                         {with(func(i *token.TrustedIssuer) { i.JWKSURL = "keys" }), []string{"trust", "jwks"}},
		"key file with a private key":    {trust(token.TrustedIssuer{KeyFile: privatePEM(t, ed())}), []string{"trust", "key", "not a public key"}},
		"key file missing":               {trust(token.TrustedIssuer{KeyFile: "/nonexistent/idp.pem"}), []string{"trust", "key", "/nonexistent/idp.pem"}},
		"RSA key of 1024 bits":           {trust(token.TrustedIssuer{KeyFile: publicPEM(t, rsaWeak())}), []string{"trust", "key", "1024 bits"}},
		"key on P-384":                   {trust(token.TrustedIssuer{KeyFile: publicPEM(t, p384()), Algorithms: []string{"ES256"}}), []string{"trust", "key", "P-384", "ES256"}},
		"key that fits no listed method": {trust(token.TrustedIssuer{KeyFile: publicPEM(t, ed()), Algorithms: []string{"RS256"}}), []string{"trust", "key", "RS256"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := token.New(test.config)
			if err == nil {
				t.Fatal("New: got no error")
			}
			for _, want := range append(test.says, "token") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("New: got %q, want it to say %q", err, want)
				}
			}
			if s := test.config.Secret; s != "" && len(s) > 8 && strings.Contains(err.Error(), s) {
				t.Errorf("New: the error %q gives the secret away", err)
			}
		})
	}
}
