// Package caddymodule makes Caddy modules of the gateway: the app tenantgate,
// which owns what outlives a request, and the handlers tenant_api and
// tenant_gate. It is the only package that knows Caddy; it translates and wires,
// and decides nothing itself.
package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
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
	// DatabaseDirect is a URL of the same database that does not lead through a
	// pooler; the change feed needs a session. Default: Database.
	DatabaseDirect string `json:"database_direct,omitempty"`
	// Redis is the URL of a Redis that replicas share. Optional.
	Redis string `json:"redis,omitempty"`
	// Token says which tokens are believed, and how ours are made.
	Token TokenConfig `json:"token,omitzero"`
	// Cache bounds what is remembered.
	Cache CacheConfig `json:"cache,omitzero"`
	// Members says what adding an existing account does: "direct" makes them a
	// member at once, "invite" asks them first. Default: direct.
	Members string `json:"members,omitempty"`
	// Assertion turns the signed assertion for upstreams off. Default: on.
	Assertion *bool `json:"assertion,omitempty"`
	// Resolver is the name server that is asked for the TXT records by which tenants
	// prove their domains: an address, with port 53 where it names none. Default: the
	// system's.
	Resolver string `json:"resolver,omitempty"`
	// Mail says how mails go out.
	Mail MailConfig `json:"mail,omitzero"`
	// PublicURL is where people reach the console, for links in mails:
	// https://app.example.com, without a path.
	PublicURL string `json:"public_url,omitempty"`
	// Limits turns the limits on sign-ins, registrations, resets and invitations off.
	// Default: on.
	Limits *bool `json:"limits,omitempty"`
	// CORS lists the exact origins of frontends on other hosts.
	CORS []string `json:"cors,omitempty"`
	// Sanitize holds exceptions from what the edge refuses, and additions to what it
	// strips.
	Sanitize SanitizeConfig `json:"sanitize,omitzero"`

	settings settings
	tokens   *tokens
	streams  *streams
	policy   *sanitize.Policy
	cors     *crossOrigin
	metrics  *metrics
	journal  *journal

	// What needs Postgres. At the first start it is made by Start, and handlers may
	// be called before: Caddy starts its apps in no order.
	started chan struct{}
	backend *backend
	courier *courier
	decider *access.Decider
	api     *httpapi.Handler
}

// CaddyModule returns the Caddy module information.
func (App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "tenantgate", New: func() caddy.Module { return new(App) }}
}

// Provision checks every setting and reads the key files. It connects to
// nothing, so that `tenantgate validate` needs no servers; but at a reload it
// does. Listeners of a new configuration may take requests before its Start has
// connected, or failed to: those would wait, and then be refused, while the
// configuration before could have served them.
func (a *App) Provision(ctx caddy.Context) error {
	a.started = make(chan struct{})
	if err := a.configure(ctx.Slogger()); err != nil {
		return err
	}
	a.streams = acquireStreams()
	a.metrics = newMetrics(ctx.GetMetricsRegistry(), a)
	a.journal = newJournal(a.settings.log, a.metrics, time.Now)
	if running.any() {
		return a.connect()
	}
	return nil
}

// configure makes what needs no server.
func (a *App) configure(log *slog.Logger) (err error) {
	if a.settings, err = a.resolve(log); err != nil {
		return err
	}
	if a.cors, err = newCrossOrigin(a.CORS); err != nil {
		return err
	}
	if a.policy, err = a.Sanitize.policy(); err != nil {
		return err
	}
	a.tokens, err = acquireTokens(a.settings)
	return err
}

// Start connects, unless Provision has.
func (a *App) Start() error {
	running.begin(a)
	if a.backend != nil {
		return nil
	}
	return a.connect()
}

// connect connects to Postgres and Redis, or joins the connections that the
// configuration before has, and lets requests in.
func (a *App) connect() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	backend, err := acquireBackend(ctx, a.settings, a.streams)
	if err != nil {
		return err
	}
	a.courier = acquireCourier(a.settings, backend)
	a.serve(backend)
	return nil
}

const startTimeout = 20 * time.Second

// serve lets requests in.
func (a *App) serve(backend *backend) {
	a.backend = backend
	a.decider = &access.Decider{Memberships: backend.Memberships, Directory: backend.Directory, Identities: backend.Identities}
	a.api = a.newAPI()
	if a.Sanitize.reportOnly() {
		a.settings.log.Warn("sanitize report_only is on: requests that break the rules of the edge are served")
	}
	close(a.started)
}

// Stop does nothing: requests under way still need what Cleanup gives back.
func (*App) Stop() error { return nil }

// Cleanup gives back what is shared; who gives back last closes it.
func (a *App) Cleanup() error {
	if !running.end(a) {
		return a.release()
	}
	time.AfterFunc(drain, func() {
		if err := a.release(); err != nil {
			lastingLog().Warn("giving back what the configuration before a reload used", "error", err)
		}
	})
	return nil
}

func (a *App) release() error {
	if a.tokens != nil {
		releaseTokens(a.settings)
	}
	if a.streams != nil {
		releaseStreams()
	}
	if a.courier != nil {
		releaseCourier(a.settings) // before the store that it works on
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
