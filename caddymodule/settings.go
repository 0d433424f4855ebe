package caddymodule

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
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
	members   manage.MemberMode
	assertion bool
	log       *slog.Logger

	// Equal fingerprints mean that a reload changes nothing about what is behind.
	tokenPrint, backendPrint [sha256.Size]byte
}

// How long Redis is believed at most. No change feed tells it of what others
// write, so it must forget by itself.
const maxRedisTTL = 30 * time.Second

// resolve checks the configuration. Its errors name the setting.
func (a *App) resolve(log *slog.Logger) (settings, error) {
	s := settings{
		database:  fill(a.Database),
		redis:     fill(a.Redis),
		tokens:    orDefault(a.Cache.Tokens, token.DefaultCacheSize),
		session:   lasting(a.Token.RefreshTTL, 720*time.Hour),
		assertion: a.Assertion == nil || *a.Assertion,
		log:       log,
	}
	var err error
	if err = postgres.CheckDSN(s.database); err != nil {
		return s, err
	}
	if s.redis != "" {
		client, err := cache.NewClient(s.redis)
		if err != nil {
			return s, err
		}
		_ = client.Close() // nothing was connected
	}
	if s.members, err = memberMode(a.Members); err != nil {
		return s, err
	}
	if err = a.resolveCache(&s); err != nil {
		return s, err
	}
	s.token = a.Token.resolve(s.tokens)
	return s, s.fingerprint()
}

// resolveCache bounds what is believed. Until a change feed tells this process
// of what others write, hearing from Postgres is reading from it: an answer is
// believed for the lease.
func (a *App) resolveCache(s *settings) error {
	ttl, lease := lasting(a.Cache.TTL, 5*time.Minute), lasting(a.Cache.Lease, 2*time.Second)
	switch {
	case a.Cache.Memberships < 0, a.Cache.Tokens < 0:
		return errors.New("cache: memberships and tokens are numbers of entries, 1 or more")
	case ttl <= 0 || lease <= 0:
		return errors.New("cache: ttl and lease are durations above zero")
	case s.session <= 0:
		return errors.New("token: refresh_ttl is a duration above zero")
	}
	s.local = cache.Config{
		Entries:      orDefault(a.Cache.Memberships, 1_000_000),
		Freshness:    min(ttl, lease),
		StaleIfError: lasting(a.Cache.StaleIfError, 0),
	}
	s.redisTTL = min(ttl, maxRedisTTL)
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

// fingerprint hashes what the shared parts are made of, the contents of key
// files among it: a file that has changed is a key that has.
func (s *settings) fingerprint() error {
	files := []string{s.token.SigningKeyFile}
	for _, trust := range s.token.Trust {
		files = append(files, trust.KeyFile)
	}
	tokens := sha256.New()
	fmt.Fprintf(tokens, "%#v", s.token)
	for _, name := range files {
		if name == "" {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("token: reading key: %w", err)
		}
		fmt.Fprintf(tokens, "%q", content)
	}
	tokens.Sum(s.tokenPrint[:0])

	backend := sha256.New()
	fmt.Fprintf(backend, "%x %q %q %#v %v %v", s.tokenPrint, s.database, s.redis, s.local, s.redisTTL, s.assertion)
	backend.Sum(s.backendPrint[:0])
	return nil
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
