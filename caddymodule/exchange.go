package caddymodule

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime/debug"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/lifetime"
	"github.com/tenantgate/tenantgate/internal/sanitize"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// exchange is one request on its way through the handlers. The first of them to
// see it sanitises it; the ones behind find what it claimed.
//
// It is the request's context as well: one copy of the request and one allocation
// less than to wrap the context twice.
type exchange struct {
	lifetime.Lifetime

	app   *App
	id    string // of the request, made by us
	claim sanitize.Claim
	in    int // how many of our handlers it is in

	// What the access log says besides the id.
	forwarded tenancy.Key  // for whom it was; zero: for nobody
	refused   httpapi.Code // empty: it was not

	// answer is the gate's; it is here to be allocated with the rest.
	answer answer
}

// newAnswer returns the answer of a gate to the request. A gate behind another
// one has its own.
func (x *exchange) newAnswer(w http.ResponseWriter, r *http.Request) *answer {
	a := &x.answer
	if a.request != nil {
		a = new(answer)
	}
	a.begin(w, r, x.app.cors)
	return a
}

// MarshalLogObject implements zapcore.ObjectMarshaler: it writes what the access
// log is told of the request. One field that is asked when the line is written
// costs less than one for each thing as it comes to be known, of which each makes
// Caddy drop what it has derived from those before.
func (x *exchange) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("request_id", x.id)
	if x.forwarded != (tenancy.Key{}) {
		to.AddString("tenant_id", x.forwarded.Tenant.String())
		to.AddString("user_id", x.forwarded.User.String())
	}
	if x.refused != "" {
		to.AddString("refused", string(x.refused))
	}
	return nil
}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Lifetime.Value(key)
}

type exchangeKey struct{}

// enter is where a request comes in: it is named, checked and stripped, whatever
// route it is on. Where it returns no exchange, it has answered; a handler that got
// one has to leave.
func (a *App) enter(w http.ResponseWriter, r *http.Request) (*exchange, *http.Request) {
	if x, entered := r.Context().Value(exchangeKey{}).(*exchange); entered {
		x.in++
		return x, r
	}
	x := &exchange{app: a, id: newRequestID(), in: 1}
	if fields := accessLog(r); fields != nil {
		fields.Add(zap.Inline(x))
	}
	admitted, err := x.admit(w, r)
	if err != nil {
		x.refuse(w, r, err)
		return nil, nil
	}
	if a.cors.preflight(w, admitted) {
		a.metrics.decided(outcomePreflight)
		return nil, nil
	}
	if err := a.await(r.Context()); err != nil {
		x.refuse(w, admitted, err)
		return nil, nil
	}
	return x, admitted
}

// leave ends the request with the first handler that it came in by. The others are
// too early: a handler around the gate may answer in the place of one behind it,
// as error routes of a subroute do.
func (x *exchange) leave() {
	if x.in--; x.in == 0 {
		x.End()
	}
}

// admit reads what the request claims, and takes off what it may not say. The
// error is a Problem, or a panic of ours.
func (x *exchange) admit(w http.ResponseWriter, r *http.Request) (_ *http.Request, err error) {
	defer x.app.recoverPanic(&err)
	claim, refusal := x.app.policy.Check(r)
	if refusal != nil {
		x.app.journal.refused(r, x.id, refusal.Reason, refusal.ReportOnly)
		if !refusal.ReportOnly {
			if refusal.Allow != "" {
				w.Header().Set("Allow", refusal.Allow)
			}
			return nil, &httpapi.Problem{Code: httpapi.Code(refusal.Code), Detail: refusal.Detail}
		}
	}
	x.claim = claim
	// A copy of the server's request: only that one gets to see trailers.
	x.Context = r.Context()
	admitted := r.WithContext(x)
	keepBodyOpen(admitted)
	x.app.policy.Strip(admitted, func(reason sanitize.Reason, n int) {
		x.app.journal.stripped(admitted.Context(), x.id, reason, n)
	})
	r.Trailer = nil // error routes are handed the server's
	return admitted, nil
}

// recoverPanic makes an error of a panic of ours, for this request alone to end
// with. It is to be deferred.
func (a *App) recoverPanic(err *error) {
	if fault := recover(); fault != nil {
		a.metrics.panicked()
		*err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	}
}

// newRequestID returns 128 random bits in hexadecimal. They tell requests apart
// and keep no secret, so the runtime's generator (ChaCha8) does: it makes no
// system call.
func newRequestID() string {
	var id [16]byte
	binary.LittleEndian.PutUint64(id[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], rand.Uint64())
	var text [2 * len(id)]byte // on the stack; hex.EncodeToString takes two allocations
	hex.Encode(text[:], id[:])
	return string(text[:])
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
		err = x.agree(r, subject)
	}
	return subject, err
}

// agree refuses a request whose cookie is somebody else's than its token: which
// of the two an upstream, a log or a cache goes by would be chance. A cookie that
// proves nothing is nobody's.
func (x *exchange) agree(r *http.Request, subject tenancy.Subject) error {
	other, err := x.verify(r.Context(), x.claim.Cookie)
	if err != nil {
		if errors.Is(err, tenancy.ErrUnavailable) {
			return err
		}
		return nil
	}
	if other.User != subject.User || other.Identity.Issuer != subject.Identity.Issuer || other.Identity.Subject != subject.Identity.Subject {
		x.app.journal.refused(r, x.id, sanitize.ReasonCredentials, false)
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

// refuse answers with the problem of err, and counts it. What nobody has named is
// logged: the client learns the request id alone.
func (x *exchange) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem := httpapi.ProblemOf(err)
	if problem.Code == httpapi.InternalError {
		x.app.settings.log.ErrorContext(r.Context(), "deciding about a request", "request_id", x.id, "error", err)
	}
	x.app.metrics.decided(string(problem.Code))
	x.refused = problem.Code
	x.app.cors.stamp(w, r)
	httpapi.WriteProblem(w, x.id, problem)
}

// accessLog returns what Caddy's access log adds to the request's line, or nil
// where there is no such log.
func accessLog(r *http.Request) *caddyhttp.ExtraLogFields {
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if server == nil || server.Logs == nil {
		return nil
	}
	fields, _ := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields)
	return fields
}
