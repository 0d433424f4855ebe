package caddymodule_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A handler between the API and the gate may have more to do when the gate is done:
// a subroute has error routes, intercept puts another answer in the place of one.
func TestRequestGoesOnAroundTheGate(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for _, target := range []string{"/api/v1/calls", "/public/logo"} {
		var inside context.Context
		behind := caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			inside = r.Context()
			return caddyhttp.Error(http.StatusBadGateway, errors.New("away"))
		})
		gate := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return g.gate.ServeHTTP(w, r, behind) })
		between := caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			if err := g.gate.ServeHTTP(w, r, gate); err == nil {
				t.Errorf("%s: the error was lost", target)
			}
			if err := r.Context().Err(); err != nil {
				t.Errorf("%s: around the gate: %v", target, err)
			}
			return nil
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		r.Header.Set("Authorization", "Bearer "+g.app.IssueToken(t, ann, acme))
		if err := g.api.ServeHTTP(httptest.NewRecorder(), r, between); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if inside == nil || !errors.Is(inside.Err(), context.Canceled) {
			t.Errorf("%s: the request goes on after it was answered", target)
		}
	}
}

// A gate alone ends what it began, also where what is behind it panics.
func TestRequestEndsWithTheGate(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for _, fault := range []any{nil, http.ErrAbortHandler} {
		var inside context.Context
		behind := caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			inside = r.Context()
			if fault != nil {
				panic(fault)
			}
			return inside.Err()
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/public/logo", nil)
		func() {
			defer func() {
				if got := recover(); got != fault { // the very one
					t.Errorf("panic %v, want %v", got, fault)
				}
			}()
			if err := g.gate.ServeHTTP(httptest.NewRecorder(), r, behind); err != nil {
				t.Error(err)
			}
		}()
		if inside == nil || !errors.Is(inside.Err(), context.Canceled) {
			t.Error("the request goes on after it was answered")
		}
	}
}
