package endtoend_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// stalls sends a KiB of a body of eight, and no more.
func (s *streamer) stalls(ctx context.Context, t testing.TB, h *held, token string) {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/api/v1/upload?id="+h.id, &slowly{ctx: sending, stop: stop, stalls: true})
	if err != nil {
		t.Error(err)
		return
	}
	request.ContentLength = 8 << 10
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Tenant", "acme")
	end := ending{}
	if response, err := s.client.Do(request); err == nil {
		answer := told{status: response.StatusCode}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answer.body = string(text)
		end = ending{status: answer.status, code: answer.code(), whole: err == nil}
	}
	end.at = time.Now()
	h.ended <- end
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestShortBodiesThatStallEndWithTheMembership: the gateway is waiting for the
// client then, and has asked nobody.
func TestShortBodiesThatStallEndWithTheMembership(t *testing.T) {
	t.Parallel()
	const forwarded = `tenantgate_requests_total{outcome="forwarded"}`
	gateway, upstream, streamers := startStreamers(t)
	before := metric(t, gateway, forwarded)
	token := gatewaytest.Token(t, "bob@acme.test")
	var all []*held
	for _, s := range streamers {
		h := &held{id: "short-" + s.protocol, ended: make(chan ending, 1)}
		go s.stalls(t.Context(), t, h, token)
		all = append(all, h)
	}
	tenancytest.Eventually(t, 10*time.Second, "all are under way", func() bool {
		return metric(t, gateway, forwarded) == before+float64(len(all))
	})
	wantOpen(t, all)
	if answer := send(t, gateway, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	since := time.Now()
	for _, h := range all {
		select {
		case end := <-h.ended:
			if took := end.at.Sub(since); took > allowed || end.status != 403 || end.code != "not_a_member" {
				t.Errorf("%s: after %v: %d %q, want 403 not_a_member within %v", h.id, took, end.status, end.code, allowed)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: still open after 10 s", h.id)
		}
		select {
		case <-upstream.mark(upstream.begun, h.id):
			t.Errorf("%s: the upstream was asked", h.id)
		default:
		}
	}
	// What has lost its access is not in the way of others, on any connection.
	for _, s := range streamers {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/api/v1/upload?id=next-%s", s.base, s.protocol), io.LimitReader(zeros{}, 100))
		if err != nil {
			t.Fatal(err)
		}
		request.ContentLength = 100
		request.Header.Set("Authorization", "Bearer "+gatewaytest.Token(t, "alice@acme.test"))
		request.Header.Set("X-Tenant", "acme")
		response, err := s.client.Do(request)
		if err != nil {
			t.Errorf("%s: %v", s.protocol, err)
			continue
		}
		if text, err := io.ReadAll(response.Body); string(text) != "100 bytes" {
			t.Errorf("%s: %d %q, %v, want 100 bytes", s.protocol, response.StatusCode, text, err)
		}
		_ = response.Body.Close()
	}
}
