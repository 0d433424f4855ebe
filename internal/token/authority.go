package token

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// authority is somebody whose tokens are accepted: what they must look like,
// whose keys sign them, and whom they speak of. Keys are looked for nowhere
// else, so that two issuers may both call a key "default".
type authority struct {
	issuer     string   // the iss its tokens carry; empty: any, or none
	audience   []string // of which they carry one; empty: any, or none
	algorithms []string
	kinds      []kind
	// One of the two holds the keys. A key that we were given by hand is used
	// whatever kid a token names.
	fixed  key
	remote *remoteKeys
	// subject says whom the claims are about.
	subject func(claims) (tenancy.Subject, error)
}

// ownAuthorities are those under our secret and our signing key.
func ownAuthorities(c Config, signer *Signer) []*authority {
	ours := authority{
		issuer:   cmp.Or(c.Issuer, DefaultIssuer),
		audience: []string{cmp.Or(c.Audience, DefaultAudience)},
		kinds:    []kind{kindAccess},
		subject:  ownSubject,
	}
	var own []*authority
	if signer.public.alg != HS256 {
		bySigningKey := ours
		bySigningKey.algorithms, bySigningKey.fixed = []string{signer.public.alg}, signer.public
		own = append(own, &bySigningKey)
	}
	if c.Secret == "" {
		return own
	}
	bySecret := ours
	bySecret.algorithms, bySecret.fixed = []string{HS256}, key{alg: HS256, material: []byte(c.Secret)}
	login := bySecret
	login.kinds, login.subject = []kind{kindPlain}, loginSubject
	login.issuer, login.audience = c.Issuer, nil
	if c.Audience != "" {
		login.audience = []string{c.Audience}
	}
	return append(own, &bySecret, &login)
}

// trust returns the authority of an outside issuer.
func (v *Verifier) trust(c Config, t TrustedIssuer) (*authority, error) {
	a := &authority{
		issuer:     t.Issuer,
		audience:   t.Audience,
		algorithms: t.Algorithms,
		kinds:      []kind{kindAccess, kindPlain},
		subject:    identitySubject(t.Provision),
	}
	if len(a.algorithms) == 0 {
		a.algorithms = []string{RS256, ES256, EdDSA}
	}
	if t.JWKSURL != "" {
		a.remote = newRemoteKeys(t.Issuer, keySetFetcher(t.JWKSURL))
		a.remote.fetched, a.remote.changed, a.remote.now = c.Fetched, v.Purge, c.Now
		return a, nil
	}
	public, err := readPublicKey(t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	a.fixed = key{material: public}
	if !slices.ContainsFunc(a.algorithms, a.fixed.fits) {
		return nil, fmt.Errorf("key: %s fits none of the algorithms %v", describe(public), a.algorithms)
	}
	return a, nil
}

// admit checks all that can be said without a key.
func (a *authority) admit(h header, c claims) error {
	switch {
	case !slices.Contains(a.algorithms, h.alg):
		return refusedAlgorithm
	case !slices.Contains(a.kinds, h.kind):
		return refusedType
	// at+jwt says what the token is for; where typ does not, the claims might.
	case h.kind == kindPlain && c.otherUse:
		return refusedType
	case a.issuer != "" && c.issuer != a.issuer:
		return refusedIssuer
	case len(a.audience) > 0 && !slices.ContainsFunc(c.audience, a.hears):
		return refusedAudience
	case c.window.expires.IsZero():
		return refusedNoExpiry
	}
	return nil
}

func (a *authority) hears(audience string) bool { return slices.Contains(a.audience, audience) }

// key finds the key that a token with this header is signed with. Errors: a
// Refusal, or tenancy.ErrUnavailable where the issuer's keys cannot be had.
func (a *authority) key(ctx context.Context, h header) (key, error) {
	if a.remote != nil {
		return a.remote.find(ctx, h.kid, h.alg)
	}
	if !a.fixed.fits(h.alg) {
		return key{}, refusedUnfitKey
	}
	return a.fixed, nil
}

// keysDue reports whether the issuer's keys must be looked at again before a
// token that they verified is believed once more.
func (a *authority) keysDue(now time.Time) bool { return a.remote != nil && a.remote.due(now) }

// ownSubject reads a token that we issued.
func ownSubject(c claims) (tenancy.Subject, error) {
	s, err := loginSubject(c)
	if err != nil {
		return tenancy.Subject{}, err
	}
	if c.session != "" {
		if s.Session, err = tenancy.ParseSessionID(c.session); err != nil {
			return tenancy.Subject{}, refusedSession
		}
	}
	return s, nil
}

// loginSubject reads a token that the product's own login service made. What it
// calls a session is none of ours.
func loginSubject(c claims) (tenancy.Subject, error) {
	user, err := tenancy.ParseUserID(c.subject)
	if err != nil || user.IsZero() {
		return tenancy.Subject{}, refusedSubject
	}
	s := subjectOf(c)
	s.User = user
	return s, nil
}

const maxSubject = 255 // OpenID Connect Core, section 2

// identitySubject returns the reader of the tokens of a trusted issuer.
func identitySubject(provision bool) func(claims) (tenancy.Subject, error) {
	return func(c claims) (tenancy.Subject, error) {
		if c.subject == "" || len(c.subject) > maxSubject {
			return tenancy.Subject{}, refusedSubject
		}
		s := subjectOf(c)
		s.Identity = tenancy.Identity{
			Issuer: c.issuer, Subject: c.subject,
			Email: c.email, EmailVerified: c.emailVerified && c.email != "", Name: c.name,
			Provision: provision,
		}
		return s, nil
	}
}

func subjectOf(c claims) tenancy.Subject {
	return tenancy.Subject{Tenant: c.tenant, IssuedAt: c.window.issued, ExpiresAt: c.window.expires}
}
