package caddymodule

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/sanitize"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// exchange is one request on its way through the handlers. The first of them to
// see it sanitises it; the ones behind find what it claimed.
type exchange struct {
	app   *App
	id    string // of the request, made by us
	claim sanitize.Claim
}

type exchangeKey struct{}

// enter is where a request comes in: it is named, checked and stripped, whatever
// route it is on. Where it returns no exchange, it has answered.
func (a *App) enter(w http.ResponseWriter, r *http.Request) (*exchange, *http.Request) {
	if x, entered := r.Context().Value(exchangeKey{}).(*exchange); entered {
		return x, r
	}
	x := &exchange{app: a, id: newRequestID()}
	claim, refusal := a.policy.Check(r)
	if refusal != nil {
		a.metrics.refused(refusal.Reason)
		if !refusal.ReportOnly {
			if refusal.Allow != "" {
				w.Header().Set("Allow", refusal.Allow)
			}
			x.refuse(w, r, &httpapi.Problem{Code: httpapi.Code(refusal.Code), Detail: refusal.Detail})
			return nil, nil
		}
	}
	x.claim = claim
	// A copy of the server's request: only that one gets to see trailers.
	ctx := httpapi.WithRequestID(context.WithValue(r.Context(), exchangeKey{}, x), x.id)
	r = r.WithContext(ctx)
	a.policy.Strip(r, a.metrics.stripped)
	if a.cors.preflight(w, r) {
		a.metrics.decided(outcomePreflight)
		return nil, nil
	}
	if err := a.await(ctx); err != nil {
		x.refuse(w, r, &httpapi.Problem{Code: httpapi.MembershipUnavailable})
		return nil, nil
	}
	return x, r
}

// newRequestID returns 128 random bits in hexadecimal.
func newRequestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, see its documentation
	return hex.EncodeToString(id[:])
}

// selector is what the request says of its tenant.
func (x *exchange) selector() access.Selector {
	return access.Selector{Host: x.claim.Host, Header: x.claim.Tenant}
}

// authenticate returns whom the request's token speaks of; the error is a
// Problem, or tenancy.ErrUnavailable (wrapped).
func (x *exchange) authenticate(r *http.Request) (tenancy.Subject, error) {
	switch {
	case x.claim.Bearer == "" && x.claim.Cookie == "":
		return tenancy.Subject{}, &httpapi.Problem{Code: httpapi.TokenMissing}
	case x.claim.Bearer == "":
		if err := sameOrigin(r); err != nil {
			return tenancy.Subject{}, err
		}
		return x.verify(r.Context(), x.claim.Cookie)
	}
	subject, err := x.verify(r.Context(), x.claim.Bearer)
	if err == nil && x.claim.Cookie != "" {
		err = x.agree(r.Context(), subject)
	}
	return subject, err
}

// agree refuses a request whose cookie is somebody else's than its token: which
// of the two an upstream, a log or a cache goes by would be chance. A cookie that
// proves nothing is nobody's.
func (x *exchange) agree(ctx context.Context, subject tenancy.Subject) error {
	other, err := x.verify(ctx, x.claim.Cookie)
	if err != nil {
		if errors.Is(err, tenancy.ErrUnavailable) {
			return err
		}
		return nil //nolint:nilerr // see above: this error means that there is nothing to disagree with
	}
	if other.User != subject.User || other.Identity.Issuer != subject.Identity.Issuer || other.Identity.Subject != subject.Identity.Subject {
		x.app.metrics.refused(sanitize.ReasonCredentials)
		return &httpapi.Problem{Code: httpapi.BadRequest, Detail: "The token and the session cookie are two people's."}
	}
	return nil
}

func (x *exchange) verify(ctx context.Context, raw string) (tenancy.Subject, error) {
	subject, err := x.app.tokens.verifier.Verify(ctx, raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		err = &httpapi.Problem{Code: httpapi.TokenExpired}
	case errors.Is(err, token.ErrInvalid):
		err = &httpapi.Problem{Code: httpapi.TokenInvalid}
	}
	return subject, err
}

// crossSite tells other sites' requests by Sec-Fetch-Site and Origin.
var crossSite = http.NewCrossOriginProtection()

// sameOrigin refuses what a page of another site can make a browser send with
// our cookie: writes, and WebSockets, which no CORS holds back. A request that
// says nothing of where it comes from is refused too, for it has a cookie and is
// no browser of today.
func sameOrigin(r *http.Request) error {
	upgrade := r.Header.Get("Upgrade") != ""
	if !upgrade && (r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions) {
		return nil
	}
	check := r
	if upgrade {
		check = r.Clone(r.Context())
		check.Method = http.MethodPost // a handshake is a GET, which the check lets pass
	}
	silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
	if silent || crossSite.Check(check) != nil {
		return &httpapi.Problem{Code: httpapi.OriginRefused}
	}
	return nil
}

// refuse answers with a problem, and counts it.
func (x *exchange) refuse(w http.ResponseWriter, r *http.Request, problem *httpapi.Problem) {
	x.app.metrics.decided(string(problem.Code))
	x.app.cors.stamp(w, r)
	logField(r, zap.String("request_id", x.id))
	logField(r, zap.String("refused", string(problem.Code)))
	httpapi.WriteProblem(w, x.id, problem)
}

// logField adds a field to Caddy's access log, where there is one.
func logField(r *http.Request, field zap.Field) {
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if server == nil || server.Logs == nil {
		return
	}
	if fields, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok {
		fields.Add(field)
	}
}
