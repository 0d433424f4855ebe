package caddymodule

import (
	"context"
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func init() {
	caddy.RegisterModule(API{})
}

// API serves the gateway's own endpoints: /api/v1/auth, /tenant, /tenants, /me,
// health and key sets. Everything else goes on to the next handler. On an error
// route it says why a body was too large, and serves nothing.
type API struct {
	app *App
}

// CaddyModule returns the Caddy module information.
func (API) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.tenant_api", New: func() caddy.Module { return new(API) }}
}

// Provision finds the app.
func (a *API) Provision(ctx caddy.Context) (err error) {
	a.app, err = appOf(ctx)
	return err
}

// ServeHTTP answers what is for the API.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	x, r := a.app.enter(w, r)
	if x == nil {
		return nil
	}
	defer x.leave()
	if failure := failureOf(r); failure != nil {
		forward.DropRefreshToken(r.Header)
		return a.explain(x, w, r, failure, next)
	}
	if !a.app.api.Match(r) {
		forward.DropRefreshToken(r.Header) // there may be no gate behind
		return next.ServeHTTP(w, r)
	}
	a.app.metrics.decided(outcomeAPI)
	a.app.cors.stamp(w, r)
	a.app.api.ServeHTTP(w, r.WithContext(httpapi.WithRequestID(r.Context(), x.id)))
	return nil
}

// newAPI wires the endpoints to the use cases, and to what a request claims.
func (a *App) newAPI() *httpapi.Handler {
	service := manage.New(a.backend.Store)
	service.Issue = a.tokens.signer.IssueUntil
	service.Caches, service.Confirm = a.backend, a.backend.Confirm
	service.Members = a.settings.members
	if a.courier != nil {
		service.Mailed = a.courier.Wake
	}
	service.SessionLength = a.settings.session
	service.LookupTXT = a.settings.lookupTXT
	service.Log = a.settings.log
	service.RefusalLost = a.metrics.refusalLost
	return httpapi.New(httpapi.Handler{
		Service:       service,
		Authenticate:  a.authenticate,
		SelectTenant:  a.selectTenant,
		Limits:        a.limits(),
		Browser:       browser(a.settings.publicURL),
		Ledger:        a.backend.Store,
		Checks:        a.checks(),
		AssertionKeys: func(context.Context) ([]byte, error) { return a.backend.assertionKeys(), nil },
		TokenKeys:     func(context.Context) ([]byte, error) { return a.tokens.signer.KeySet(), nil },
		Panicked:      a.metrics.panicked,
		Log:           a.settings.log,
	})
}

func (a *App) checks() []httpapi.Check {
	checks := []httpapi.Check{
		{Name: "postgres", Required: true, Ping: a.backend.Store.Ping},
		{Name: "feed", Ping: a.hearing}, // without it the gateway is right, and asks Postgres for each request
	}
	if a.backend.Client != nil {
		checks = append(checks, httpapi.Check{Name: "redis", Ping: func(ctx context.Context) error {
			return a.backend.Client.Ping(ctx).Err()
		}})
	}
	return checks
}

var errDeaf = errors.New("the change feed has not been heard within the lease")

// hearing reports whether the caches may be believed.
func (a *App) hearing(context.Context) error {
	if a.backend.Feed.Stats().Current {
		return nil
	}
	return errDeaf
}

func exchangeOf(r *http.Request) *exchange {
	return r.Context().Value(exchangeKey{}).(*exchange)
}

// authenticate returns the caller as one of our users, who is active and whose
// token has not been ended.
func (a *App) authenticate(r *http.Request) (tenancy.Subject, error) {
	subject, err := exchangeOf(r).authenticate(r)
	if err != nil {
		return tenancy.Subject{}, err
	}
	user, reason, err := a.decider.Admit(r.Context(), subject)
	if err == nil {
		err = problemOf(reason)
	}
	subject.User = user
	return subject, err
}

// selectTenant returns the tenant the request is for.
func (a *App) selectTenant(r *http.Request, subject tenancy.Subject) (tenancy.TenantID, error) {
	tenant, reason, err := a.decider.SelectTenant(r.Context(), subject.User, subject.Tenant, exchangeOf(r).selector())
	if err == nil {
		err = problemOf(reason)
	}
	return tenant, err
}

// problemOf returns the refusal that the reason is, or nil.
func problemOf(reason access.Reason) error {
	if reason == access.NotRefused {
		return nil
	}
	return &httpapi.Problem{Code: httpapi.Code(reason.String())}
}

var (
	_ caddy.Provisioner           = (*API)(nil)
	_ caddyhttp.MiddlewareHandler = (*API)(nil)
)
