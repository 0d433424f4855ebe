package attack_test

import (
	"bytes"
	"io"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// slowClients is how many there are; the gateway has slowPatience to be rid of
// them all, and slowMemory to hold them in.
const (
	slowClients  = 1000
	slowPatience = 60 * time.Second
	slowMemory   = 256 << 20
)

// slowKinds are the ways of being slow: what is said at once, and what then comes
// byte by byte, without end.
var slowKinds = []struct{ name, start, rest string }{
	{"request line", "GET /", "a"},
	{"header", "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n", "X-Note: a\r\n"},
	{"header with a token", "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}", "X-Note: a\r\n"},
	{"body of a length", "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Content-Length: 1000000\r\n\r\n", "a"},
	{"body in chunks", "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
	{"body for a public path", "POST /assets/upload HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1000000\r\n\r\n", "a"},
	{"body for the API", "POST /api/v1/auth/login HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", " "},
	{"body of who may not", "POST /api/v1/billing/x HTTP/1.1\r\nHost: gateway.test\r\n{bob}Content-Length: 1000000\r\n\r\n", "a"},
}

// A thousand clients that never finish what they say (Slowloris, R.U.D.Y.) are
// cut off by the limits of the shipped Caddyfile. Meanwhile honest ones are
// served, and memory is bounded.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const class = "slow clients"
	database, upstream := gatewaytest.Database(t), startKeepAlive(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: upstream.url})
	s := newStage(t, class, g.Addr, upstream, g, database)
	s.beHonest(t)
	before, started := residentMemory(t, g.PID()), time.Now()
	slow := make([]*slowClient, slowClients)
	for i := range slow {
		kind := slowKinds[i%len(slowKinds)]
		slow[i] = startSlow(t, g.Addr, kind.name, s.fill(kind.start), kind.rest)
	}
	var most int64
	served := 0
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for open := slowClients; open > 0 && time.Since(started) < slowPatience; {
		<-tick.C
		open = 0
		for _, client := range slow {
			if client.dribble() {
				open++
			}
		}
		asked := time.Now()
		s.beHonest(t)
		if took := time.Since(asked); took > patience/2 {
			t.Errorf("an honest request took %v beside %d slow clients", took, open)
		}
		served++
		most = max(most, residentMemory(t, g.PID())-before)
	}
	t.Logf("rid of all after %v; %d honest requests served; memory grew by %d MiB", time.Since(started).Round(time.Second), served, most>>20)
	left := make(map[string]int)
	for _, client := range slow {
		if client.dribble() {
			left[client.kind]++
		}
	}
	for _, kind := range slowKinds {
		t.Run(kind.name, func(t *testing.T) {
			defer results.count(t, class)
			if left[kind.name] > 0 {
				t.Errorf("%d clients are still connected after %v", left[kind.name], slowPatience)
			}
		})
	}
	t.Run("memory", func(t *testing.T) {
		defer results.count(t, class)
		if most > slowMemory {
			t.Errorf("%d slow clients make the gateway grow by %d MiB, want %d at most", slowClients, most>>20, slowMemory>>20)
		}
	})
}

// slowClient is one connection. It reads what comes, so that a close is seen.
type slowClient struct {
	kind string
	conn net.Conn
	rest []byte
	said int
	mu   sync.Mutex
	over bool
}

func startSlow(t testing.TB, addr, kind, start, rest string) *slowClient {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, start); err != nil {
		t.Fatal(err)
	}
	c := &slowClient{kind: kind, conn: conn, rest: []byte(rest)}
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = true
	}()
	return c
}

// dribble sends one byte and reports whether the connection is still open.
func (c *slowClient) dribble() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	_, err := c.conn.Write(c.rest[c.said%len(c.rest):][:1])
	c.said++
	return err == nil
}

// residentMemory returns how many bytes of RAM a process holds.
func residentMemory(t testing.TB, pid int) int64 {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatalf("asking for the memory of the gateway: %v", err)
	}
	kibibytes, err := strconv.ParseInt(string(bytes.TrimSpace(output)), 10, 64)
	if err != nil {
		t.Fatalf("reading the memory of the gateway: %v", err)
	}
	return kibibytes << 10
}
