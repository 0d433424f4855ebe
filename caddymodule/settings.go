package caddymodule

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/sanitize"
	"github.com/tenantgate/tenantgate/internal/token"
)

// settings is the configuration with placeholders and defaults filled in.
type settings struct {
	database  string
	redis     string
	token     token.Config
	session   time.Duration
	tokens    int
	local     cache.Config
	redisTTL  time.Duration
	lease     time.Duration
	direct    string // DSN of the change feed; empty: database
	members   manage.MemberMode
	assertion bool
	smtp      *mail.Server // nil: no mails are sent
	publicURL string       // without a slash at its end; empty: not said
	log       *slog.Logger
	lookupTXT func(ctx context.Context, name string) ([]string, error)

	// Equal fingerprints mean that a reload changes nothing about what is behind.
	tokenPrint, backendPrint, mailPrint [sha256.Size]byte
}

// resolve checks the configuration. Its errors name the setting.
func (a *App) resolve(log *slog.Logger) (settings, error) {
	s := settings{
		database:  fill(a.Database),
		redis:     fill(a.Redis),
		direct:    fill(a.DatabaseDirect),
		tokens:    orDefault(a.Cache.Tokens, token.DefaultCacheSize),
		session:   lasting(a.Token.RefreshTTL, 720*time.Hour),
		assertion: a.Assertion == nil || *a.Assertion,
		log:       log,
	}
	s.token = a.Token.resolve(s.tokens)
	var err error
	if s.members, err = memberMode(a.Members); err != nil {
		return s, err
	}
	if s.session <= 0 {
		return s, errors.New("token refresh_ttl: want a duration above zero")
	}
	if err = a.Cache.resolve(&s); err != nil {
		return s, err
	}
	if err = s.checkServers(); err != nil {
		return s, err
	}
	if s.lookupTXT, err = lookupTXT(fill(a.Resolver)); err != nil {
		return s, err
	}
	if err = a.resolveMail(&s); err != nil {
		return s, err
	}
	return s, s.fingerprint()
}

// checkServers checks the two URLs without connecting.
func (s *settings) checkServers() error {
	if err := postgres.CheckDSN(s.database); err != nil {
		return err
	}
	if s.direct != "" {
		if err := postgres.CheckDSN(s.direct); err != nil {
			return fmt.Errorf("database_direct: %w", err)
		}
	}
	if s.redis == "" {
		return nil
	}
	client, err := cache.NewClient(s.redis)
	if err != nil {
		return err
	}
	_ = client.Close() // nothing was connected
	return nil
}

// The lease: shorter than this it is lost by chance; longer, a replica that is
// gone holds up whoever removes a member.
const (
	minLease = 100 * time.Millisecond
	maxLease = time.Hour
)

// resolve bounds what is believed: an answer for the TTL, and all of them only
// while the change feed has been heard within the lease.
func (c CacheConfig) resolve(s *settings) error {
	ttl, lease, stale := lasting(c.TTL, 5*time.Minute), lasting(c.Lease, 2*time.Second), lasting(c.StaleIfError, 0)
	switch {
	case c.Memberships < 0:
		return errors.New("cache memberships: want 1 entry or more")
	case c.Tokens < 0:
		return errors.New("cache tokens: want 1 entry or more")
	case ttl <= 0:
		return errors.New("cache ttl: want a duration above zero")
	case lease < minLease || lease > maxLease:
		return fmt.Errorf("cache lease: %v is not between %v and %v", lease, minLease, maxLease)
	case stale < 0:
		return errors.New("cache stale_if_error: want a duration of zero or more")
	}
	s.local = cache.Config{
		Entries:      orDefault(c.Memberships, 1_000_000),
		Freshness:    ttl,
		StaleIfError: stale,
	}
	s.redisTTL, s.lease = ttl, lease
	return nil
}

func (c TokenConfig) resolve(cacheSize int) token.Config {
	config := token.Config{
		Secret:         fill(c.Secret),
		SigningKeyFile: fill(c.SigningKey),
		Issuer:         fill(c.Issuer),
		Audience:       fill(c.Audience),
		Leeway:         lasting(c.Leeway, token.DefaultLeeway),
		AccessTTL:      lasting(c.AccessTTL, token.DefaultAccessTTL),
		CacheSize:      cacheSize,
	}
	for _, t := range c.Trust {
		config.Trust = append(config.Trust, token.TrustedIssuer{
			Issuer:     fill(t.Issuer),
			JWKSURL:    fill(t.JWKS),
			KeyFile:    fill(t.Key),
			Audience:   t.Audience,
			Algorithms: t.Algorithms,
			Provision:  t.Provision != nil && *t.Provision,
		})
	}
	return config
}

// policy makes the sanitiser.
func (c SanitizeConfig) policy() (*sanitize.Policy, error) {
	policy, err := sanitize.New(sanitize.Options{
		ReportOnly:   c.reportOnly(),
		AllowMethods: c.AllowMethods,
		AllowEncoded: c.AllowEncoded,
		ProtectNames: c.Protect,
	})
	if err != nil {
		return nil, fmt.Errorf("sanitize %w", err)
	}
	return policy, nil
}

func (c SanitizeConfig) reportOnly() bool { return c.ReportOnly != nil && *c.ReportOnly }

// fingerprint hashes what the shared parts are made of, the contents of key files
// among it: a file that has changed is a key that has. What tokens are believed
// for does not touch the backend, whose caches are worth more.
func (s *settings) fingerprint() error {
	signing, err := contents("token signing_key", s.token.SigningKeyFile)
	if err != nil {
		return err
	}
	tokens := sha256.New()
	fmt.Fprintf(tokens, "%#v %q", s.token, signing)
	for _, trust := range s.token.Trust {
		key, err := contents(fmt.Sprintf("token trust %q: key", trust.Issuer), trust.KeyFile)
		if err != nil {
			return err
		}
		fmt.Fprintf(tokens, " %q", key)
	}
	tokens.Sum(s.tokenPrint[:0])

	backend := sha256.New()
	fmt.Fprintf(backend, "%q %q %q %#v %v %v", s.database, s.direct, s.redis, s.local, s.redisTTL, s.lease)
	if s.assertion {
		fmt.Fprintf(backend, " %q %q %q", s.token.Issuer, s.token.SigningKeyFile, signing)
	}
	backend.Sum(s.backendPrint[:0])
	s.mailPrint = sha256.Sum256(fmt.Appendf(nil, "%x %x %q", s.backendPrint, s.mailPrint, s.publicURL))
	return nil
}

// contents reads the file that a setting names, if it names one.
func contents(setting, file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return content, nil
}

// fill puts values in place of Caddy's global placeholders, as JSON
// configurations use them ({env.DATABASE_URL}). What is no placeholder stays: a
// secret may have braces.
func fill(s string) string {
	return caddy.NewReplacer().ReplaceKnown(s, "")
}

func memberMode(s string) (manage.MemberMode, error) {
	switch s {
	case "", string(manage.Direct):
		return manage.Direct, nil
	case string(manage.InviteOnly):
		return manage.InviteOnly, nil
	}
	return "", fmt.Errorf("members: %q is neither direct nor invite", s)
}

func lasting(d *caddy.Duration, fallback time.Duration) time.Duration {
	if d == nil {
		return fallback
	}
	return time.Duration(*d)
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
