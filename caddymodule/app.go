// Package caddymodule makes Caddy modules of the gateway: the app tenantgate,
// which owns what outlives a request, and the handlers tenant_api and
// tenant_gate. It is the only package that knows Caddy; it translates and wires,
// and decides nothing itself.
package caddymodule

import (
	"context"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func init() {
	caddy.RegisterModule(App{})
}

// App is the gateway's configuration, and what it makes of it. Connections, keys
// and caches are shared with the configuration before a reload as far as the
// settings behind them are the same.
type App struct {
	// Database is the URL of the Postgres database.
	Database string `json:"database,omitempty"`
	// Redis is the URL of a Redis that replicas share. Optional.
	Redis string `json:"redis,omitempty"`
	// Token says which tokens are believed, and how ours are made.
	Token TokenConfig `json:"token"`
	// Cache bounds what is remembered.
	Cache CacheConfig `json:"cache"`
	// Members says what adding an existing account does: "direct" makes them a
	// member at once, "invite" asks them first. Default: direct.
	Members string `json:"members,omitempty"`
	// Assertion turns the signed assertion for upstreams off. Default: on.
	Assertion *bool `json:"assertion,omitempty"`
	// CORS lists the exact origins of frontends on other hosts.
	CORS []string `json:"cors,omitempty"`

	settings settings
	tokens   *tokens
	policy   *sanitize.Policy
	cors     *crossOrigin
	metrics  *metrics

	// What needs Postgres is made by Start. Handlers may be called before: Caddy
	// starts its apps in no order.
	started chan struct{}
	backend *backend
	decider *access.Decider
	api     *httpapi.Handler
}

// CaddyModule returns the Caddy module information.
func (App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "tenantgate", New: func() caddy.Module { return new(App) }}
}

// Provision checks every setting and reads the key files. It connects to
// nothing, so that `tenantgate validate` needs no servers.
func (a *App) Provision(ctx caddy.Context) error {
	a.started = make(chan struct{})
	a.metrics = newMetrics(ctx.GetMetricsRegistry(), a)
	var err error
	if a.settings, err = a.resolve(ctx.Slogger()); err != nil {
		return err
	}
	if a.cors, err = newCrossOrigin(a.CORS); err != nil {
		return err
	}
	if a.policy, err = sanitize.New(sanitize.Options{}); err != nil {
		return err
	}
	a.tokens, err = acquireTokens(a.settings)
	return err
}

// Start connects to Postgres and Redis, or joins the connections that the
// configuration before has.
func (a *App) Start() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	backend, err := acquireBackend(ctx, a.settings)
	if err != nil {
		return err
	}
	a.backend = backend
	a.decider = &access.Decider{Memberships: backend.memberships, Directory: backend.directory, Identities: backend.identities}
	a.api = a.newAPI()
	close(a.started)
	return nil
}

const startTimeout = 20 * time.Second

// Stop does nothing: requests under way still need what Cleanup gives back.
func (*App) Stop() error { return nil }

// Cleanup gives back what is shared; who gives back last closes it.
func (a *App) Cleanup() error {
	if a.tokens != nil {
		releaseTokens(a.settings)
	}
	if a.backend != nil {
		return releaseBackend(a.settings)
	}
	return nil
}

// await waits until Start is done, which is before nearly every request.
func (a *App) await(ctx context.Context) error {
	select {
	case <-a.started:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-a.started:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the gateway to start: %w", ctx.Err())
	}
}

var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
