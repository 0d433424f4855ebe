package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What is ours, and what is for whoever comes next. A path of ours without a
// route is answered, never passed on.
func TestMatch(t *testing.T) {
	t.Parallel()
	h := newHandler(t, &fakeStore{})
	for _, target := range []string{
		"/api/v1/tenant", "/api/v1/tenants/x/y/z", "/api/v1/auth/nothing", "/api/v1/me/", "/api/v1/invitations/accept",
		"/api/v1/tenants/", "/api/v1/docs", "/healthz", "/readyz", "/.well-known/jwks.json", "/.well-known/tenantgate/x",
		"/api/v1/%74enant", "/api/v1/tenants//x", "/api/v1/tenant/../calls",
	} {
		if !h.Match(httptest.NewRequest("GET", target, nil)) {
			t.Errorf("Match(%s) = false, want true", target)
		}
	}
	for _, target := range []string{
		"/", "/api/v1/calls", "/api/v1/tenantsx", "/api/v1", "/api/v1/authority", "/healthzz", "/api/v2/tenant", "/x/api/v1/tenant", "/.well-known/other",
	} {
		if h.Match(httptest.NewRequest("GET", target, nil)) {
			t.Errorf("Match(%s) = true, want false", target)
		}
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/api/v1/auth/nothing", "/api/v1/tenants/", "/api/v1/tenant/", "/api/v1/tenants//switch", "/api/v1/tenant/../tenant",
		"/api/v1/tenant/./users/count", "/.well-known/jwks.json", members + "/a/b",
	} {
		w := serve(newHandler(t, &fakeStore{}), request("GET", target, ""))
		if p := readProblem(t, w); w.Code != 404 || p.Code != "not_found" {
			t.Errorf("GET %s = %d %s, want 404 not_found", target, w.Code, p.Code)
		}
	}
}

func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/api/v1/tenant":              "GET, HEAD",
		login:                         "POST",
		members:                       "GET, HEAD, POST",
		members + "/bob@acme.example": "DELETE, GET, HEAD, PATCH",
		"/healthz":                    "GET, HEAD",
		"/.well-known/jwks.json":      "GET, HEAD",
		"/api/v1/tenants":             "GET, HEAD, POST",
		"/api/v1/tenant/users/count":  "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "OPTIONS", "TRACE", "CONNECT", "FOO"} {
			store := &fakeStore{}
			r := request(http.MethodGet, target, "")
			r.Method = method
			w := serve(newHandler(t, store), r)
			if p := readProblem(t, w); w.Code != 405 || p.Code != "method_not_allowed" {
				t.Errorf("%s %s = %d %s, want 405 method_not_allowed", method, target, w.Code, p.Code)
			}
			if got := w.Header().Get("Allow"); got != want {
				t.Errorf("%s %s: Allow = %q, want %q", method, target, got, want)
			}
			if n := store.calls.Load(); n != 0 {
				t.Errorf("%s %s: the store was called %d times, want never", method, target, n)
			}
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	if w := serve(newHandler(t, &fakeStore{}), request("HEAD", "/api/v1/tenant", "")); w.Code != 200 {
		t.Errorf("HEAD /tenant = %d, want 200", w.Code)
	}
}

// A method override is a header like any other: a GET removes nobody.
func TestMethodOverrideIsIgnored(t *testing.T) {
	t.Parallel()
	store := &fakeStore{}
	r := request("GET", members+"/bob@acme.example?_method=DELETE", "")
	r.Header.Set("X-HTTP-Method-Override", "DELETE")
	if w := serve(newHandler(t, store), r); w.Code != 200 || store.ref != (tenancy.MemberRef{}) {
		t.Errorf("answer = %d, removed %+v; want 200, and nobody removed", w.Code, store.ref)
	}
}

func TestTokenKeys(t *testing.T) {
	t.Parallel()
	h := newHandler(t, &fakeStore{})
	h.TokenKeys = func(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil }
	w := serve(h, request("GET", "/.well-known/jwks.json", ""))
	if w.Code != 200 || w.Body.String() != `{"keys":[]}` || w.Header().Get("Content-Type") != "application/jwk-set+json" {
		t.Errorf("keys = %d %s %s, want the set as application/jwk-set+json", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	h.AssertionKeys = func(context.Context) ([]byte, error) { return nil, tenancy.ErrUnavailable }
	if w := serve(h, request("GET", "/.well-known/tenantgate/jwks.json", "")); w.Code != 503 {
		t.Errorf("keys that cannot be had = %d, want 503", w.Code)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		postgres, redis error
		status          int
		want            string
	}{
		{nil, nil, 200, `{"status":"ready","checks":{"postgres":"ok","redis":"ok"}}`},
		{nil, errors.New("away"), 200, `{"status":"ready","checks":{"postgres":"ok","redis":"unavailable"}}`},
		{errors.New("dialling db:5432"), nil, 503, ""},
	} {
		h := newHandler(t, &fakeStore{})
		ping := func(err error) func(context.Context) error {
			return func(ctx context.Context) error {
				if _, bounded := ctx.Deadline(); !bounded {
					t.Error("a check runs without a deadline")
				}
				return err
			}
		}
		h.Checks = []httpapi.Check{{Name: "postgres", Required: true, Ping: ping(tc.postgres)}, {Name: "redis", Ping: ping(tc.redis)}}
		w := serve(h, request("GET", "/readyz", ""))
		if w.Code != tc.status || tc.want != "" && w.Body.String() != tc.want {
			t.Errorf("postgres %v, redis %v: %d %s, want %d %s", tc.postgres, tc.redis, w.Code, w.Body, tc.status, tc.want)
		}
		if strings.Contains(w.Body.String(), "5432") {
			t.Errorf("body %s tells where the database is", w.Body)
		}
	}
}

// A panic is a 500 of one request, counted and logged with its stack; what the
// client sent is not in the log.
func TestPanic(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	panics := 0
	h := newHandler(t, &fakeStore{})
	h.Log = slog.New(slog.NewTextHandler(&logged, nil))
	h.Panicked = func() { panics++ }
	h.SelectTenant = func(*http.Request, tenancy.Subject) (tenancy.TenantID, error) { panic("boom") }
	w := serve(h, request("DELETE", members+"/bob@acme.example", ""))
	if p := readProblem(t, w); w.Code != 500 || p.Code != "internal_error" {
		t.Errorf("panic = %d %s, want 500 internal_error", w.Code, p.Code)
	}
	if panics != 1 {
		t.Errorf("%d panics counted, want 1", panics)
	}
	if !strings.Contains(logged.String(), "boom") || !strings.Contains(logged.String(), "handler_test.go") || !strings.Contains(logged.String(), "req-1") {
		t.Errorf("log %s, want the panic, its stack and the request id", &logged)
	}
	if strings.Contains(logged.String(), "bob@") {
		t.Errorf("log %s has an address in it", &logged)
	}
	if w := serve(h, request("GET", "/healthz", "")); w.Code != 200 {
		t.Errorf("the next request = %d, want 200", w.Code)
	}
}

func TestAbortPasses(t *testing.T) {
	t.Parallel()
	h := newHandler(t, &fakeStore{})
	h.SelectTenant = func(*http.Request, tenancy.Subject) (tenancy.TenantID, error) { panic(http.ErrAbortHandler) }
	defer func() {
		if fault := recover(); fault != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler", fault)
		}
	}()
	serve(h, request("DELETE", members+"/bob@acme.example", ""))
}
