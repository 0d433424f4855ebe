package caddymodule

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/httpapi"
)

// failureOf returns the error that brought a request to an error route
// (handle_errors), or nil where it is on no such route.
func failureOf(r *http.Request) error {
	err, _ := r.Context().Value(caddyhttp.ErrorCtxKey).(error)
	return err
}

// explain answers on an error route what a client can mend, as every other
// refusal is answered, and leaves the rest to the route. No endpoint of the
// gateway's answers there: what has failed before them must not run after all.
func (a *API) explain(x *exchange, w http.ResponseWriter, r *http.Request, failure error, next caddyhttp.Handler) error {
	failed, _ := errors.AsType[caddyhttp.HandlerError](failure)
	if failed.StatusCode != http.StatusRequestEntityTooLarge {
		return next.ServeHTTP(w, r)
	}
	if known := w.Header().Get("X-Request-ID"); known != "" {
		x.id = known // of the exchange that failed: the upstream has seen it
	}
	x.refuse(w, r, &httpapi.Problem{Code: httpapi.BodyTooLarge, Detail: "The body is larger than this site takes."})
	return nil
}
