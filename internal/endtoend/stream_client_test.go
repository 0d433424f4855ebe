package endtoend_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// streamKinds are the paths of streaming.
var streamKinds = []string{"websocket", "events", "silent", "poll", "upload", "stalled", "download", "unread"}

// ending is how a stream ended at its client.
type ending struct {
	at     time.Time
	status int    // of the answer; 0: none came
	code   string // of the problem in it
	closed int    // status of a WebSocket's Close frame
	whole  bool   // it looks as if nothing were missing
}

// held is a stream that a client holds open.
type held struct {
	id    string
	kind  string
	ended chan ending
	read  chan struct{} // closed: read on (unread)
	took  time.Duration // from the revocation to the end
}

// streamer opens streams at a gateway over one protocol.
type streamer struct {
	protocol string
	base     string
	client   *http.Client
	dial     func() (net.Conn, error)
}

// startStreamers starts a gateway over TLS too, and returns what opens streams.
func startStreamers(t testing.TB, change ...func(*gatewaytest.Options)) (*gatewaytest.Gateway, *streaming, []*streamer) {
	t.Helper()
	upstream, certificate, port := startStreaming(t), gatewaytest.NewCertificate(t), tenancytest.FreePort(t)
	options := gatewaytest.Options{DatabaseURL: gatewaytest.Database(t), UpstreamURL: upstream.URL, Caddyfile: string(gatewaytest.Shipped(t))}
	for _, apply := range change {
		apply(&options)
	}
	options.Caddyfile = certificate.Site(t, options.Caddyfile, port)
	gateway := gatewaytest.Start(t, options)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	quic := &http3.Transport{TLSClientConfig: certificate.Client("h3")}
	t.Cleanup(func() { _ = quic.Close() })
	return gateway, upstream, []*streamer{
		{"h1", gateway.URL, &http.Client{Transport: &http.Transport{}}, func() (net.Conn, error) { return net.Dial("tcp", gateway.Addr) }},
		{"h1-tls", "https://" + addr, &http.Client{Transport: &http.Transport{TLSClientConfig: certificate.Client("http/1.1")}}, func() (net.Conn, error) {
			return tls.Dial("tcp", addr, certificate.Client("http/1.1"))
		}},
		{"h2", "https://" + addr, &http.Client{Transport: &http.Transport{TLSClientConfig: certificate.Client("h2"), ForceAttemptHTTP2: true}}, nil},
		{"h3", "https://" + addr, &http.Client{Transport: quic}, nil},
	}
}

// holdAll opens every kind of stream over every protocol for that person, and
// returns when all are under way.
func holdAll(t testing.TB, upstream *streaming, streamers []*streamer, as tenancy.Email, claims ...gatewaytest.Claims) (all []*held) {
	t.Helper()
	token := gatewaytest.Token(t, as, claims...)
	for _, s := range streamers {
		for _, kind := range streamKinds {
			if kind == "websocket" && s.dial == nil {
				continue // over HTTP/2 and HTTP/3 they are refused
			}
			h := &held{
				id: fmt.Sprintf("%s-%s-%s", as, s.protocol, kind), kind: kind,
				ended: make(chan ending, 1), read: make(chan struct{}),
			}
			begun := make(chan struct{})
			go func() { h.ended <- s.run(t, h, token, begun) }()
			upstream.has(t, upstream.begun, h.id)
			if kind != "poll" && kind != "upload" && kind != "stalled" {
				select {
				case <-begun:
				case end := <-h.ended:
					t.Fatalf("%s: ended as it began: %+v", h.id, end)
				case <-time.After(10 * time.Second):
					t.Fatalf("%s: nothing arrives", h.id)
				}
			}
			all = append(all, h)
		}
	}
	return all
}

// run holds one stream open and says how it ended. begun is closed when
// something has arrived.
func (s *streamer) run(t testing.TB, h *held, token string, begun chan struct{}) ending {
	target := s.base + "/api/v1/" + h.kind + "?id=" + h.id
	if h.kind == "websocket" {
		return s.websocket(target, token, begun)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	sending, stop := context.WithCancel(ctx)
	defer stop()
	method, body := http.MethodGet, io.Reader(nil)
	if h.kind == "upload" || h.kind == "stalled" {
		method, body = http.MethodPost, &slowly{ctx: sending, stop: stop, stalls: h.kind == "stalled"}
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return ending{at: time.Now()}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Tenant", "acme")
	response, err := s.client.Do(request)
	if err != nil {
		return ending{at: time.Now()}
	}
	defer response.Body.Close()
	first := make([]byte, 8)
	n, err := io.ReadFull(response.Body, first)
	close(begun)
	end := ending{status: response.StatusCode}
	text := strings.Builder{}
	text.Write(first[:n])
	if h.kind == "unread" {
		select {
		case <-h.read:
		case <-ctx.Done():
		}
	}
	if err == nil {
		keep := io.Discard
		if response.StatusCode != http.StatusOK {
			keep = &text
		}
		_, err = io.Copy(keep, response.Body)
	}
	end.at, end.whole = time.Now(), err == nil
	var problem struct{ Code string }
	if json.Unmarshal([]byte(text.String()), &problem) == nil {
		end.code = problem.Code
	}
	return end
}

func (s *streamer) websocket(target, token string, begun chan struct{}) (end ending) {
	defer func() { end.at = time.Now() }()
	conn, err := s.dial()
	if err != nil {
		return end
	}
	defer conn.Close()
	_, path, _ := strings.Cut(strings.TrimPrefix(target, s.base), "/")
	fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nX-Tenant: acme\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, token)
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return end
	}
	end.status = response.StatusCode
	for first := true; ; first = false {
		op, payload, err := message(reader)
		if err != nil {
			return end
		}
		if op == 8 {
			end.closed = status(payload)
			return end
		}
		if first {
			close(begun)
		}
	}
}

// slowly is an upload of a KiB a beat, or of one alone, until it is closed.
type slowly struct {
	ctx    context.Context
	stop   context.CancelFunc
	stalls bool
	begun  bool
}

func (s *slowly) Read(p []byte) (int, error) {
	wait := time.After(beat)
	if s.stalls && s.begun {
		wait = nil
	}
	s.begun = true
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-wait:
		return min(len(p), 1<<10), nil
	}
}

// Close is called by a client that has its answer already.
func (s *slowly) Close() error {
	s.stop()
	return nil
}
