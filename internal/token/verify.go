package token

import (
	"context"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const maxToken = 8 << 10 // bytes

// Verifier verifies tokens. It is safe for concurrent use; [New] makes one.
type Verifier struct {
	own     []*authority          // by our secret or signing key, told apart by algorithm and kind
	trusted map[string]*authority // by iss
	cache   *cache
	leeway  time.Duration
	now     func() time.Time
}

// Verify returns whom a token in JWS compact serialization speaks of. A token
// that was verified before is looked up, and its times checked again.
//
// Errors: ErrInvalid, as a [Refusal]; ErrExpired; tenancy.ErrUnavailable,
// wrapped, where the keys of its issuer cannot be had. The subject is good only
// if there is no error.
func (v *Verifier) Verify(ctx context.Context, raw string) (tenancy.Subject, error) {
	if len(raw) > maxToken {
		return tenancy.Subject{}, refusedLength
	}
	n, now := nameOf(raw), v.now()
	known, found := v.cache.get(n)
	if !found || known.authority.keysDue(now) {
		var err error
		if known, err = v.verify(ctx, raw); err != nil {
			return tenancy.Subject{}, err
		}
		v.cache.entries.Set(n.kept(), known)
		now = v.now() // keys may have been fetched
	}
	if err := known.window.check(now, v.leeway); err != nil {
		return tenancy.Subject{}, err
	}
	return known.subject, nil
}

// verify checks all of a token but its times. Whatever needs no key comes
// first, so that junk costs little and fetches nothing.
func (v *Verifier) verify(ctx context.Context, raw string) (*verified, error) {
	generation := v.cache.generation.Load()
	s, err := split(raw)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(s.header)
	if err != nil {
		return nil, err
	}
	c, err := readClaims(s.payload)
	if err != nil {
		return nil, err
	}
	a, err := v.authorityFor(h, c)
	if err != nil {
		return nil, err
	}
	subject, err := a.subject(c)
	if err != nil {
		return nil, err
	}
	k, err := a.key(ctx, h)
	if err != nil {
		return nil, err
	}
	if err := k.verify(s, h.alg); err != nil {
		return nil, err
	}
	return &verified{subject: subject, window: c.window, authority: a, generation: generation}, nil
}

// authorityFor returns the one authority that may have signed the token, having
// admitted it. The claims are not verified yet: they choose whose key must
// match, and a liar chooses a key he does not have.
func (v *Verifier) authorityFor(h header, c claims) (*authority, error) {
	if a, found := v.trusted[c.issuer]; found {
		return a, a.admit(h, c)
	}
	reason := refusedAlgorithm
	for _, a := range v.own {
		if !slices.Contains(a.algorithms, h.alg) {
			continue
		}
		if slices.Contains(a.kinds, h.kind) {
			return a, a.admit(h, c)
		}
		reason = refusedType
	}
	return nil, reason
}

// Purge forgets every token verified so far. It is called when an issuer's keys
// change, and may be called at any time.
func (v *Verifier) Purge() { v.cache.purge() }
