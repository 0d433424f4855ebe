package caddymodule_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/standard"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenantgate/tenantgate/caddymodule"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const secret = "a secret of the tests, long enough for HS256"

var (
	ann  = tenancy.UserID{15: 1}
	bob  = tenancy.UserID{15: 2}
	acme = tenancy.TenantID{15: 10}
)

// world is one tenant, acme, whose only member is ann.
type world struct{}

// Membership implements tenancy.Memberships.
func (world) Membership(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
	m := tenancy.Membership{Key: key, UserStatus: tenancy.StatusActive}
	if key == (tenancy.Key{User: ann, Tenant: acme}) {
		m.TenantSlug, m.TenantStatus, m.Email = "acme", tenancy.StatusActive, "ann@acme.test"
		m.Role, m.Status, m.Version = tenancy.RoleMember, tenancy.StatusActive, 1
	}
	return m, nil
}

// TenantNamed implements tenancy.Directory.
func (world) TenantNamed(_ context.Context, name tenancy.Name) (tenancy.TenantID, error) {
	if name == (tenancy.Name{Kind: tenancy.BySlug, Value: "acme"}) {
		return acme, nil
	}
	return tenancy.TenantID{}, nil
}

// CurrentTenant implements tenancy.Directory.
func (world) CurrentTenant(context.Context, tenancy.UserID) (tenancy.TenantID, error) {
	return tenancy.TenantID{}, nil
}

// UserOf implements tenancy.Identities.
func (world) UserOf(context.Context, tenancy.Identity) (tenancy.UserID, error) {
	return tenancy.UserID{}, nil
}

// gateway is a gate and an API in front of next, without servers.
type gateway struct {
	app      *caddymodule.App
	gate     *caddymodule.Gate
	api      *caddymodule.API
	registry *prometheus.Registry
	log      *lines
	next     caddyhttp.HandlerFunc
	reached  *http.Request // the last request that next got
}

func newGateway(t testing.TB, configure ...func(*caddymodule.App)) *gateway {
	t.Helper()
	g := &gateway{app: &caddymodule.App{Database: "postgres://gateway@127.0.0.1:1/none"}, api: new(caddymodule.API), log: new(lines)}
	g.app.Token.Secret = secret
	for _, change := range configure {
		change(g.app)
	}
	g.registry = g.app.Serve(t, world{}, slog.New(slog.NewJSONHandler(g.log, nil)))
	g.gate = &caddymodule.Gate{
		Public:  []string{"/public/*"},
		Require: []caddymodule.Requirement{{Role: "viewer", Methods: []string{"*"}, Paths: []string{"/*"}}},
	}
	g.gate.Guard(t, g.app)
	g.api.Guard(g.app)
	g.next = func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "served")
		return err
	}
	return g
}

// do sends a request of ann's, with the headers in pairs, through API and gate.
func (g *gateway) do(t testing.TB, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Header.Set("Authorization", "Bearer "+g.app.IssueToken(t, ann, acme))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return g.serve(t, r)
}

func (g *gateway) serve(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	g.reached = nil
	upstream := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		g.reached = r
		return g.next(w, r)
	})
	gate := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return g.gate.ServeHTTP(w, r, upstream) })
	if err := g.api.ServeHTTP(w, r, gate); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	return w
}

// counted returns the counter of that name and label value.
func (g *gateway) counted(t testing.TB, name, label string) float64 {
	t.Helper()
	families, err := g.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if labels := metric.GetLabel(); len(labels) == 0 && label == "" || len(labels) == 1 && labels[0].GetValue() == label {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s{%s}", name, label)
	return 0
}

// code returns the code of a problem.
func code(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var problem struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatalf("no problem but %d %q", w.Code, w.Body)
	}
	return problem.Code
}

// lines is a log in JSON.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns the records since the last call, without their times.
func (l *lines) take(t testing.TB) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []map[string]any
	for line := range strings.Lines(l.text.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		delete(record, "time")
		records = append(records, record)
	}
	l.text.Reset()
	return records
}
