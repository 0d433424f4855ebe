package caddymodule

import (
	"context"
	"crypto/ed25519"
	"io/fs"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap/zapcore"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/console"
	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// Guard makes the console what Provision makes of it, with those files.
func (c *Console) Guard(t testing.TB, app *App, files fs.FS) {
	t.Helper()
	site, err := console.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	c.app, c.site = app, site
}

// World stands where Postgres does.
type World interface {
	tenancy.Memberships
	tenancy.Directory
	tenancy.Identities
}

// Serve makes the app what Provision and Start make of it, with the world behind
// the real caches.
func (a *App) Serve(t testing.TB, world World, log *slog.Logger) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewRegistry()
	a.started = make(chan struct{})
	if err := a.configure(log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { releaseTokens(a.settings) })
	memberships := cache.NewLocal(world, a.settings.local)
	a.streams = newStreams(memberships)
	t.Cleanup(a.streams.Close)
	a.metrics = newMetrics(registry, a)
	a.journal = newJournal(log, a.metrics, time.Now)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := forward.NewSigner(key, token.DefaultIssuer)
	if err != nil {
		t.Fatal(err)
	}
	forwarder, err := forward.New(signer, 1000, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a.serve(&backend{
		Replica: &replica.Replica{
			Memberships: memberships,
			Directory:   cache.NewDirectory(world, a.settings.local),
			Identities:  cache.NewIdentities(world, a.settings.local),
		},
		signer:    signer,
		forwarder: forwarder,
		streams:   a.streams,
	})
	return registry
}

// Forget has caches and streams look again, as the feed does.
func (a *App) Forget(t testing.TB, change tenancy.Change) {
	t.Helper()
	a.backend.Memberships.Invalidate(t.Context(), change)
	a.streams.Invalidate(t.Context(), change)
}

// SetClock is the clock of the journal.
func (a *App) SetClock(now func() time.Time) { a.journal.now = now }

// Break makes the sanitiser panic.
func (a *App) Break() { a.policy = nil }

// Guard makes the gate one of the app.
func (g *Gate) Guard(t testing.TB, app *App) {
	t.Helper()
	if err := g.guard(app); err != nil {
		t.Fatal(err)
	}
}

// Guard makes the API one of the app.
func (a *API) Guard(app *App) { a.app = app }

// Token issues an access token as the API would.
func (a *App) IssueToken(t testing.TB, user tenancy.UserID, tenant tenancy.TenantID) string {
	t.Helper()
	issued, _, err := a.tokens.signer.Issue(user, tenant, tenancy.SessionID{})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// ForgetTokens has every token verified anew.
func (a *App) ForgetTokens() { a.tokens.verifier.Purge() }

// VerifyToken verifies a token as the gate does.
func (a *App) VerifyToken(ctx context.Context, raw string) error {
	_, err := a.tokens.verifier.Verify(ctx, raw)
	return err
}

// Logged is what the access log is told of a request.
func Logged(t testing.TB, r *http.Request) map[string]any {
	t.Helper()
	to := zapcore.NewMapObjectEncoder()
	if err := exchangeOf(r).MarshalLogObject(to); err != nil {
		t.Fatal(err)
	}
	return to.Fields
}

// Fingerprints are what says whether a reload keeps tokens and backend.
func (a *App) Fingerprints(t testing.TB) (tokens, backend [32]byte) {
	t.Helper()
	s, err := a.resolve(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s.tokenPrint, s.backendPrint
}

// Shared returns what the app shares with the configuration before it.
func (a *App) Shared() (tokens, backend any) { return a.tokens, a.backend }

// Ping asks the app's Postgres.
func (a *App) Ping(t testing.TB) error {
	t.Helper()
	return a.backend.Store.Ping(t.Context())
}

// Pooled counts what is open.
func Pooled() (tokens, stores int) { return size(tokenPools), size(backends) }

func size(pool *caddy.UsagePool) (n int) {
	pool.Range(func(any, any) bool {
		n++
		return true
	})
	return n
}

// SetDrain replaces how long a reload leaves what it replaces open.
func SetDrain(t testing.TB, d time.Duration) {
	t.Helper()
	before := drain
	drain = d
	t.Cleanup(func() { drain = before })
}

// SameOrigin is what a request with our cookie must pass.
func SameOrigin(r *http.Request) error { return sameOrigin(r) }

// CrossOrigin is the CORS policy.
type CrossOrigin = crossOrigin

// NewCrossOrigin makes one.
func NewCrossOrigin(origins ...string) (*CrossOrigin, error) { return newCrossOrigin(origins) }

// Preflight answers a preflight.
func (c *crossOrigin) Preflight(w http.ResponseWriter, r *http.Request) bool {
	return c.preflight(w, r)
}

// Stamp says who may read an answer.
func (c *crossOrigin) Stamp(w http.ResponseWriter, r *http.Request) { c.stamp(w, r) }

// NewAnswer wraps w for a request to a public path, of that id.
func NewAnswer(w http.ResponseWriter, r *http.Request, id string) http.ResponseWriter {
	a := new(answer)
	a.begin(w, r, &crossOrigin{})
	forward.Clear(http.Header{}, id, &a.stamp)
	return a
}

// AskRedis looks memberships up until Redis is given up, which is logged.
func (a *App) AskRedis(t testing.TB) {
	t.Helper()
	for i := range 200 {
		key := tenancy.Key{User: tenancy.UserID{14: 1, 15: byte(i)}, Tenant: tenancy.TenantID{1}}
		if _, err := a.backend.Memberships.Membership(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
}

// Short reports whether requests without a body have a shorter way.
func (t *Transport) Short() bool { return t.short != nil }
