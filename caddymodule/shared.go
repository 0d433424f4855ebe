package caddymodule

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// What outlives a reload, by the fingerprint of the settings it was made from.
var (
	backends   = caddy.NewUsagePool()
	tokenPools = caddy.NewUsagePool()
)

// tokens is the verifier with its keys and cache, and the signer of ours.
type tokens struct {
	verifier        *token.Verifier
	signer          *token.Signer
	fetched, failed atomic.Uint64 // attempts to fetch key sets
}

// Destruct lets the garbage collector have it.
func (*tokens) Destruct() error { return nil }

func acquireTokens(s settings) (*tokens, error) {
	value, _, err := tokenPools.LoadOrNew(s.tokenPrint, func() (caddy.Destructor, error) {
		return newTokens(s)
	})
	if err != nil {
		return nil, err
	}
	return value.(*tokens), nil
}

func newTokens(s settings) (*tokens, error) {
	t := new(tokens)
	s.token.Fetched = func(issuer string, err error) {
		if err == nil {
			t.fetched.Add(1)
			return
		}
		t.failed.Add(1)
		lastingLog().Warn("fetching the keys of a trusted issuer", "issuer", issuer, "error", err)
	}
	var err error
	t.verifier, t.signer, err = token.New(s.token)
	return t, err
}

func releaseTokens(s settings) { _, _ = tokenPools.Delete(s.tokenPrint) }

// backend is this replica, and what is signed with the key it keeps.
type backend struct {
	*replica.Replica
	limiter   tenancy.Limiter
	signer    *forward.Signer // nil: assertions are off
	forwarder *forward.Forwarder
	streams   *streams
	watcher   *watcher // nil: not begun
	purger    *purger  // nil: not begun
}

func acquireBackend(ctx context.Context, s settings, open *streams) (*backend, error) {
	value, _, err := backends.LoadOrNew(s.backendPrint, func() (caddy.Destructor, error) {
		return newBackend(ctx, s, open)
	})
	if err != nil {
		return nil, err
	}
	return value.(*backend), nil
}

func releaseBackend(s settings) error {
	_, err := backends.Delete(s.backendPrint)
	return err
}

func newBackend(ctx context.Context, s settings, open *streams) (*backend, error) {
	shared := cache.RedisConfig{TTL: s.redisTTL, Log: lastingLog()}
	r, err := replica.Open(ctx, replica.Config{
		Database: s.database, Direct: s.direct, Redis: s.redis, Lease: s.lease, Local: s.local, Shared: shared, Log: lastingLog(),
	})
	if err != nil {
		return nil, err
	}
	b := &backend{Replica: r, streams: open}
	r.Feed.Listen(open) // after the caches: it asks them
	if b.limiter, err = newLimiter(b.Client); err != nil {
		return nil, b.abandon(err)
	}
	if b.signer, err = assertionSigner(ctx, s, r.Store); err != nil {
		return nil, b.abandon(err)
	}
	if b.forwarder, err = forward.New(b.signer, min(s.local.Entries, maxPrepared(s)), time.Now); err != nil {
		return nil, b.abandon(err)
	}
	b.watcher = startWatcher(r.Feed, open.Doubt)
	b.purger = startPurger(b)
	return b, nil
}

// maxPrepared bounds the memberships whose headers are kept ready: at 1 KiB each
// they are for those who are calling now, not for all who ever did. Without a
// signature headers are made anew in less than a microsecond.
func maxPrepared(s settings) int {
	if !s.assertion {
		return 16_384
	}
	return 65_536
}

// assertionSigner returns what signs assertions: the configured key, or the one
// that the gateway has made for itself and keeps in Postgres.
func assertionSigner(ctx context.Context, s settings, store *postgres.Store) (*forward.Signer, error) {
	if !s.assertion {
		return nil, nil
	}
	issuer := orDefault(s.token.Issuer, token.DefaultIssuer)
	if s.token.SigningKeyFile != "" {
		key, err := token.ReadSigningKey(s.token.SigningKeyFile)
		if err != nil {
			return nil, err
		}
		return forward.NewSigner(key, issuer)
	}
	_, candidate, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("making an assertion key: %w", err)
	}
	key, err := store.AssertionKey(ctx, candidate)
	if err != nil {
		return nil, err
	}
	return forward.NewSigner(key, issuer)
}

// assertionKeys returns the key set that assertions are verified with; nil where
// they are off.
func (b *backend) assertionKeys() []byte {
	if b.signer == nil {
		return nil
	}
	return b.signer.JWKS()
}

// Destruct closes the connections.
func (b *backend) Destruct() error {
	b.watcher.stop()
	b.purger.stop() // it works on the store
	return b.Close()
}

func (b *backend) abandon(err error) error {
	_ = b.Destruct() // err says what matters
	return err
}
