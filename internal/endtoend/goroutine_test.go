package endtoend_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// errand is one request of a kind, and how it ends at its client.
type errand struct {
	name, method, path string
	as                 tenancy.Email // whose token; empty: nobody's
	body               int           // its length in bytes
	chunked            bool
	leaves             bool // the client goes once the upstream has begun, or in the middle of its body
	want               int  // the status; 0: any, or none
}

var errands = []errand{
	{name: "of the API", method: "GET", path: "/api/v1/me", as: "bob@acme.test", want: 200},
	{name: "that the API refuses", method: "PATCH", path: "/api/v1/me", want: 401},
	{name: "forwarded", method: "GET", path: "/api/v1/none", as: "bob@acme.test", want: 404},
	{name: "of a public path", method: "GET", path: "/assets/none", want: 404},
	{name: "without a token", method: "GET", path: "/api/v1/none", want: 401},
	{name: "of no member", method: "GET", path: "/api/v1/none", as: "peggy@globex.test", want: 403},
	{name: "refused at the edge", method: "GET", path: "/api/v1/../none", want: 400},
	{name: "with a short body", method: "POST", path: "/api/v1/upload", as: "bob@acme.test", body: 4 << 10, want: 200},
	{name: "with a long body", method: "POST", path: "/api/v1/upload", as: "bob@acme.test", body: 128 << 10, want: 200},
	{name: "with a body of no known length", method: "POST", path: "/api/v1/upload", as: "bob@acme.test", body: 4 << 10, chunked: true, want: 200},
	{name: "on an error route", method: "POST", path: "/api/v1/upload", as: "bob@acme.test", body: 4 << 20, want: 413},
	{name: "that waits, of one who leaves", method: "GET", path: "/api/v1/poll", as: "bob@acme.test", leaves: true},
	{name: "with a stream, of one who leaves", method: "GET", path: "/api/v1/events", as: "bob@acme.test", leaves: true},
	{name: "of one who leaves in a short body", method: "POST", path: "/api/v1/stalled", as: "bob@acme.test", body: 8 << 10, leaves: true},
	{name: "of one who leaves in a long body", method: "POST", path: "/api/v1/stalled", as: "bob@acme.test", body: 64 << 10, leaves: true},
}

// run runs the errand over a streamer's protocol.
func (e errand) run(t *testing.T, upstream *streaming, s *streamer, id string) {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Second)
	defer leave()
	if e.leaves && e.body == 0 {
		go func() {
			upstream.has(t, upstream.begun, id)
			leave()
		}()
	}
	r, err := http.NewRequestWithContext(ctx, e.method, s.base+e.path+"?id="+id, e.reader(leave))
	if err != nil {
		t.Error(err)
		return
	}
	if !e.chunked {
		r.ContentLength = int64(e.body)
	}
	if e.as != "" {
		r.Header.Set("Authorization", "Bearer "+gatewaytest.Token(t, e.as))
		r.Header.Set("X-Tenant", "acme")
	}
	res, err := s.client.Do(r)
	if err != nil {
		if e.want != 0 {
			t.Errorf("a request %s over %s: %v", e.name, s.protocol, err)
		}
		return
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if e.want != 0 && res.StatusCode != e.want {
		t.Errorf("a request %s over %s: %d, want %d", e.name, s.protocol, res.StatusCode, e.want)
	}
}

// reader returns the body; one who leaves in the middle of it does so when the
// first half has been sent.
func (e errand) reader(leave func()) io.Reader {
	switch {
	case e.body == 0:
		return nil
	case e.leaves:
		return io.MultiReader(io.LimitReader(zeros{}, int64(e.body/2)), leaving(leave))
	}
	return io.LimitReader(zeros{}, int64(e.body))
}

type leaving func()

func (l leaving) Read([]byte) (int, error) {
	l()
	return 0, context.Canceled
}

// TestNothingGoesOnAfterItsRequest: as many goroutines are left after many requests
// of every kind as after a few.
func TestNothingGoesOnAfterItsRequest(t *testing.T) {
	t.Parallel()
	gateway, upstream, streamers := startStreamers(t, func(o *gatewaytest.Options) {
		o.Caddyfile = replaced(t, "max_size 100MiB", "max_size 1MiB")
	})
	round := 0
	run := func(times int) {
		round++
		var all sync.WaitGroup
		defer all.Wait()
		for _, s := range streamers {
			all.Go(func() {
				for i := range times {
					for j, e := range errands {
						e.run(t, upstream, s, fmt.Sprintf("%s-%d-%d-%d", s.protocol, round, i, j))
					}
					if s.dial != nil {
						s.converse(t, fmt.Sprintf("%s-%d-%d-ws", s.protocol, round, i))
					}
				}
			})
		}
	}
	run(2)
	settled := goroutines(t, gateway, upstream, streamers)
	tenancytest.Eventually(t, 10*time.Second, "what the first requests left has ended", func() bool {
		before := settled
		settled = goroutines(t, gateway, upstream, streamers)
		return settled == before
	})
	const times = 10
	run(times)
	const others = 5 // the gateway's own work comes and goes
	left := 0
	ended := func() bool {
		left = goroutines(t, gateway, upstream, streamers)
		return left <= settled+others
	}
	for deadline := time.Now().Add(15 * time.Second); !ended(); {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before %d requests of each kind\n%s", left, settled, times*len(streamers), profile(t, gateway))
		}
	}
}

// converse opens a WebSocket, and leaves after the first frame.
func (s *streamer) converse(t *testing.T, id string) {
	t.Helper()
	begun, ended := make(chan struct{}), make(chan ending, 1)
	leaving := *s
	var conn net.Conn
	leaving.dial = func() (_ net.Conn, err error) {
		conn, err = s.dial()
		return conn, err
	}
	go func() {
		ended <- leaving.websocket(s.base+"/api/v1/websocket?id="+id, gatewaytest.Token(t, "bob@acme.test"), begun)
	}()
	select {
	case <-begun:
		conn.Close()
		<-ended
	case end := <-ended:
		t.Errorf("a WebSocket over %s: %+v", s.protocol, end)
	case <-time.After(10 * time.Second):
		t.Errorf("a WebSocket over %s: nothing arrives", s.protocol)
	}
}

// goroutines counts those of the gateway, without those of idle connections.
func goroutines(t *testing.T, gateway *gatewaytest.Gateway, upstream *streaming, streamers []*streamer) int {
	t.Helper()
	for _, s := range streamers {
		s.client.CloseIdleConnections()
	}
	upstream.CloseClientConnections()
	client.CloseIdleConnections()
	text, _ := strings.CutPrefix(profile(t, gateway), "goroutine profile: total ")
	line, _, _ := strings.Cut(text, "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatalf("reading how many goroutines there are: %v", err)
	}
	return n
}

func profile(t *testing.T, gateway *gatewaytest.Gateway) string {
	t.Helper()
	admin := *gateway
	admin.URL = "http://" + gateway.Admin
	return send(t, &admin, ask{path: "/debug/pprof/goroutine?debug=1"}).body
}
