package caddymodule

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/stream"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func init() {
	caddy.RegisterModule(Gate{})
}

// Gate lets a request through to the handlers behind it if its bearer is a
// member of its tenant, in the role that the rules ask for, and tells them so in
// trusted headers. Everything else it refuses. A path without a rule is closed.
type Gate struct {
	// Public lists paths that need no token: exact ones, and those ending in /*.
	Public []string `json:"public,omitempty"`
	// Require lists who may do what. The most specific path that matches the
	// method and the path decides.
	Require []Requirement `json:"require,omitempty"`
	// ForwardToken leaves the client's own credentials on the request, but for the
	// refresh token. Default: off.
	ForwardToken *bool `json:"forward_token,omitempty"`

	app   *App
	rules *access.Rules
}

// CaddyModule returns the Caddy module information.
func (Gate) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.tenant_gate", New: func() caddy.Module { return new(Gate) }}
}

// Provision finds the app and compiles the rules.
func (g *Gate) Provision(ctx caddy.Context) error {
	app, err := appOf(ctx)
	if err != nil {
		return err
	}
	return g.guard(app)
}

func (g *Gate) guard(app *App) error {
	g.app = app
	rules, err := g.compile()
	if err != nil {
		return err
	}
	g.rules, err = access.Compile(rules)
	return err
}

func (g *Gate) compile() ([]access.Rule, error) {
	var rules []access.Rule
	for _, path := range g.Public {
		rules = append(rules, access.Rule{Role: tenancy.RoleNone, Methods: []string{"*"}, Path: path})
	}
	for _, require := range g.Require {
		role, err := tenancy.ParseRole(require.Role)
		if err != nil {
			return nil, fmt.Errorf("require %s %s: %w", require.Role, strings.Join(require.Paths, " "), err)
		}
		if len(require.Paths) == 0 {
			return nil, fmt.Errorf("require %s: no paths", require.Role)
		}
		for _, path := range require.Paths {
			rules = append(rules, access.Rule{Role: role, Methods: require.Methods, Path: path})
		}
	}
	return rules, nil
}

// ServeHTTP decides, forwards, and stamps the answer.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	x, r := g.app.enter(w, r)
	if x == nil {
		return nil
	}
	defer x.leave()
	since := g.app.streams.Mark() // before the decision
	answer := x.newAnswer(w, r)
	holder, err := g.pass(x, r, answer)
	if err != nil {
		x.refuse(w, r, err)
		return nil
	}
	if !holder.Key.Tenant.IsZero() {
		return answer.live(x, holder, since, next)
	}
	err = next.ServeHTTP(answer, r)
	answer.finish()
	return err
}

// pass decides about the request and, if it may go on, makes it ours: it returns
// on whose behalf, nobody's where the path is public.
func (g *Gate) pass(x *exchange, r *http.Request, a *answer) (holder stream.Holder, err error) {
	defer g.app.recoverPanic(&err)
	rule := g.rules.Match(r.Method, r.URL.Path)
	if rule.Public() {
		g.dropCredentials(r)
		g.app.metrics.public.Inc()
		forward.Clear(r.Header, x.id, &a.stamp)
		return holder, nil
	}
	subject, err := x.authenticate(r)
	if err != nil {
		return holder, err
	}
	decision, err := g.app.decider.Decide(r.Context(), subject, x.selector(), rule.Role)
	if err != nil {
		return holder, err
	}
	if !decision.Allowed {
		g.noteRefusal(r.Context(), subject, decision, rule, x.id)
		return holder, &httpapi.Problem{Code: httpapi.Code(decision.Reason.String())}
	}
	g.dropCredentials(r)
	if err = g.app.backend.forwarder.Apply(r.Header, decision.Membership, x.id, &a.stamp); err != nil {
		return holder, err
	}
	g.app.metrics.forwarded.Inc()
	x.forwarded = decision.Membership.Key
	return stream.Holder{
		Key: decision.Membership.Key, Need: rule.Role, Session: subject.Session,
		IssuedAt: subject.IssuedAt, ExpiresAt: subject.ExpiresAt, Leeway: g.app.settings.token.Leeway,
	}, nil
}

func (g *Gate) dropCredentials(r *http.Request) {
	if g.ForwardToken != nil && *g.ForwardToken {
		forward.DropRefreshToken(r.Header)
		return
	}
	forward.DropCredentials(r.Header)
}

// appOf returns the app of the configuration that a handler is in.
func appOf(ctx caddy.Context) (*App, error) {
	app, err := ctx.App("tenantgate")
	if err != nil {
		return nil, fmt.Errorf("the global option tenantgate: %w", err)
	}
	return app.(*App), nil
}

var (
	_ caddy.Provisioner           = (*Gate)(nil)
	_ caddyhttp.MiddlewareHandler = (*Gate)(nil)
)
