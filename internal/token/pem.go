package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// ReadSigningKey reads the one private key of a PEM file: PKCS #8, SEC 1 or
// PKCS #1. Its errors name the file.
func ReadSigningKey(path string) (crypto.Signer, error) {
	found, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	if signer, ok := found.(crypto.Signer); ok {
		return signer, nil
	}
	return nil, fmt.Errorf("%s holds %s, not a private key", path, describe(found))
}

// readPublicKey reads the one public key of a PEM file: PKIX, PKCS #1, or that of
// an X.509 certificate.
func readPublicKey(path string) (any, error) {
	found, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	switch found := found.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return found, nil
	case *x509.Certificate:
		return found.PublicKey, nil
	}
	return nil, fmt.Errorf("%s holds %s, not a public key", path, describe(found))
}

// readPEM reads the one key of a PEM file.
func readPEM(path string) (any, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []any
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "EC PARAMETERS" { // openssl writes these before an EC key
			continue
		}
		found, err := parseBlock(block)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		keys = append(keys, found)
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("%s holds %d PEM blocks with keys, and must hold one", path, len(keys))
	}
	return keys[0], nil
}

func parseBlock(block *pem.Block) (any, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the key is encrypted; give it without a passphrase")
	}
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		return x509.ParseCertificate(block.Bytes)
	}
	return nil, fmt.Errorf("a PEM block of type %q is no key that can be used", block.Type)
}

// describe names a key for an error message, without any of its bytes.
func describe(material any) string {
	switch k := material.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("an RSA public key of %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "an EC public key on " + k.Curve.Params().Name
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return "a private key"
	}
	return fmt.Sprintf("a %T", material)
}
