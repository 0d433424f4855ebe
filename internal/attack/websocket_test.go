package attack_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// startWebSockets starts a gateway with the shipped Caddyfile before an upstream
// that switches, over ws and wss.
func startWebSockets(t testing.TB) map[string]wsStage {
	t.Helper()
	return startWebSocketsWith(t, string(gatewaytest.Shipped(t)))
}

func startWebSocketsWith(t testing.TB, caddyfile string) map[string]wsStage {
	t.Helper()
	certificate := newCertificate(t)
	caddyfile = secured(t, caddyfile)
	plain, encrypted := startSwitching(t), startSwitching(t)
	port := tenancytest.FreePort(t)
	sites := caddyfile + secure(siteAgain(t, caddyfile, port, encrypted.url), port, certificate)
	database := gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: plain.url, Caddyfile: sites})
	return map[string]wsStage{
		"ws": {newStage(t, "ws", g.Addr, plain, g, database), func() (net.Conn, error) {
			return net.Dial("tcp", g.Addr)
		}},
		"wss": {newStage(t, "wss", loopback(port), encrypted, g, database), func() (net.Conn, error) {
			return tls.Dial("tcp", loopback(port), certificate.Client("http/1.1"))
		}},
	}
}

type wsStage struct {
	*stage
	dial func() (net.Conn, error)
}

// shake sends an opening handshake with more lines, and returns the connection
// and the answer.
func (s wsStage) shake(t testing.TB, path string, more ...string) (net.Conn, *bufio.Reader, *http.Response) {
	t.Helper()
	conn, err := s.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	request := append([]string{"GET " + path + " HTTP/1.1", "Host: gateway.test", "Connection: Upgrade"}, handshake[:3]...)
	if _, err := io.WriteString(conn, s.fill(lines(append(request, more...)...))); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodGet})
	if err != nil {
		t.Fatalf("reading the answer to a handshake: %v", err)
	}
	response.Body.Close()
	return conn, reader, response
}

const wsSource = "RFC 6455, sections 4 and 10.2; cross-site WebSocket hijacking"

// An honest WebSocket works in both ways, with our names upstream and no others.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	for name, s := range startWebSockets(t) {
		scheme := map[string]string{"ws": "http", "wss": "https"}[name]
		for _, way := range []struct{ name, lines string }{
			{"token", "Authorization: Bearer {bob-token}\r\nX-Tenant: acme"},
			{"cookie", "Cookie: tenantgate_session={bob-token}\r\nX-Tenant: acme\r\nOrigin: " + scheme + "://gateway.test\r\nSec-Fetch-Site: same-origin"},
			{"forged names", "Authorization: Bearer {bob-token}\r\nX-Tenant: acme\r\nX-Tenant-ID: evil\r\nX_User_ID: evil\r\nX.User.Email: evil"},
			{"forged options", "Authorization: Bearer {bob-token}\r\nX-Tenant: acme\r\nConnection: X-Tenant-ID, X-User-ID\r\nKeep-Alive: X-Tenant-ID"},
		} {
			t.Run(name+" "+way.name, func(t *testing.T) {
				defer results.count(t, "websocket")
				s.upstream.take()
				conn, reader, response := s.shake(t, "/api/v1/stream", way.lines)
				if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("X-Tenant-ID") == claimed {
					t.Fatalf("got %s with %v, want 101 without the upstream's claims", response.Status, response.Header)
				}
				for i := range 3 {
					echoed(t, conn, reader, fmt.Sprintf("message %d", i))
				}
				seen := s.upstream.take()
				if len(seen) < 2 || !seen[1].tunnel {
					t.Fatalf("the upstream got %s, want a handshake and messages", describe(seen))
				}
				if fault := once(fromBob, noEvil, knownOptions, header("Upgrade", "websocket"), header("Connection", "Upgrade"))(t, seen[:1]); fault != "" {
					t.Errorf("%s; the upstream got %s", fault, describe(seen[:1]))
				}
				if fault := forbidden(seen[0]); fault != "" {
					t.Errorf("%s; the upstream got %s", fault, describe(seen[:1]))
				}
			})
		}
	}
}

// echoed sends a text frame, masked as a client's must be, and reads the echo of
// it.
func echoed(t testing.TB, conn net.Conn, reader *bufio.Reader, text string) {
	t.Helper()
	frame := []byte{0x81, 0x80 | byte(len(text))}
	frame = binary.BigEndian.AppendUint32(frame, 0) // the mask
	frame = append(frame, text...)
	if _, err := conn.Write(frame); err != nil {
		t.Fatalf("sending a message: %v", err)
	}
	got := make([]byte, len(frame))
	if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, frame) {
		t.Fatalf("got %q back (%v), want %q", got, err, frame)
	}
}

// What may not open a WebSocket does not reach the upstream.
func TestWebSocketRefused(t *testing.T) {
	t.Parallel()
	for name, s := range startWebSockets(t) {
		for _, tc := range []struct {
			name, path string
			lines      string
			status     int
		}{
			{"no token", "/api/v1/stream", "X-Tenant: acme", 401},
			{"forged names alone", "/api/v1/stream", "X-Tenant: acme\r\nX-Tenant-ID: evil\r\nX-User-ID: evil\r\nX-Tenant-Role: admin", 401},
			{"forged token", "/api/v1/stream", "X-Tenant: acme\r\nAuthorization: Bearer {bob-token}x", 401},
			{"token in the query", "/api/v1/stream?access_token={bob-token}", "X-Tenant: acme", 401},
			{"token as a protocol", "/api/v1/stream", "X-Tenant: acme\r\nSec-WebSocket-Protocol: bearer, {bob-token}", 401},
			{"another tenant", "/api/v1/stream", "X-Tenant: globex\r\nAuthorization: Bearer {bob-token}", 403},
			{"role", "/api/v1/billing/stream", "X-Tenant: acme\r\nAuthorization: Bearer {bob-token}", 403},
			{"no rule", "/stream", "X-Tenant: acme\r\nAuthorization: Bearer {bob-token}", 403},
			{"path", "/assets/..;/api/v1/stream", "X-Tenant: acme\r\nAuthorization: Bearer {bob-token}", 400},
			{"cross-site", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nOrigin: https://evil.example", 403},
			{"cross-site, told by the browser", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nSec-Fetch-Site: cross-site", 403},
			{"same site, another origin", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nOrigin: https://evil.gateway.test\r\nSec-Fetch-Site: same-site", 403},
			{"opaque origin", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nOrigin: null", 403},
			{"origin that starts alike", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}\r\nOrigin: https://gateway.test.evil.example", 403},
			{"cookie without an origin", "/api/v1/stream", "X-Tenant: acme\r\nCookie: tenantgate_session={bob-token}", 403},
		} {
			t.Run(name+" "+tc.name, func(t *testing.T) {
				defer results.count(t, "websocket")
				s.upstream.take()
				_, _, response := s.shake(t, tc.path, strings.Split(tc.lines, "\r\n")...)
				if response.StatusCode != tc.status {
					t.Errorf("got %s, want %d; source: %s", response.Status, tc.status, wsSource)
				}
				if seen := s.upstream.take(); len(seen) > 0 {
					t.Errorf("the upstream got %s, want nothing", describe(seen))
				}
			})
		}
	}
}
