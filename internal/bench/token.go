package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	secret   = "of-the-benchmark-and-long-enough-for-HS256"
	audience = "tenantgate"
	tokenTTL = 24 * time.Hour
)

// The algorithms, and the issuers whose tokens they sign. HS256 is our own.
var (
	outside    = []string{"RS256", "ES256", "EdDSA"}
	algorithms = append([]string{"HS256"}, outside...)
)

func issuerOf(alg string) string {
	if alg == "HS256" {
		return "tenantgate"
	}
	return "https://" + strings.ToLower(alg) + ".bench.test"
}

// keys are what tokens are signed with, and the files with their public halves.
type keys struct {
	private map[string]any
	public  map[string]string
	// certificate and key of the TLS server.
	certificate, tls string
}

// makeKeys makes keys and writes the public ones, for all proxies to verify with.
func makeKeys(dir string) (*keys, error) {
	byRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	byEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	_, byEd, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	k := &keys{
		private: map[string]any{"HS256": []byte(secret), "RS256": byRSA, "ES256": byEC, "EdDSA": byEd},
		public:  make(map[string]string),
	}
	for _, alg := range outside {
		der, err := x509.MarshalPKIXPublicKey(k.private[alg].(crypto.Signer).Public())
		if err != nil {
			return nil, fmt.Errorf("encoding keys: %w", err)
		}
		k.public[alg] = filepath.Join(dir, alg+".pem")
		if err := writePEM(k.public[alg], "PUBLIC KEY", der); err != nil {
			return nil, err
		}
	}
	return k, k.certify(dir, byEC)
}

// certify writes a certificate for loopback.
func (k *keys) certify(dir string, key *ecdsa.PrivateKey) error {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(tokenTTL),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding keys: %w", err)
	}
	k.certificate, k.tls = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	if err := writePEM(k.certificate, "CERTIFICATE", der); err != nil {
		return err
	}
	return writePEM(k.tls, "PRIVATE KEY", private)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// sign makes one token of a person of the seed, for their tenant. n makes it
// another one than those before.
func (k *keys) sign(alg string, person, n int) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims{
		"iss": issuerOf(alg), "aud": audience, "sub": userID(person), "tenant_id": tenantID(0), "sid": userID(1_000_000 + person),
		"iat": now.Unix(), "exp": now.Add(tokenTTL).Unix(), "jti": fmt.Sprintf("%022d", n),
	})
	token.Header["typ"] = "at+jwt"
	signed, err := token.SignedString(k.private[alg])
	if err != nil {
		return "", fmt.Errorf("signing a token with %s: %w", alg, err)
	}
	return signed, nil
}

// write signs n tokens with all processors, of one person or of n people, into a
// file, a line each.
func (k *keys) write(file, alg string, n int, people bool) error {
	tokens, failed := make([]string, n), make([]error, runtime.NumCPU())
	var all sync.WaitGroup
	for part := range failed {
		all.Go(func() {
			for i := part; i < n && failed[part] == nil; i += len(failed) {
				person := 0
				if people {
					person = i
				}
				tokens[i], failed[part] = k.sign(alg, person, i)
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return os.WriteFile(file, []byte(strings.Join(tokens, "\n")+"\n"), 0o600)
}
