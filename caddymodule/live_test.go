package caddymodule_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/caddymodule"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// leaving is the world of which nobody is a member any more once she has left.
type leaving struct {
	world
	left atomic.Bool
}

// Membership implements tenancy.Memberships.
func (l *leaving) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	m, err := l.world.Membership(ctx, key)
	if l.left.Load() {
		m.Role, m.Status, m.Version = tenancy.RoleNone, tenancy.StatusActive, 2
	}
	return m, err
}

// A handler behind the gate may wait for anything: for the end of the request, or
// for the client.
func TestLostAccessEndsWhatAHandlerWaitsFor(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(*http.Request) error{
		"the context": func(r *http.Request) error { <-r.Context().Done(); return r.Context().Err() },
		"the body":    func(r *http.Request) error { _, err := io.Copy(io.Discard, r.Body); return err },
	} {
		app, gate, here := &caddymodule.App{Database: "postgres://gateway@127.0.0.1:1/none"}, new(caddymodule.Gate), new(leaving)
		app.Token.Secret = secret
		app.Serve(t, here, slog.New(slog.DiscardHandler))
		gate.Require = []caddymodule.Requirement{{Role: "member", Methods: []string{"*"}, Paths: []string{"/*"}}}
		gate.Guard(t, app)
		waiting := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = gate.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
				close(waiting)
				return wait(r)
			}))
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		body, client := net.Pipe()
		context.AfterFunc(ctx, func() { _ = client.Close() }) // net/http waits for what is being read of it
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/x", body)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 100
		r.Header.Set("Authorization", "Bearer "+app.IssueToken(t, ann, acme))
		go func() {
			<-waiting
			here.left.Store(true)
			app.Forget(t, tenancy.Change{Key: tenancy.Key{User: ann, Tenant: acme}})
		}()
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("waiting for %s: %v", name, err)
		} else {
			var problem struct{ Code string }
			if err := json.NewDecoder(res.Body).Decode(&problem); res.StatusCode != http.StatusForbidden || problem.Code != "not_a_member" {
				t.Errorf("waiting for %s: %d %q, %v, want 403 not_a_member", name, res.StatusCode, problem.Code, err)
			}
			_ = res.Body.Close()
		}
		cancel()
		server.CloseClientConnections()
		server.Close()
	}
}
