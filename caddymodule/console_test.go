package caddymodule_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/caddymodule"
)

// through sends a request that names nobody through console and gate, in that order.
func through(t *testing.T, g *gateway, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	console := new(caddymodule.Console)
	console.Guard(t, g.app, fstest.MapFS{
		"index.html": {Data: []byte("front door")}, "dashboard.html": {Data: []byte("dashboard")}, "t.html": {Data: []byte("shared")},
	})
	w := httptest.NewRecorder()
	gate := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return g.gate.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return g.next(w, r) }))
	})
	if err := console.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil), gate); err != nil {
		t.Errorf("%s %s: %v", method, target, err)
	}
	return w
}

func TestConsoleIsPublicAndNothingElseBecomesSo(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for _, path := range []string{"/", "/dashboard", "/t/acme/members"} {
		if got := through(t, g, "GET", path); got.Code != http.StatusOK || got.Header().Get("X-Request-ID") == "" {
			t.Errorf("GET %s: got %d, X-Request-ID %q, want the page", path, got.Code, got.Header().Get("X-Request-ID"))
		}
	}
	if got := g.counted(t, "tenantgate_requests_total", "console"); got != 3 {
		t.Errorf("counted %v requests as console, want 3", got)
	}
	for _, request := range []string{"GET /elsewhere", "POST /", "DELETE /dashboard", "GET /dashboard/1", "GET /api/v1/calls"} {
		method, path, _ := strings.Cut(request, " ")
		if got := through(t, g, method, path); got.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want the gate's 401", request, got.Code)
		}
	}
}

func TestConsoleIsSanitisedToo(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	if got := through(t, g, "GET", "/t/%2e%2e/dashboard"); got.Code != http.StatusBadRequest {
		t.Errorf("an encoded dot segment: got %d, want 400", got.Code)
	}
}
