package attack_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// A client that says nothing more, at whatever point, is let go.
func TestSilentClients(t *testing.T) {
	t.Parallel()
	certificate, upstream, port := newCertificate(t), startKeepAlive(t), tenancytest.FreePort(t)
	caddyfile := secured(t, impatient(t))
	g := gatewaytest.Start(t, gatewaytest.Options{
		DatabaseURL: gatewaytest.Database(t), UpstreamURL: upstream.url,
		Caddyfile: caddyfile + secure(siteAgain(t, caddyfile, port, upstream.url), port, certificate),
	})
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, client := range map[string]struct{ addr, says string }{
		"nothing":                {g.Addr, ""},
		"half a line":            {g.Addr, "GET /ass"},
		"a request":              {g.Addr, "GET /assets/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n"},
		"nothing in TLS":         {loopback(port), ""},
		"half a TLS hello":       {loopback(port), "\x16\x03\x01\x02\x00\x01\x00"},
		"half an HTTP/2 preface": {g.Addr, http2.ClientPreface[:20]},
		"an HTTP/2 preface":      {g.Addr, http2.ClientPreface},
		"HTTP/2 settings":        {g.Addr, http2.ClientPreface + settings},
		"half an HTTP/2 frame":   {g.Addr, http2.ClientPreface + settings + "\x00\x40\x00\x01\x04\x00\x00\x00\x01\x82"},
		"an HTTP/2 header that goes on": {g.Addr, http2.ClientPreface + settings +
			"\x00\x00\x01\x01\x01\x00\x00\x00\x01\x82"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "silent clients")
			conn := dial(t, client.addr)
			defer conn.Close()
			if _, err := io.WriteString(conn, client.says); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection is still open after %v", patience)
			}
		})
	}
}

// A client that does not read its answer does not hold the upstream's connection.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	defer results.count(t, "silent clients")
	ended := make(chan error, 1)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte(strings.Repeat("a", 1<<20))
		for {
			if _, err := w.Write(piece); err != nil {
				ended <- err
				return
			}
		}
	}))
	t.Cleanup(backend.Close)
	g := gatewaytest.Start(t, gatewaytest.Options{
		DatabaseURL: gatewaytest.Database(t), UpstreamURL: backend.URL, Caddyfile: impatient(t),
	})
	conn := dial(t, g.Addr)
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /assets/endless HTTP/1.1\r\nHost: gateway.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Errorf("the upstream is still held after %v", patience)
	}
}
