package httpapi

import (
	"cmp"
	"context"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// audience says of whom a route takes notice.
type audience uint8

const (
	anyone audience = iota // credentials are not looked at
	either                 // none is fine, a bad one is refused
	known                  // a good one is required
)

// visit is who comes with which request.
type visit struct {
	r       *http.Request
	subject tenancy.Subject // zero: nobody
	caller  tenancy.Caller  // zero: nobody
	match   tenancy.Match   // of If-Match: which version is meant
}

// call is one request as a resource sees it.
type call[Body any] struct {
	visit
	body Body
}

// answer is what a resource says to it.
type answer struct {
	status int
	tenant tenancy.TenantID // whose data it is; zero: no one tenant's
	body   any              // nil: none
	raw    []byte           // in place of body: what is encoded already, as kind says
	// stream, in place of body, writes an answer of any length as it is made.
	stream   func(io.Writer) error
	location string // of what was made; empty: nothing
	// attachment is the name that a browser saves the answer under; empty: it shows it.
	attachment string
	kind       string // media type; empty: application/json
	cache      string // Cache-Control; empty: no-store
	// version of what the body holds, for ETag; zero: it has none.
	version  int64
	cookies  []*http.Cookie
	policy   string // Content-Security-Policy; empty: none
	replayed bool   // it is that of an earlier request (Idempotency-Replayed)
}

// nothing is the body of a route that takes none.
type nothing struct{}

// endpoint is the one way through the API: who calls, what they say, what we
// do, what they are told.
func endpoint[Body any](h *Handler, who audience, act func(context.Context, call[Body]) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := receive[Body](h, who, w, r)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		a, err := act(r.Context(), c)
		if err != nil {
			h.noteRefusal(c.visit, err)
			h.refuse(w, r, err)
			return
		}
		h.send(w, r, a)
	}
}

// receive establishes the caller before it reads a byte of the body.
func receive[Body any](h *Handler, who audience, w http.ResponseWriter, r *http.Request) (call[Body], error) {
	c := call[Body]{visit: visit{r: r}}
	subject, err := h.identify(who, r)
	if err != nil {
		return c, err
	}
	c.subject = subject
	if !subject.User.IsZero() {
		c.caller = callerOf(r, subject)
	}
	if c.match, err = ifMatch(r.Header); err != nil {
		return c, err
	}
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		c.body, err = decode[Body](w, r)
	}
	return c, err
}

func callerOf(r *http.Request, subject tenancy.Subject) tenancy.Caller {
	return tenancy.Caller{User: subject.User, Session: subject.Session, RequestID: RequestID(r.Context())}
}

// identify returns who calls, or the zero subject where nobody need be known.
func (h *Handler) identify(who audience, r *http.Request) (tenancy.Subject, error) {
	if who == anyone {
		return tenancy.Subject{}, nil
	}
	subject, err := h.Authenticate(r)
	if err != nil {
		if who == either && ProblemOf(err).Code == TokenMissing {
			return tenancy.Subject{}, nil
		}
		return tenancy.Subject{}, err
	}
	if subject.User.IsZero() { // a token whose person is none of our users
		return tenancy.Subject{}, &Problem{Code: TokenInvalid}
	}
	return subject, nil
}

// send encodes before it writes: an answer is whole or it is a 500.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, a answer) {
	body := a.raw
	if a.body != nil {
		encoded, err := json.Marshal(a.body, json.Deterministic(true))
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		body = encoded
	}
	if body != nil {
		w.Header().Set("Content-Type", cmp.Or(a.kind, "application/json"))
	}
	w.Header().Set("Cache-Control", cmp.Or(a.cache, "no-store"))
	if !a.tenant.IsZero() {
		w.Header().Set("X-Tenant-ID", a.tenant.String())
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.version != 0 {
		w.Header().Set("ETag", etag(a.version))
	}
	if a.policy != "" {
		w.Header().Set("Content-Security-Policy", a.policy)
	}
	if a.replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	for _, cookie := range a.cookies {
		http.SetCookie(w, cookie)
	}
	if a.stream != nil {
		h.sendStream(w, r, a)
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// sendStream sends an answer whose end is not known at its beginning. Where it
// breaks off, so does the connection: what is cut short must not look whole.
func (h *Handler) sendStream(w http.ResponseWriter, r *http.Request, a answer) {
	w.Header().Set("Content-Type", a.kind)
	if a.attachment != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+a.attachment+`"`)
	}
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	if err := a.stream(w); err != nil {
		h.Log.WarnContext(r.Context(), "an answer broke off", "request_id", RequestID(r.Context()), "route", r.Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// refuse answers with the problem of err, and logs what we have no name for:
// the client only learns the request id.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem := ProblemOf(err)
	if problem.Code == InternalError {
		h.Log.ErrorContext(r.Context(), "request failed",
			"request_id", RequestID(r.Context()), "route", r.Pattern, "error", err)
	}
	WriteProblem(w, RequestID(r.Context()), problem)
}

// orNull turns a value that is not there into a JSON null.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

type requestIDKey struct{}

// WithRequestID returns a context that carries the id the gateway has given to
// the request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id that WithRequestID put there, or nothing.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
