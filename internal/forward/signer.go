package forward

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// AssertionType is the typ of an assertion and AssertionAudience its aud. Both
// are there so that nobody takes an assertion for an access token, the gateway
// least of all.
const (
	AssertionType     = "tenantgate-assertion+jwt"
	AssertionAudience = "tenantgate-upstream"
)

// assertionLifetime is how long an upstream may believe an assertion.
const assertionLifetime = 60 * time.Second

// Signer signs assertions with one private key. It is safe for concurrent use.
type Signer struct {
	key    crypto.Signer
	method jwt.SigningMethod
	issuer string
	keyID  string
	jwks   []byte
}

var errIncomplete = errors.New("membership does not say who, where and as what role")

// NewSigner returns a signer that vouches as issuer. The key is Ed25519 (EdDSA),
// P-256 (ES256) or RSA of 2048 bits or more (RS256); its id is its RFC 7638
// thumbprint.
func NewSigner(key crypto.Signer, issuer string) (*Signer, error) {
	public, method, err := describe(key)
	if err != nil {
		return nil, fmt.Errorf("reading the assertion key: %w", err)
	}
	id, err := public.thumbprint()
	if err != nil {
		return nil, err
	}
	set := map[string][]webKey{"keys": {{publicKey: public, Use: "sig", Algorithm: method.Alg(), ID: id}}}
	jwks, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encoding the key set: %w", err)
	}
	return &Signer{key: key, method: method, issuer: issuer, keyID: id, jwks: jwks}, nil
}

// JWKS returns the key set (RFC 7517, section 5) to verify assertions with. It
// is not to be changed.
func (s *Signer) JWKS() []byte { return s.jwks }

// Sign returns an assertion that the membership's user acts in its tenant as its
// role, good for 60 s from now. It vouches for no membership that is incomplete.
func (s *Signer) Sign(m tenancy.Membership, now time.Time) (string, error) {
	if !complete(m) {
		return "", errIncomplete
	}
	issued := now.Unix()
	token := jwt.NewWithClaims(s.method, jwt.MapClaims{
		"iss":       s.issuer,
		"aud":       AssertionAudience,
		"sub":       m.User.String(),
		"tenant_id": m.Tenant.String(),
		"role":      m.Role.String(),
		"iat":       issued,
		"exp":       issued + int64(assertionLifetime/time.Second),
	})
	token.Header["typ"] = AssertionType
	token.Header["kid"] = s.keyID
	signed, err := token.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("signing an assertion: %w", err)
	}
	return signed, nil
}

// complete reports whether the membership says who acts, where and as what role.
func complete(m tenancy.Membership) bool {
	return !m.User.IsZero() && !m.Tenant.IsZero() && m.Role >= tenancy.RoleViewer && m.Role <= tenancy.RoleAdmin
}
