// Package httpapi serves the gateway's own API over the use cases of manage:
// every route goes through one funnel (serve.go), every error through one map
// (errors.go), and each resource is a small file.
//
// It is free of the web server around it. What that has to tell it, who calls
// and for which tenant, comes in by the hooks of Handler.
package httpapi

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// prefix is where the API stands.
const prefix = "/api/v1"

// owned are the paths that are ours, with all beneath them: what has no route
// there is answered 404 and never passed on, so that a typing error cannot
// become a request to the upstream.
var owned = []string{
	prefix + "/auth", prefix + "/me", prefix + "/tenant", prefix + "/tenants", prefix + "/invitations",
	prefix + "/docs", prefix + "/openapi.yaml", prefix + "/healthz", prefix + "/readyz",
	"/healthz", "/readyz", "/.well-known/tenantgate", "/.well-known/jwks.json",
}

// Handler serves the API. All fields but Panicked are required. Hooks return
// errors that ProblemOf knows; a *Problem says exactly what is meant.
type Handler struct {
	Service *manage.Service
	// Authenticate says who sends the request, with Subject.User set. Where the
	// request has no credential the error is a Problem of TokenMissing.
	Authenticate func(r *http.Request) (tenancy.Subject, error)
	// SelectTenant returns the tenant the request is for, the first that names
	// one: its host, its X-Tenant, subject.Tenant, the user's stored default. The
	// zero id is a name that is no tenant's; the error where nothing names one
	// is a Problem of TenantRequired.
	SelectTenant func(r *http.Request, subject tenancy.Subject) (tenancy.TenantID, error)
	// Browser tells how to treat requests with cookies.
	Browser Browser
	// Limits says how often things may be done.
	Limits Limits
	// Ledger keeps the outcomes of requests with an Idempotency-Key.
	Ledger Ledger
	// Checks are what /readyz asks.
	Checks []Check
	// AssertionKeys returns the JWK set (RFC 7517, section 5) that assertions
	// are verified with.
	AssertionKeys func(ctx context.Context) ([]byte, error)
	// TokenKeys returns the JWK set that access tokens are verified with, or nil
	// where they are signed with a shared secret.
	TokenKeys func(ctx context.Context) ([]byte, error)
	// Panicked is called for every panic that was turned into a 500.
	Panicked func()
	Log      *slog.Logger

	mux *http.ServeMux
}

// methods are the handlers of one path. GET serves HEAD too.
type methods map[string]http.HandlerFunc

// New returns the handler with its routes in place.
func New(h Handler) *Handler {
	h.mux = http.NewServeMux()
	h.mux.HandleFunc("/", h.notFound)
	for pattern, byMethod := range h.routes() {
		h.mux.HandleFunc(pattern, h.dispatch(byMethod))
	}
	return &h
}

func (h *Handler) routes() map[string]methods {
	health, ready := endpoint(h, anyone, h.health), endpoint(h, anyone, h.ready)
	routes := h.tenantRoutes()
	maps.Copy(routes, h.personRoutes())
	maps.Copy(routes, map[string]methods{
		prefix + "/tenant":                  {"GET": endpoint(h, known, h.currentTenant)},
		prefix + "/tenant/users/count":      {"GET": endpoint(h, known, h.countUsers)},
		prefix + "/docs":                    {"GET": endpoint(h, anyone, h.docs)},
		prefix + "/openapi.yaml":            {"GET": endpoint(h, anyone, h.openAPI)},
		prefix + "/healthz":                 {"GET": health},
		prefix + "/readyz":                  {"GET": ready},
		"/healthz":                          {"GET": health},
		"/readyz":                           {"GET": ready},
		"/.well-known/tenantgate/jwks.json": {"GET": endpoint(h, anyone, h.assertionKeys)},
		"/.well-known/jwks.json":            {"GET": endpoint(h, anyone, h.tokenKeys)},
	})
	return routes
}

// personRoutes are those of people's accounts and sessions.
func (h *Handler) personRoutes() map[string]methods {
	const auth, me = prefix + "/auth", prefix + "/me"
	return map[string]methods{
		auth + "/register":               {"POST": endpoint(h, anyone, h.register)},
		auth + "/login":                  {"POST": endpoint(h, anyone, h.login)},
		auth + "/refresh":                {"POST": endpoint(h, anyone, h.refresh)},
		auth + "/logout":                 {"POST": endpoint(h, anyone, h.logout)},
		auth + "/password/reset":         {"POST": endpoint(h, anyone, h.askForReset)},
		auth + "/password/reset/confirm": {"POST": endpoint(h, anyone, h.resetPassword)},
		auth + "/email/verify":           {"POST": endpoint(h, known, h.askForProof)},
		auth + "/email/verify/confirm":   {"POST": endpoint(h, known, h.verifyEmail)},
		me:                               {"GET": endpoint(h, known, h.profile), "PATCH": endpoint(h, known, h.rename)},
		me + "/password":                 {"POST": endpoint(h, known, h.changePassword)},
		me + "/sessions":                 {"GET": endpoint(h, known, h.listSessions)},
		me + "/sessions/{id}":            {"DELETE": endpoint(h, known, h.endSession)},
	}
}

// tenantRoutes are those of tenants and what belongs to them.
func (h *Handler) tenantRoutes() map[string]methods {
	const tenants, tenant = prefix + "/tenants", prefix + "/tenants/{id}"
	return map[string]methods{
		tenants:                   {"GET": endpoint(h, either, h.listTenants), "POST": endpoint(h, known, once(h, h.createTenant))},
		tenant:                    {"GET": endpoint(h, known, h.getTenant), "PATCH": endpoint(h, known, h.updateTenant), "DELETE": endpoint(h, known, h.deleteTenant)},
		tenant + "/restore":       {"POST": endpoint(h, known, once(h, h.restoreTenant))},
		tenant + "/suspend":       {"POST": endpoint(h, known, once(h, h.suspendTenant))},
		tenant + "/activate":      {"POST": endpoint(h, known, once(h, h.activateTenant))},
		tenant + "/switch":        {"POST": endpoint(h, known, h.switchTenant)},
		tenant + "/leave":         {"POST": endpoint(h, known, once(h, h.leaveTenant))},
		tenant + "/domain":        {"GET": endpoint(h, known, h.getDomain)},
		tenant + "/domain/verify": {"POST": endpoint(h, known, once(h, h.verifyDomain))},
		tenant + "/members":       {"GET": endpoint(h, known, h.listMembers), "POST": endpoint(h, known, once(h, h.addMember))},
		tenant + "/members/{member}": {
			"GET": endpoint(h, known, h.getMember), "PATCH": endpoint(h, known, h.updateMember), "DELETE": endpoint(h, known, h.removeMember),
		},
		tenant + "/invitations":                     {"GET": endpoint(h, known, h.listInvitations), "POST": endpoint(h, known, once(h, h.createInvitation))},
		tenant + "/invitations/{invitation}/resend": {"POST": endpoint(h, known, once(h, h.resendInvitation))},
		tenant + "/invitations/{invitation}/revoke": {"POST": endpoint(h, known, once(h, h.revokeInvitation))},
		prefix + "/invitations/accept":              {"POST": endpoint(h, known, once(h, h.acceptInvitation))},
		prefix + "/me/invitations":                  {"GET": endpoint(h, known, h.listMyInvitations)},
		tenant + "/config":                          {"GET": endpoint(h, known, h.listConfig)},
		tenant + "/config/{key}": {
			"GET": endpoint(h, known, h.getConfig), "PUT": endpoint(h, known, h.putConfig), "DELETE": endpoint(h, known, h.deleteConfig),
		},
		tenant + "/audit": {"GET": endpoint(h, known, h.listAudit)},
	}
}

// Routes returns "METHOD /path" of every route, sorted; a variable part of a path
// stands in braces. GET stands for HEAD too.
func (h *Handler) Routes() []string {
	var routes []string
	for path, byMethod := range h.routes() {
		for method := range byMethod {
			routes = append(routes, method+" "+path)
		}
	}
	slices.Sort(routes)
	return routes
}

// Match reports whether the request is for the API: whether it is one for
// ServeHTTP, which answers all it is given, or for whoever comes next.
func (h *Handler) Match(r *http.Request) bool {
	return slices.ContainsFunc(owned, func(base string) bool {
		rest, found := strings.CutPrefix(r.URL.Path, base)
		return found && (rest == "" || rest[0] == '/')
	})
}

// ServeHTTP answers the request. The id in its context (WithRequestID) goes into
// the answer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.recoverPanic(w, r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Add("Vary", "Authorization, Cookie, X-Tenant")
	if id := RequestID(r.Context()); id != "" {
		w.Header().Set("X-Request-ID", id)
	}
	if escaped := r.URL.EscapedPath(); path.Clean(escaped) != escaped {
		h.notFound(w, r) // ServeMux would redirect to another spelling
		return
	}
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) {
	Refuse(w, RequestID(r.Context()), NotFound, "")
}

// dispatch picks the handler of the method, or answers 405 with those there are
// (RFC 9110, section 15.5.6).
func (h *Handler) dispatch(byMethod methods) http.HandlerFunc {
	names := slices.Collect(maps.Keys(byMethod))
	if byMethod[http.MethodGet] != nil {
		byMethod[http.MethodHead] = byMethod[http.MethodGet]
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	allow := strings.Join(names, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		if serve := byMethod[r.Method]; serve != nil {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", allow)
		Refuse(w, RequestID(r.Context()), MethodNotAllowed, "")
	}
}

// recoverPanic turns a panic of ours into a 500 of this request alone.
// http.ErrAbortHandler is no fault but a way to hang up, and passes.
func (h *Handler) recoverPanic(w http.ResponseWriter, r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http compares it
		panic(fault)
	}
	if h.Panicked != nil {
		h.Panicked()
	}
	h.Log.ErrorContext(r.Context(), "panic while serving a request",
		"request_id", RequestID(r.Context()), "route", r.Pattern, "panic", fault, "stack", string(debug.Stack()))
	Refuse(w, RequestID(r.Context()), InternalError, "")
}
