package caddymodule

import (
	"bufio"
	"net"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/stream"
)

// live forwards a request that its bearer may lose while it is under way.
func (a *answer) live(x *exchange, holder stream.Holder, since stream.Mark, next caddyhttp.Handler) error {
	a.end = x.End
	x.app.streams.Open(&a.stream, holder, a, since)
	defer a.stream.Done() // where the handler panics
	err := next.ServeHTTP(a, a.request)
	code := a.stream.Done()
	switch {
	case code == "":
		a.finish()
		return err
	case a.conn != nil:
		return nil // it has ended, and the server knows it no more
	case a.stamped:
		// What was begun must not look whole: this ends an HTTP/1 connection and resets
		// a stream of HTTP/2 and HTTP/3.
		panic(http.ErrAbortHandler)
	}
	if a.request.ProtoMajor == 1 {
		a.Header().Set("Connection", "close") // its body will not be read on
	}
	x.refuse(a.ResponseWriter, a.request, &httpapi.Problem{Code: httpapi.Code(code)})
	return nil
}

// abortTime is how long a write may take after a request was ended: enough to
// answer with a refusal, where nothing has been answered yet.
const abortTime = 200 * time.Millisecond

// Close implements stream.Closer: it ends the request, and through its context
// the one to the upstream. Handlers that wait for the client, who may neither
// send nor read, are woken up by the deadlines.
func (a *answer) Close(code string) {
	if a.conn != nil {
		status := uint16(stream.StatusAccessLost)
		switch code {
		case stream.Expired:
			status = stream.StatusTokenExpired
		case stream.Unconfirmed:
			status = stream.StatusTryAgain
		}
		a.conn.End(status, code, a.end)
		return
	}
	if a.aborted.IsZero() {
		a.aborted = time.Now()
	}
	// What cannot have deadlines does not wait for a client either.
	_ = http.NewResponseController(a.ResponseWriter).SetReadDeadline(a.aborted)
	_ = a.writeControl().SetWriteDeadline(a.aborted.Add(abortTime))
	a.end()
}

// writeControl is beneath Caddy's own deadlines on writes, which only the handler
// itself may touch. Where that sets one of them again, Close is called again.
func (a *answer) writeControl() *http.ResponseController {
	if _, idle := caddyhttp.IdleTimeoutsFromContext(a.request.Context()); idle != nil {
		return idle.Ctrl
	}
	return http.NewResponseController(a.ResponseWriter)
}

// overruled reports whether the request was ended before anything was answered:
// what the handler says now, such as that the client has gone, is not the answer.
func (a *answer) overruled() bool { return !a.stamped && a.stream.Closed() }

// Hijack hands the client's connection over, for a WebSocket, and keeps the means
// to end it.
func (a *answer) Hijack() (conn net.Conn, buffered *bufio.ReadWriter, err error) {
	control := http.NewResponseController(a.ResponseWriter)
	if a.end == nil {
		return control.Hijack()
	}
	err = a.stream.Upgrade(stream.WebSocket, func() (err error) {
		if conn, buffered, err = control.Hijack(); err != nil {
			return err
		}
		a.conn = stream.NewConn(conn)
		conn = a.conn
		buffered.Writer.Reset(conn)
		return nil
	})
	return conn, buffered, err
}

var (
	_ stream.Closer = (*answer)(nil)
	_ http.Hijacker = (*answer)(nil)
)
