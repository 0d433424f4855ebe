package caddymodule

import (
	"io"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/stream"
)

// answer stamps the gateway's headers on a response at the moment it is
// committed, and not before: an upstream that sends an X-Tenant-ID of its own
// must not win over the tenant that really served the request.
type answer struct {
	caddyhttp.ResponseWriterWrapper
	request *http.Request
	cors    *crossOrigin
	stamp   forward.Stamp
	stamped bool

	// What ends the request where its bearer loses access, see live.go. On a public
	// path there is nothing to lose.
	stream  stream.Stream
	end     func()       // nil: on a public path
	conn    *stream.Conn // the client's, where it was handed over
	aborted time.Time    // when it was ended
}

// begin makes a zero answer that of r, to w.
func (a *answer) begin(w http.ResponseWriter, r *http.Request, cors *crossOrigin) {
	a.ResponseWriter, a.request, a.cors = w, r, cors
}

// WriteHeader stamps the final response. Informational ones (RFC 9110, section
// 15.2) go through as they are, but not to HTTP/1.0, which would take one for the
// answer and the answer for that to its next request. 101 is final: the connection
// is handed over after it.
func (a *answer) WriteHeader(status int) {
	switch {
	case a.overruled():
		return
	case status < http.StatusContinue: // which the server would panic at
		status = http.StatusBadGateway
	case status < http.StatusOK && status != http.StatusSwitchingProtocols:
		if a.request.ProtoAtLeast(1, 1) {
			a.ResponseWriter.WriteHeader(status)
		}
		return
	}
	a.finish()
	a.ResponseWriter.WriteHeader(status)
}

// Write commits a 200 where nothing else was.
func (a *answer) Write(p []byte) (int, error) {
	if a.overruled() {
		return 0, stream.ErrClosed
	}
	a.commit()
	return a.ResponseWriter.Write(p)
}

// ReadFrom keeps the zero-copy path of the server open.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	if a.overruled() {
		return 0, stream.ErrClosed
	}
	a.commit()
	return a.ResponseWriterWrapper.ReadFrom(r)
}

// FlushError is found by http.ResponseController before it unwraps us; without
// it a flush would commit the headers unstamped.
func (a *answer) FlushError() error {
	if a.overruled() {
		return stream.ErrClosed
	}
	a.commit()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

func (a *answer) commit() {
	if !a.stamped {
		a.WriteHeader(http.StatusOK)
	}
}

// finish stamps what is not stamped yet. The gate calls it when the handlers
// behind have returned: where they wrote nothing, the server (an empty 200) or
// Caddy's error routes (a 502 of reverse_proxy) answer for them. What they left
// behind the body is sent after that.
func (a *answer) finish() {
	if a.stamped {
		forward.Trailers(a.Header())
		return
	}
	a.stamped = true
	a.cors.stamp(a.ResponseWriter, a.request)
	a.stamp.Apply(a.Header())
}

var (
	_ http.ResponseWriter = (*answer)(nil)
	_ io.ReaderFrom       = (*answer)(nil)
)
