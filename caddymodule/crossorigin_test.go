package caddymodule_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/caddymodule"
)

const frontend = "https://app.example.com"

func listed(app *caddymodule.App) { app.CORS = []string{frontend} }

func TestPreflightIsAnsweredBeforeTheToken(t *testing.T) {
	t.Parallel()
	g := newGateway(t, listed)
	for origin, allowed := range map[string]string{
		frontend:                       frontend,
		"https://evil.example":         "",
		"https://app.example.com.evil": "",
		"https://sub.app.example.com":  "",
		"http://app.example.com":       "",
		"https://app.example.com:8443": "",
		"null":                         "",
		"":                             "",
	} {
		r := httptest.NewRequest(http.MethodOptions, "/api/v1/calls", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,x-tenant")
		w := g.serve(t, r)
		if w.Code != http.StatusNoContent || g.reached != nil {
			t.Errorf("origin %q: got %d, reached the upstream: %v; want 204, no", origin, w.Code, g.reached != nil)
		}
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("origin %q: allowed %q, want %q", origin, got, allowed)
		}
	}
	if got := g.counted(t, "tenantgate_requests_total", "preflight"); got != 8 {
		t.Errorf("counted %v preflights, want 8", got)
	}
}

func TestOptionsWithoutFrontendsNeedsAToken(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodOptions, "/api/v1/calls", nil)
	r.Header.Set("Origin", frontend)
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := newGateway(t).serve(t, r)
	if got := code(t, w); got != "token_missing" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %s, headers %v; want token_missing and no CORS", got, w.Header())
	}
}

func TestRefusedPreflightStaysRefused(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodOptions, "/a%2fb", nil)
	r.Header.Set("Origin", frontend)
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := newGateway(t, listed).serve(t, r)
	if w.Code != http.StatusBadRequest || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %d, headers %v; want 400 and no CORS", w.Code, w.Header())
	}
}

func TestUpstreamHasNoSayAboutOrigins(t *testing.T) {
	t.Parallel()
	g := newGateway(t, listed)
	g.next = func(w http.ResponseWriter, r *http.Request) error {
		for name, value := range map[string]string{
			"Access-Control-Allow-Origin": r.Header.Get("Origin"), "Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Methods": "*", "Access-Control-Expose-Headers": "*", "Access-Control-Max-Age": "1",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusOK)
		return nil
	}
	none := http.Header{}
	ours := http.Header{
		"Access-Control-Allow-Origin":      {frontend},
		"Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Expose-Headers":    {"X-Tenant-Id, X-Request-Id, Etag, Location, Retry-After"},
	}
	for origin, want := range map[string]http.Header{frontend: ours, "https://evil.example": none, "null": none} {
		for _, path := range []string{"/api/v1/calls", "/public/font"} {
			got := http.Header{}
			for name, values := range g.do(t, "GET", path, "Origin", origin).Header() {
				if len(name) > 15 && name[:15] == "Access-Control-" {
					got[name] = values
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s from %s (-want +got):\n%s", path, origin, diff)
			}
		}
	}
}

func TestRefusalsCanBeReadByFrontends(t *testing.T) {
	t.Parallel()
	g := newGateway(t, listed)
	for _, target := range []string{"/a%2fb", "/api/v1/tenant"} { // refused by the gate's rules, and by the API
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("Origin", frontend)
		w := g.serve(t, r)
		if w.Code < 400 || w.Header().Get("Access-Control-Allow-Origin") != frontend {
			t.Errorf("%s: got %d, headers %v; want a refusal that %s may read", target, w.Code, w.Header(), frontend)
		}
	}
}

func TestOnlyExactOriginsAreListed(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"https://app.example.com", "http://localhost:3000", "https://[::1]:8443"} {
		if _, err := caddymodule.NewCrossOrigin(origin); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for _, origin := range []string{
		"*", "null", "app.example.com", "https://*.example.com", "https://app.example.com/", "https://app.example.com/x",
		"https://", "ftp://a.example", "https://u@a.example", "https://a.example?x", "https://a.example#x", "https://a b",
		`https://a\b`, "{env.CORS_ORIGINS}",
	} {
		if _, err := caddymodule.NewCrossOrigin(origin); err == nil {
			t.Errorf("%s: accepted, want an error", origin)
		}
	}
}
