package attack_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// busy has people of two tenants ask, four at a time, until stop is called, which
// waits for them. Each must get its own answer, and none may fail.
func (s *stage) busy(t testing.TB) (stop func()) {
	t.Helper()
	var over atomic.Bool
	var running sync.WaitGroup
	askers := s.honestAskers(t)
	for worker := range 4 {
		running.Go(func() {
			for n := 0; !over.Load(); n++ {
				if !s.own(t, askers[(worker+n)%2], fmt.Sprintf("/api/v1/busy/%d/%d", worker, n)) {
					return
				}
			}
		})
	}
	return func() {
		t.Helper()
		over.Store(true)
		running.Wait()
	}
}

// A client may go at any time. What its answer was to be, or the rest of it, is
// nobody's, and its connection to the upstream ends.
func TestClientsThatGo(t *testing.T) {
	t.Parallel()
	const header = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"
	stages := map[string]script{
		"before the answer":   {pieces: []string{"", header + "smuggled"}, pause: 1},
		"in the status line":  {pieces: []string{"HTTP/1.1 2", "00 OK\r\nContent-Length: 8\r\n\r\nsmuggled"}, pause: 1},
		"in the header":       {pieces: []string{"HTTP/1.1 200 OK\r\nContent-Le", "ngth: 8\r\n\r\nsmuggled"}, pause: 1},
		"before the body":     {pieces: []string{header, "smuggled"}, pause: 1},
		"in the body":         {pieces: []string{header + "smug", "gled"}, pause: 1},
		"between chunks":      {pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "8\r\nsmuggled\r\n0\r\n\r\n"}, pause: 1},
		"after an interim":    {pieces: []string{"HTTP/1.1 103 Early Hints\r\n\r\n", header + "smuggled"}, pause: 1},
		"in an event stream":  {pieces: []string{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n", "data: smuggled\n\n"}, pause: 1},
		"before the last one": {pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "\r\n" + smuggledAnswer}, pause: 1},
	}
	scripts := make(map[string]script)
	for name, script := range stages {
		scripts[strings.ReplaceAll(name, " ", "-")] = script
	}
	s, u := startScriptedStage(t, scripts)
	defer s.busy(t)()
	for name := range stages {
		for range 5 {
			t.Run(name, func(t *testing.T) {
				defer results.count(t, "answers")
				client := dial(t, s.addr)
				if _, err := io.WriteString(client, s.fill(scriptedRequest(http.MethodGet, scriptedPath+strings.ReplaceAll(name, " ", "-")))); err != nil {
					t.Fatal(err)
				}
				far := <-u.paused
				client.Close()
				if err := far.SetReadDeadline(time.Now().Add(patience)); err != nil {
					t.Fatal(err)
				}
				if n, err := far.Read(make([]byte, 1)); n > 0 || !hungUp(err) {
					t.Errorf("the upstream's connection of a client that has gone: %d bytes and %v, want its end; source: %s", n, err, answersSource)
				}
				u.goOn <- struct{}{}
			})
		}
	}
}

// Upstreams that misbehave beside honest people's requests on the same pool.
func TestAnswersTogether(t *testing.T) {
	t.Parallel()
	scripts := make(map[string]script)
	for i, m := range misanswers {
		if !strings.Contains(m.name, "MiB") && m.name != "header without end" {
			scripts[fmt.Sprint(i)] = m.script
		}
	}
	s, _ := startScriptedStage(t, scripts)
	stop := s.busy(t)
	names := scriptNames(scripts)
	var running sync.WaitGroup
	for worker := range 2 {
		running.Go(func() {
			for n := range 150 {
				name := names[(n*7+worker*3)%len(names)]
				method := []string{http.MethodGet, http.MethodHead, http.MethodOptions}[n%3]
				if g := s.read(t, scriptedRequest(method, scriptedPath+name)); g.rest != "" || strings.Contains(g.body, "after") {
					t.Errorf("%s %s: got %q", method, name, g)
				}
			}
		})
	}
	running.Wait()
	stop()
	results.count(t, "answers")
}

// An upstream that hangs up on connections that were in use costs no GET, and has
// nothing done twice that may not be.
func TestUpstreamThatHangsUp(t *testing.T) {
	t.Parallel()
	s, u := startScriptedStage(t, nil)
	stop := s.busy(t)
	var once sync.WaitGroup
	token := s.fill("{bob-token}")
	var failed atomic.Int32
	for worker := range 2 {
		once.Go(func() {
			for n := range 150 {
				path := fmt.Sprintf("/api/v1/once/%d/%d", worker, n)
				g := s.read(t, "DELETE "+path+" HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nX-Tenant: acme\r\nAuthorization: Bearer "+token+"\r\n\r\n")
				switch {
				case g.status == http.StatusBadGateway:
					failed.Add(1)
				case g.status != http.StatusOK || !strings.HasPrefix(g.body, "DELETE "+path+" "):
					t.Errorf("got %q", g)
				}
				u.hangUp()
			}
		})
	}
	once.Wait()
	stop()
	arrivals := make(map[string]int)
	for _, a := range u.take() {
		if a.method == http.MethodDelete {
			arrivals[a.target]++
		}
	}
	t.Logf("%d of 300 requests that may not be repeated failed", failed.Load())
	for target, n := range arrivals {
		if n > 1 {
			t.Errorf("DELETE %s arrived %d times; source: RFC 9110, section 9.2.2", target, n)
		}
	}
	results.count(t, "answers")
}
