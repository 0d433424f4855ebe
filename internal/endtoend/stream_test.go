package endtoend_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// allowed is how soon a stream has to be closed after a revocation was answered.
// The promise is a second; the rest is for the other tests of the suite, which run
// on the same processors. What it takes otherwise is BenchmarkStreamsClose's to say.
const allowed = 3 * time.Second

// wantClosed waits for the streams to end, and fails where one takes longer than
// allowed, or looks as if it had ended by itself.
func wantClosed(t *testing.T, upstream *streaming, since time.Time, streams []*held, code string, refused, closed int) {
	t.Helper()
	for _, h := range streams {
		defer func() { t.Logf("%s: %v", h.id, h.took.Round(100*time.Microsecond)) }()
		if h.kind == "unread" {
			// Only the upstream can see it: the client is busy with what has arrived.
			upstream.has(t, upstream.ended, h.id)
			if h.took = time.Since(since); h.took > allowed {
				t.Errorf("%s: open for %v at the upstream", h.id, h.took)
			}
			close(h.read)
		}
		var end ending
		select {
		case end = <-h.ended:
		case <-time.After(max(0, time.Until(since)) + 10*time.Second): // since may be to come
			t.Errorf("%s: still open after 10 s", h.id)
			continue
		}
		if h.kind != "unread" {
			h.took = end.at.Sub(since)
		}
		if h.took > allowed {
			t.Errorf("%s: closed after %v, want %v", h.id, h.took, allowed)
		}
		switch h.kind {
		case "websocket":
			if end.closed != closed {
				t.Errorf("%s: Close frame %d, want %d", h.id, end.closed, closed)
			}
		case "poll":
			if end.status != refused || end.code != code {
				t.Errorf("%s: got %d %q, want %d %q", h.id, end.status, end.code, refused, code)
			}
		case "upload", "stalled":
			// The answer may be lost where the client goes on sending.
			if end.status != 0 && (end.status != refused || end.code != code) {
				t.Errorf("%s: got %d %q, want %d %q or none", h.id, end.status, end.code, refused, code)
			}
		default:
			if end.whole {
				t.Errorf("%s: ended as if nothing were missing", h.id)
			}
		}
		upstream.has(t, upstream.ended, h.id)
	}
}

func wantOpen(t *testing.T, streams []*held) {
	t.Helper()
	for _, h := range streams {
		select {
		case end := <-h.ended:
			t.Errorf("%s: ended: %+v", h.id, end)
		default:
		}
	}
}

func TestStreamsEndWithTheMembership(t *testing.T) {
	t.Parallel()
	gateway, upstream, streamers := startStreamers(t)
	bob := holdAll(t, upstream, streamers, "bob@acme.test")
	alice := holdAll(t, upstream, streamers, "alice@acme.test")
	if answer := send(t, gateway, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	wantClosed(t, upstream, time.Now(), bob, "not_a_member", 403, 4403)
	wantOpen(t, alice)
	if got := metric(t, gateway, `tenantgate_streams_closed_total{reason="not_a_member"}`); got != float64(len(bob)) {
		t.Errorf("counted %v streams closed, want %d", got, len(bob))
	}
	tenancytest.Eventually(t, 5*time.Second, "the streams of alice are counted", func() bool {
		return metric(t, gateway, `tenantgate_streams_open{kind="websocket"}`) == 2 &&
			metric(t, gateway, `tenantgate_streams_open{kind="http"}`) == float64(len(alice)-2)
	})
}

func TestStreamsEndWithTheToken(t *testing.T) {
	t.Parallel()
	_, upstream, streamers := startStreamers(t)
	began := time.Now()
	alice := holdAll(t, upstream, streamers, "alice@acme.test")
	// Long enough for as many streams again, however busy the machine is.
	expires := time.Now().Add(5*time.Second + 5*time.Since(began)).Truncate(time.Second)
	bob := holdAll(t, upstream, streamers, "bob@acme.test", gatewaytest.Claims{"exp": expires.Unix()})
	if !time.Now().Before(expires) {
		t.Fatal("it took longer than the token to open the streams")
	}
	wantClosed(t, upstream, expires, bob, "token_expired", 401, 4401)
	wantOpen(t, alice)
	if took := time.Until(expires); took > 0 {
		t.Errorf("all ended %v before the token", took)
	}
}

// TestStreamsOutliveAReload, and can be ended after it. The grace period is made
// short: what would end with it has ended when the streams are looked at.
func TestStreamsOutliveAReload(t *testing.T) {
	t.Parallel()
	gateway, upstream, streamers := startStreamers(t, func(o *gatewaytest.Options) {
		o.Caddyfile = replaced(t, "grace_period 20s", "grace_period 1s", "public /assets/*", "public /assets/* /first")
	})
	streamers = streamers[:3] // HTTP/3 connections end with the grace period: see docs/operations.md
	bob := holdAll(t, upstream, streamers, "bob@acme.test")
	alice := holdAll(t, upstream, streamers, "alice@acme.test")
	caddyfile, err := os.ReadFile(gateway.File)
	if err != nil {
		t.Fatal(err)
	}
	text := string(caddyfile)
	for _, change := range []string{"/second", "/third"} {
		reload(t, gateway, strings.ReplaceAll(text, "/first", change))
		send(t, gateway, ask{path: change}).want(t, 404, "")
	}
	tenancytest.Eventually(t, 10*time.Second, "the grace period is over", func() bool {
		return strings.Count(gateway.Log(), "server shutdown") >= 2
	})
	wantOpen(t, bob)
	wantOpen(t, alice)
	if answer := send(t, gateway, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	wantClosed(t, upstream, time.Now(), bob, "not_a_member", 403, 4403)
	wantOpen(t, alice)
}
