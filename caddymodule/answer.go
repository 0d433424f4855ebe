package caddymodule

import (
	"io"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// answer stamps the gateway's headers on a response at the moment it is
// committed, and not before: an upstream that sends an X-Tenant-ID of its own
// must not win over the tenant that really served the request.
type answer struct {
	*caddyhttp.ResponseWriterWrapper
	stamp     func(http.Header)
	committed bool
}

func newAnswer(w http.ResponseWriter, stamp func(http.Header)) *answer {
	return &answer{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, stamp: stamp}
}

// WriteHeader stamps the final response. Informational ones (RFC 9110, section
// 15.2) go through as they are, but 101 is final: the connection is handed over
// after it.
func (a *answer) WriteHeader(status int) {
	if !a.committed && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.committed = true
		a.stamp(a.Header())
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write commits a 200 where nothing else was.
func (a *answer) Write(p []byte) (int, error) {
	a.commit()
	return a.ResponseWriter.Write(p)
}

// ReadFrom keeps the zero-copy path of the server open.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.commit()
	return a.ResponseWriterWrapper.ReadFrom(r)
}

// FlushError is found by http.ResponseController before it unwraps us; without
// it a flush would commit the headers unstamped.
func (a *answer) FlushError() error {
	a.commit()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

func (a *answer) commit() {
	if !a.committed {
		a.WriteHeader(http.StatusOK)
	}
}

var (
	_ http.ResponseWriter = (*answer)(nil)
	_ io.ReaderFrom       = (*answer)(nil)
)
