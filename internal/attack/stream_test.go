package attack_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// quiet is how long the streams below say nothing: several times each of the
// limits, which are lowered for the purpose, and no more than a busy machine needs
// to do in time what the streams do.
const quiet = 5 * time.Second

// impatient is the shipped Caddyfile with limits that are soon over.
func impatient(t testing.TB) string {
	t.Helper()
	text := string(gatewaytest.Shipped(t))
	for from, to := range map[string]string{
		"read_header 10s": "read_header 2s", "read_body_idle 20s 500": "read_body_idle 2s 500",
		"write_idle 30s": "write_idle 2s", "idle 2m": "idle 2s",
	} {
		text = replaceOnce(t, text, from, to)
	}
	return text
}

// The limits on slow clients end no WebSocket that is silent for longer.
func TestLimitsSpareWebSockets(t *testing.T) {
	t.Parallel()
	for name, s := range startWebSocketsWith(t, impatient(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "limits spare streams")
			conn, reader, response := s.shake(t, "/api/v1/stream", "Authorization: Bearer {bob-token}", "X-Tenant: acme")
			if response.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("got %s, want 101", response.Status)
			}
			for i := range 2 {
				echoed(t, conn, reader, fmt.Sprintf("message %d", i))
				<-time.After(quiet)
			}
			echoed(t, conn, reader, "last")
		})
	}
}

// The limits end no answer that comes in pieces, and no upload that is steady.
func TestLimitsSpareStreams(t *testing.T) {
	t.Parallel()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, "%d %v", n, err)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			if i > 0 {
				<-time.After(quiet)
			}
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(backend.Close)
	certificate := newCertificate(t)
	caddyfile := secured(t, impatient(t))
	port := tenancytest.FreePort(t)
	gatewaytest.Start(t, gatewaytest.Options{
		DatabaseURL: gatewaytest.Database(t), UpstreamURL: backend.URL,
		Caddyfile: caddyfile + secure(siteAgain(t, caddyfile, port, backend.URL), port, certificate),
	})
	for protocol, client := range map[string]*http.Client{
		"h1": {Transport: honestOverTLS(t, certificate)},
		"h2": {Transport: &http.Transport{TLSClientConfig: certificate.Client("h2"), ForceAttemptHTTP2: true}},
	} {
		base := map[string]string{"h1": "http://", "h2": "https://"}[protocol] + loopback(port)
		t.Run("events over "+protocol, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "limits spare streams")
			response := send(t, client, http.MethodGet, base, nil)
			defer response.Body.Close()
			events := 0
			for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
				if strings.HasPrefix(scanner.Text(), "data: ") {
					events++
				}
			}
			if events != 3 {
				t.Errorf("got %d events, want 3", events)
			}
		})
		t.Run("upload over "+protocol, func(t *testing.T) {
			t.Parallel()
			defer results.count(t, "limits spare streams")
			response := send(t, client, http.MethodPost, base, &steady{left: 10})
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if want := "10240 <nil>"; err != nil || string(body) != want {
				t.Errorf("got %q (%v), want %q", body, err, want)
			}
		})
	}
}

// steady is an upload of a KiB every half a second, which is more than the limit
// asks for.
type steady struct{ left int }

// Read returns the next KiB.
func (s *steady) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	<-time.After(quiet / 10)
	return copy(p, strings.Repeat("a", 1<<10)), nil
}

func send(t testing.TB, client *http.Client, method, base string, body io.Reader) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v1/stream", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+gatewaytest.Token(t, bob))
	request.Header.Set("X-Tenant", "acme")
	request.Host = authority
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("got %s, want 200", response.Status)
	}
	return response
}
