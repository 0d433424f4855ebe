package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms (RFC 7518, section 3.1; RFC 8037, section 3.1). There are no
// others: a name that is not here verifies nothing.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	PS256 = "PS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

var methods = map[string]jwt.SigningMethod{
	HS256: jwt.SigningMethodHS256,
	RS256: jwt.SigningMethodRS256,
	PS256: &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: jwt.SigningMethodPS256.SigningMethodRSA,
		Options:          jwt.SigningMethodPS256.Options,
		// The salt is as long as the hash (RFC 7518, section 3.5); the library's own
		// method takes any.
		VerifyOptions: jwt.SigningMethodPS256.Options,
	},
	ES256: jwt.SigningMethodES256,
	EdDSA: jwt.SigningMethodEdDSA,
}

const (
	minRSABits = 2048
	maxRSABits = 8192 // verifying costs the square of the size
)

// key verifies signatures.
type key struct {
	id  string // empty: none
	alg string // the one algorithm it is bound to; empty: every one that its type fits
	// material is []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey.
	material any
}

// fits reports whether the key may be used with alg. The type of the key
// decides, never the token alone: a public key as an HMAC secret is the oldest
// forgery there is. Keys too weak or on other curves fit nothing.
func (k key) fits(alg string) bool {
	if k.alg != "" && k.alg != alg {
		return false
	}
	switch material := k.material.(type) {
	case []byte:
		return alg == HS256
	case *rsa.PublicKey:
		bits := material.N.BitLen()
		return (alg == RS256 || alg == PS256) && bits >= minRSABits && bits <= maxRSABits
	case *ecdsa.PublicKey:
		return alg == ES256 && material.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == EdDSA
	}
	return false
}

// verify checks the signature of s with the key, which fits alg.
func (k key) verify(s segments, alg string) error {
	if methods[alg].Verify(s.signed, s.signature, k.material) != nil {
		return refusedSignature
	}
	return nil
}

// keySet is the keys of one issuer.
type keySet []key

// find returns the one key that a token with this kid and alg may be signed
// with. Without a kid there must be exactly one key that fits; a kid that two
// fitting keys share names neither.
func (set keySet) find(kid, alg string) (key, error) {
	var found key
	known, fitting := false, 0
	for _, k := range set {
		if kid != "" && k.id != kid {
			continue
		}
		known = known || kid != ""
		if k.fits(alg) {
			found = k
			fitting++
		}
	}
	switch {
	case fitting == 1:
		return found, nil
	case fitting > 1:
		return key{}, refusedManyKeys
	case known:
		return key{}, refusedUnfitKey
	}
	return key{}, refusedUnknownKey
}
