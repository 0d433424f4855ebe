package token

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What a Config field that is left zero means, except for Leeway: there zero is
// zero, and DefaultLeeway is what an operator who says nothing gets.
const (
	DefaultIssuer    = "tenantgate"
	DefaultAudience  = "tenantgate"
	DefaultLeeway    = 30 * time.Second
	DefaultAccessTTL = 15 * time.Minute
	DefaultCacheSize = 100_000

	maxLeeway = 5 * time.Minute
)

// Config says whose tokens are accepted, and how ours are made. One of Secret
// and SigningKeyFile is required. With both, the key signs, and tokens under the
// secret are still accepted.
type Config struct {
	// Secret signs and verifies HS256 tokens; at least 32 bytes.
	Secret string
	// SigningKeyFile is a PEM file with a private key: Ed25519, P-256 or RSA.
	SigningKeyFile string
	// Issuer is the iss of our tokens. Where it is set, tokens of the product's own
	// login service must carry it too.
	Issuer string
	// Audience is the aud of our tokens, and as Issuer for the login service's.
	Audience string
	// Leeway is how far the clocks of issuers may be off; at most 5 minutes.
	Leeway time.Duration
	// AccessTTL is how long our tokens are good for.
	AccessTTL time.Duration
	// Trust lists outside issuers.
	Trust []TrustedIssuer
	// CacheSize is how many verified tokens are remembered.
	CacheSize int

	// Fetched, if set, is told of each attempt to fetch a key set; err is nil where
	// it succeeded. It runs in the request that caused the fetch.
	Fetched func(issuer string, err error)
	// Now is the clock; nil: the real one.
	Now func() time.Time
	// Random makes token ids; nil: crypto/rand.
	Random io.Reader
}

// TrustedIssuer is an outside identity provider whose access tokens are
// accepted. Exactly one of JWKSURL and KeyFile is set.
type TrustedIssuer struct {
	// Issuer is the exact iss of its tokens.
	Issuer string
	// JWKSURL is where its keys are: https, or http on a loopback address.
	JWKSURL string
	// KeyFile is a PEM file with its one public key or certificate.
	KeyFile string
	// Audience lists the aud values of which a token must carry one.
	Audience []string
	// Algorithms lists what it signs with: RS256, PS256, ES256, EdDSA. Empty: all
	// of them but PS256, since many an RSA key is meant for RS256 alone.
	Algorithms []string
	// Provision lets its people have a user row made at first sight.
	Provision bool
}

// New checks the configuration and makes what it describes. Every error names
// the setting as the Caddyfile calls it. Nothing is fetched yet.
func New(config Config) (*Verifier, *Signer, error) {
	if err := config.check(); err != nil {
		return nil, nil, err
	}
	config.fill()
	signer, err := newSigner(config)
	if err != nil {
		return nil, nil, err
	}
	entries, err := newCache(config.CacheSize)
	if err != nil {
		return nil, nil, err
	}
	v := &Verifier{
		own:     ownAuthorities(config, signer),
		trusted: make(map[string]*authority),
		cache:   entries,
		leeway:  config.Leeway,
		now:     config.Now,
	}
	for _, t := range config.Trust {
		if v.trusted[t.Issuer], err = v.trust(config, t); err != nil {
			return nil, nil, fmt.Errorf("token trust %q: %w", t.Issuer, err)
		}
	}
	return v, signer, nil
}

// fill sets what was left to us. Issuer and Audience stay as they are: whether
// they were set decides what the login service is held to.
func (c *Config) fill() {
	c.AccessTTL = cmp.Or(c.AccessTTL, DefaultAccessTTL)
	c.CacheSize = cmp.Or(c.CacheSize, DefaultCacheSize)
	if c.Fetched == nil {
		c.Fetched = func(string, error) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
}

func (c Config) check() error {
	switch {
	case c.Secret == "" && c.SigningKeyFile == "":
		return errors.New("token: set secret (JWT_SECRET) or signing_key")
	case c.Leeway < 0 || c.Leeway > maxLeeway:
		return fmt.Errorf("token leeway: %s is not between 0s and %s", c.Leeway, maxLeeway)
	case c.AccessTTL < 0 || c.AccessTTL%time.Second != 0:
		return fmt.Errorf("token access_ttl: %s is not a number of whole seconds", c.AccessTTL)
	case c.AccessTTL > tenancy.MaxTokenLife:
		return fmt.Errorf("token access_ttl: %s is more than %s, for which the end of a session is remembered", c.AccessTTL, tenancy.MaxTokenLife)
	case c.CacheSize < 0:
		return fmt.Errorf("cache tokens: %d is less than 1", c.CacheSize)
	}
	if c.Secret != "" {
		if err := checkSecret(c.Secret); err != nil {
			return fmt.Errorf("token secret (JWT_SECRET): %w", err)
		}
	}
	seen := []string{cmp.Or(c.Issuer, DefaultIssuer)}
	for _, t := range c.Trust {
		if slices.Contains(seen, t.Issuer) {
			return fmt.Errorf("token trust %q: there is another issuer of that name", t.Issuer)
		}
		if err := t.check(); err != nil {
			return fmt.Errorf("token trust %q: %w", t.Issuer, err)
		}
		seen = append(seen, t.Issuer)
	}
	return nil
}

func (t TrustedIssuer) check() error {
	switch {
	case t.Issuer == "":
		return errors.New("the issuer has no name")
	case (t.JWKSURL == "") == (t.KeyFile == ""):
		return errors.New("set one of jwks and key")
	// Without an audience, a token made for any other service would do.
	case len(t.Audience) == 0 || slices.Contains(t.Audience, ""):
		return errors.New("audience: name at least one, and none that is empty")
	}
	for _, alg := range t.Algorithms {
		if !slices.Contains(outsideAlgorithms, alg) {
			return fmt.Errorf("algorithms: %q is not one of %v", alg, outsideAlgorithms)
		}
	}
	if t.JWKSURL == "" {
		return nil
	}
	if err := checkKeySetURL(t.JWKSURL); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

// A secret shared with an outside issuer would let it sign as anybody, so
// HS256 is not among them.
var outsideAlgorithms = []string{RS256, PS256, ES256, EdDSA}
