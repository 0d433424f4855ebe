package attack_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// scriptedPath is the path, with a script's name after it, of the requests that an
// upstream answers by that script. All others it answers honestly, on the same
// connections.
const (
	scriptedPath       = "/api/v1/scripted/"
	publicScriptedPath = "/assets/scripted/"
)

// script is what an upstream says to one request.
type script struct {
	pieces []string // each in a write of its own; {own} is the honest answer's body, and {length} its length
	hangUp bool     // after them
	pause  int      // where it waits for scripted.goOn: after so many pieces; zero: nowhere
}

// scripted is an upstream that goes by scripts.
type scripted struct {
	*upstream
	scripts map[string]script
	paused  chan net.Conn // connections whose script has come to its pause
	goOn    chan struct{}

	mu    sync.Mutex
	conns map[net.Conn]int // those that are open, with how many requests were answered on each
}

func startScripted(t testing.TB, scripts map[string]script) *scripted {
	t.Helper()
	u := &scripted{scripts: scripts, paused: make(chan net.Conn), goOn: make(chan struct{}), conns: make(map[net.Conn]int)}
	ready := make(chan struct{})
	u.upstream = serveEach(t, func(_ *upstream, conn net.Conn) {
		<-ready
		u.serve(conn)
	})
	u.claims = nil
	close(ready)
	return u
}

func (u *scripted) serve(conn net.Conn) {
	u.answered(conn, 0)
	defer u.forget(conn)
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(conn, &raw))
	for {
		a, err := readArrival(reader)
		if err != nil {
			return
		}
		a.raw = string(raw.Next(raw.Len() - reader.Buffered()))
		u.keep(a)
		name, scripted := strings.CutPrefix(strings.Replace(a.target, publicScriptedPath, scriptedPath, 1), scriptedPath)
		if !scripted {
			if _, err := io.WriteString(conn, u.ordinary(a)); err != nil {
				return
			}
			u.answered(conn, 1)
			continue
		}
		if !u.say(conn, u.scripts[name], a) {
			return
		}
	}
}

// say goes by a script, and reports whether the connection goes on.
func (u *scripted) say(conn net.Conn, s script, a arrival) bool {
	own := echo(a)
	fill := strings.NewReplacer("{own}", own, "{length}", fmt.Sprint(len(own)))
	for i, piece := range s.pieces {
		if _, err := io.WriteString(conn, fill.Replace(piece)); err != nil {
			return false
		}
		if i+1 == s.pause {
			u.paused <- conn
			<-u.goOn
		}
	}
	return !s.hangUp
}

func (u *scripted) answered(conn net.Conn, more int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.conns[conn] += more
}

func (u *scripted) forget(conn net.Conn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.conns, conn)
}

// hangUp closes all connections on which something was answered, as a server that
// is restarted does: with requests on some of them.
func (u *scripted) hangUp() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn, answers := range u.conns {
		if answers > 0 {
			conn.Close()
		}
	}
}

// startScriptedStage starts the shipped site before a scripted upstream.
func startScriptedStage(t testing.TB, scripts map[string]script) (*stage, *scripted) {
	t.Helper()
	return startScriptedStageWith(t, string(gatewaytest.Shipped(t)), scripts)
}

func startScriptedStageWith(t testing.TB, caddyfile string, scripts map[string]script) (*stage, *scripted) {
	t.Helper()
	u, database := startScripted(t, scripts), gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: u.url, Caddyfile: caddyfile})
	return newStage(t, "scripted", g.Addr, u.upstream, g, database), u
}

// got is everything that a client reads on its connection.
type got struct {
	answer
	interim []answer // before the final one
	trailer http.Header
	cut     bool   // the body ends before its time
	rest    string // what comes after the answer
}

// String is the status and the body, and what is wrong with them.
func (g got) String() string {
	text := fmt.Sprintf("%d %s", g.status, g.body)
	if g.status >= http.StatusInternalServerError {
		text = fmt.Sprint(g.status)
	}
	if g.cut {
		text += " (cut)"
	}
	if g.rest != "" {
		text += fmt.Sprintf(" (and %q)", g.rest)
	}
	return text
}

// read sends a request, after which the gateway is to close the connection, and
// reads all that comes.
func (s *stage) read(t testing.TB, request string) got {
	t.Helper()
	conn := dial(t, s.addr)
	defer conn.Close()
	if _, err := io.WriteString(conn, s.fill(request)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if err != nil && !hungUp(err) {
		t.Fatalf("reading all answers: %v after %q", err, all)
	}
	method, _, _ := strings.Cut(request, " ")
	return parse(t, method, all)
}

func parse(t testing.TB, method string, all []byte) (g got) {
	t.Helper()
	reader := bufio.NewReader(bytes.NewReader(all))
	for {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return g // hung up on
		}
		if err != nil {
			t.Fatalf("reading an answer: %v in %q", err, all)
		}
		one := answer{status: response.StatusCode, header: response.Header}
		if one.status < http.StatusOK && one.status != http.StatusSwitchingProtocols {
			g.interim = append(g.interim, one)
			continue
		}
		var body []byte
		if one.status != http.StatusSwitchingProtocols {
			body, err = io.ReadAll(response.Body)
		}
		rest, _ := io.ReadAll(reader)
		one.body = string(body)
		g.answer, g.trailer, g.cut, g.rest = one, response.Trailer, err != nil, string(rest)
		return g
	}
}

// asker is somebody honest.
type asker struct{ token, slug, as string }

// honestAskers are people of two tenants.
func (s *stage) honestAskers(t testing.TB) []asker {
	t.Helper()
	as := func(slug, email string) string {
		return fmt.Sprintf("tenant=%s user=%s", gatewaytest.Tenant(t, slug), gatewaytest.Person(t, asEmail(email)))
	}
	return []asker{{s.fill("{bob-token}"), "acme", as("acme", bob)}, {s.fill("{peggy-token}"), "globex", as("globex", peggy)}}
}

// own has an honest client ask for a path, whose answer must be its own.
func (s *stage) own(t testing.TB, a asker, path string) bool {
	t.Helper()
	want := fmt.Sprintf("200 GET %s %s\n", path, a.as)
	if answered := s.ask(t, path, a.token, a.slug); answered != want {
		t.Errorf("an honest client of %s got %q, want %q", a.slug, answered, want)
		return false
	}
	return true
}

// shortWay says that a request came on the way of package upstream: the other one
// asks for compression.
func shortWay(a arrival) bool { return len(a.values("Accept-Encoding")) == 0 }

func scriptNames(scripts map[string]script) []string {
	names := make([]string, 0, len(scripts))
	for name := range scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
