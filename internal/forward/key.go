package forward

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

const minRSABits = 2048

var errKeyType = errors.New("want an Ed25519, a P-256 or an RSA key of 2048 bits or more")

// GenerateKey returns a new Ed25519 private key in PKCS #8 DER (RFC 5958), for
// ParseKey to read.
func GenerateKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("generating a key: %w", err)
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// ParseKey reads a private key in PKCS #8 DER.
func ParseKey(pkcs8 []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading a private key: %w", errKeyType)
	}
	return signer, nil
}

// publicKey is a JSON Web Key (RFC 7517) without its metadata. The fields are
// the required ones of each key type, in the order of RFC 7638, section 3.2, so
// that its JSON is what the thumbprint is taken of.
type publicKey struct {
	Curve    string `json:"crv,omitempty"`
	Exponent string `json:"e,omitempty"`
	Type     string `json:"kty"`
	Modulus  string `json:"n,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`
}

// webKey is what a key set lists.
type webKey struct {
	publicKey
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
}

// thumbprint is the key id of RFC 7638: it changes exactly when the key does.
func (k publicKey) thumbprint() (string, error) {
	canonical, err := json.Marshal(k)
	if err != nil {
		return "", fmt.Errorf("encoding a public key: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return encode(sum[:]), nil
}

// describe returns the public half of a private key, and what it signs with
// (RFC 7518, section 3.1; RFC 8037).
func describe(key crypto.Signer) (publicKey, jwt.SigningMethod, error) {
	switch key := key.(type) {
	case ed25519.PrivateKey:
		public := key.Public().(ed25519.PublicKey)
		return publicKey{Type: "OKP", Curve: "Ed25519", X: encode(public)}, jwt.SigningMethodEdDSA, nil
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() {
			return publicKey{}, nil, errKeyType
		}
		point, err := key.PublicKey.Bytes() // 4, X, Y: SEC 1, section 2.3.3
		if err != nil {
			return publicKey{}, nil, fmt.Errorf("reading a public key: %w", err)
		}
		return publicKey{Type: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}, jwt.SigningMethodES256, nil
	case *rsa.PrivateKey:
		if key.N.BitLen() < minRSABits {
			return publicKey{}, nil, errKeyType
		}
		exponent := big.NewInt(int64(key.E)).Bytes()
		return publicKey{Type: "RSA", Modulus: encode(key.N.Bytes()), Exponent: encode(exponent)}, jwt.SigningMethodRS256, nil
	}
	return publicKey{}, nil, errKeyType
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
