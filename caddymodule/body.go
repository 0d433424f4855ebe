package caddymodule

import (
	"io"
	"net/http"
)

// keepBodyOpen has the server alone close the body of an HTTP/1 request.
//
// A proxy closes a body that it will not read on: one that has stalled past its
// time, or whose upstream is gone. net/http ends the client's connection after
// that, since what follows on it is the rest of the body; but it goes by the
// type of the body, which Caddy has wrapped for its idle timeout. It would keep
// the connection then and read the rest of the body as the next request
// (pause-based desync, CVE-2022-22720 and kin). A body that is still open it
// reads to its end, or ends the connection.
func keepBodyOpen(r *http.Request) {
	if r.ProtoMajor == 1 && r.Body != nil && r.Body != http.NoBody {
		r.Body = openBody{r.Body}
	}
}

type openBody struct{ io.Reader }

// Close leaves the body to the server.
func (openBody) Close() error { return nil }
