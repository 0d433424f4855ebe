package caddymodule_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/caddymodule"
)

func TestGateTellsTheUpstreamWhoCalls(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	w := g.do(t, "GET", "/api/v1/calls", "X-Tenant-Id", "forged", "X_user_id", "forged")
	if w.Code != 200 || g.reached == nil {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	got := map[string]string{}
	for name, values := range g.reached.Header {
		if name != "X-Request-Id" && name != "X-Tenantgate-Assertion" {
			got[name] = strings.Join(values, "|")
		}
	}
	want := map[string]string{
		"X-Tenant-Id": acme.String(), "X-Tenant-Slug": "acme", "X-Tenant-Role": "member",
		"X-User-Id": ann.String(), "X-User-Email": "ann@acme.test",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers at the upstream (-want +got):\n%s", diff)
	}
	if id := g.reached.Header.Get("X-Request-Id"); id == "" || w.Header().Get("X-Request-Id") != id {
		t.Errorf("X-Request-ID: upstream %q, answer %q; want one id", id, w.Header().Get("X-Request-Id"))
	}
}

func TestAccessLogIsToldWhoCalls(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	w := g.do(t, "GET", "/api/v1/calls")
	want := map[string]any{"request_id": w.Header().Get("X-Request-Id"), "tenant_id": acme.String(), "user_id": ann.String()}
	if diff := cmp.Diff(want, caddymodule.Logged(t, g.reached)); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	w = g.do(t, "GET", "/public/logo")
	want = map[string]any{"request_id": w.Header().Get("X-Request-Id")}
	if diff := cmp.Diff(want, caddymodule.Logged(t, g.reached)); diff != "" {
		t.Errorf("fields of a public path (-want +got):\n%s", diff)
	}
}

func TestGateBehindAGateAnswersForItself(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	inner := g.next
	r := httptest.NewRequest("GET", "/api/v1/calls", nil)
	r.Header.Set("Authorization", "Bearer "+g.app.IssueToken(t, ann, acme))
	w := httptest.NewRecorder()
	err := g.gate.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return g.gate.ServeHTTP(w, r, inner)
	}))
	if err != nil || w.Code != 200 || w.Body.String() != "served" || w.Header().Get("X-Tenant-Id") != acme.String() {
		t.Errorf("got %v, %d %q with X-Tenant-ID %q", err, w.Code, w.Body, w.Header().Get("X-Tenant-Id"))
	}
}

func TestPublicPathCarriesNoIdentity(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	w := g.do(t, "GET", "/public/logo", "X-Tenant-Id", "forged")
	if w.Code != 200 || g.reached == nil {
		t.Fatalf("got %d, want 200", w.Code)
	}
	for name := range g.reached.Header {
		if name != "X-Request-Id" {
			t.Errorf("%s reached a public path", name)
		}
	}
}

func TestFailedHandlerIsStampedToo(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	r := httptest.NewRequest("GET", "/api/v1/calls", nil)
	r.Header.Set("Authorization", "Bearer "+g.app.IssueToken(t, ann, acme))
	w := httptest.NewRecorder()
	failure := caddyhttp.Error(http.StatusBadGateway, nil)
	err := g.gate.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return failure }))
	if diff := cmp.Diff(failure.Error(), err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if got := w.Header().Get("X-Tenant-Id"); got != acme.String() {
		t.Errorf("X-Tenant-ID of the 502: got %q, want %q", got, acme)
	}
	if got := w.Header().Get("Vary"); got != "Authorization, Cookie, X-Tenant" {
		t.Errorf("Vary of the 502: got %q", got)
	}
}

func TestPanicEndsOneRequest(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	if w := g.do(t, "GET", "/api/v1/calls"); w.Code != 200 {
		t.Fatalf("got %d before the panic, want 200", w.Code)
	}
	g.app.Break()
	w := g.do(t, "GET", "/api/v1/calls")
	if got := code(t, w); w.Code != 500 || got != "internal_error" || g.reached != nil {
		t.Errorf("got %d %s, reached the upstream: %v; want 500 internal_error, no", w.Code, got, g.reached != nil)
	}
	if got := g.counted(t, "tenantgate_panics_total", ""); got != 1 {
		t.Errorf("counted %v panics, want 1", got)
	}
	if records := g.log.take(t); len(records) != 1 || records[0]["level"] != "ERROR" {
		t.Errorf("logged %v, want one error", records)
	}
}
