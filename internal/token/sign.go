package token

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Signer makes our access tokens. It is safe for concurrent use; [New] makes one.
type Signer struct {
	issuer, audience string
	lifetime         time.Duration
	private          any // what methods[public.alg] signs with
	public           key // what verifies it; under a secret, the secret
	document         []byte
	now              func() time.Time
	random           io.Reader
}

func newSigner(c Config) (*Signer, error) {
	s := &Signer{
		issuer:   cmp.Or(c.Issuer, DefaultIssuer),
		audience: cmp.Or(c.Audience, DefaultAudience),
		lifetime: c.AccessTTL,
		now:      c.Now,
		random:   c.Random,
	}
	if c.SigningKeyFile == "" {
		s.useSecret([]byte(c.Secret))
		return s, nil
	}
	private, err := ReadSigningKey(c.SigningKeyFile)
	if err != nil {
		return nil, fmt.Errorf("token signing_key: %w", err)
	}
	if err := s.useKey(private); err != nil {
		return nil, fmt.Errorf("token signing_key: %w", err)
	}
	return s, nil
}

// useSecret signs with HS256. The key id tells two secrets apart and, being a
// MAC, says nothing about either.
func (s *Signer) useSecret(secret []byte) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("tenantgate key id"))
	s.private = secret
	s.public = key{id: hex.EncodeToString(mac.Sum(nil)[:8]), alg: HS256, material: secret}
}

// useKey signs with a private key, whose type decides the algorithm.
func (s *Signer) useKey(private crypto.Signer) (err error) {
	s.private = private
	s.public.material = private.Public()
	switch private.(type) {
	case ed25519.PrivateKey:
		s.public.alg = EdDSA
	case *ecdsa.PrivateKey:
		s.public.alg = ES256
	case *rsa.PrivateKey:
		s.public.alg = RS256
	}
	if s.public.alg == "" || !s.public.fits(s.public.alg) {
		return fmt.Errorf("%s: want Ed25519, EC on P-256, or RSA of %d to %d bits", describe(private.Public()), minRSABits, maxRSABits)
	}
	if s.public.id, err = thumbprint(s.public.material); err != nil {
		return err
	}
	s.document, err = publishKeySet(s.public)
	return err
}

// Issue makes an access token (RFC 9068) for a user. A zero tenant makes one
// that names no tenant, a zero session one of no session. It returns the token
// in JWS compact serialization, and when it expires.
func (s *Signer) Issue(user tenancy.UserID, tenant tenancy.TenantID, session tenancy.SessionID) (string, time.Time, error) {
	return s.IssueUntil(user, tenant, session, time.Time{})
}

// IssueUntil is [Signer.Issue] for a token that expires at notAfter at the latest;
// zero: as late as any.
func (s *Signer) IssueUntil(
	user tenancy.UserID, tenant tenancy.TenantID, session tenancy.SessionID, notAfter time.Time,
) (string, time.Time, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.random, id); err != nil {
		return "", time.Time{}, fmt.Errorf("making a token id: %w", err)
	}
	issued := s.now().UTC().Truncate(time.Second)
	expires := issued.Add(s.lifetime)
	if !notAfter.IsZero() && notAfter.Before(expires) {
		expires = notAfter.UTC().Truncate(time.Second)
	}
	claims := jwt.MapClaims{
		"iss": s.issuer,
		"aud": s.audience,
		"sub": user.String(),
		"iat": issued.Unix(),
		"exp": expires.Unix(),
		"jti": base64.RawURLEncoding.EncodeToString(id),
	}
	if !tenant.IsZero() {
		claims["tenant_id"] = tenant.String()
	}
	if !session.IsZero() {
		claims["sid"] = session.String()
	}
	t := jwt.NewWithClaims(methods[s.public.alg], claims)
	t.Header["typ"] = "at+jwt"
	t.Header["kid"] = s.public.id
	signed, err := t.SignedString(s.private)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing a token: %w", err)
	}
	return signed, expires, nil
}

// KeySet returns the JWK Set (RFC 7517) that verifies our tokens, as served at
// /.well-known/jwks.json; nil where they are signed with a secret. The caller
// must not change it.
func (s *Signer) KeySet() []byte { return s.document }
