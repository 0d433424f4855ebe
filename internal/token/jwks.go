package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/MicahParks/jwkset"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// parseKeySet reads a JWK Set (RFC 7517, section 5). Keys that we cannot use,
// of unknown kinds, for encryption, symmetric, malformed, are left out, as the
// RFC asks; a document that is no set at all is an error.
func parseKeySet(document []byte) (keySet, error) {
	var set struct {
		Keys *[]jsontext.Value `json:"keys"`
	}
	if err := jsonv2.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("reading the key set: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New(`reading the key set: it has no member "keys"`)
	}
	var keys keySet
	for _, value := range *set.Keys {
		if k, ok := parseKey(value); ok {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// parseKey reads one public JWK for verifying signatures.
func parseKey(value jsontext.Value) (key, bool) {
	var m jwkset.JWKMarshal
	if err := jsonv2.Unmarshal(value, &m); err != nil {
		return key{}, false
	}
	if m.USE != "" && m.USE != jwkset.UseSig {
		return key{}, false
	}
	if len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify) {
		return key{}, false
	}
	// Certificates prove nothing here: the set itself is what is trusted.
	m.X5U, m.X5C, m.X5T, m.X5TS256 = "", nil, "", ""
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return key{}, false
	}
	return key{id: m.KID, alg: string(m.ALG), material: jwk.Key()}, true
}

// publishKeySet writes the JWK Set of one public key.
func publishKeySet(k key) ([]byte, error) {
	jwk, err := jwkset.NewJWKFromKey(k.material, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
		ALG: jwkset.ALG(k.alg), KID: k.id, USE: jwkset.UseSig,
	}})
	if err != nil {
		return nil, fmt.Errorf("writing the key set: %w", err)
	}
	return json.Marshal(jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{jwk.Marshal()}})
}

// thumbprint names a public key by its SHA-256 thumbprint (RFC 7638).
func thumbprint(public any) (string, error) {
	jwk, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{})
	if err != nil {
		return "", fmt.Errorf("naming the key: %w", err)
	}
	m := jwk.Marshal()
	required := make(map[string]string)
	for name, value := range map[string]string{
		"kty": string(m.KTY), "crv": string(m.CRV), "x": m.X, "y": m.Y, "n": m.N, "e": m.E,
	} {
		if value != "" {
			required[name] = value
		}
	}
	canonical, err := json.Marshal(required) // sorts the names, as section 3.3 wants
	if err != nil {
		return "", fmt.Errorf("naming the key: %w", err)
	}
	digest := sha256.Sum256(canonical)
	return base64.RawURLEncoding.EncodeToString(digest[:]), nil
}
