package endtoend_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/replica"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Figures of docs/performance.md, each of one run:
//
//	go test -run '^$' -bench . -benchtime 1x ./internal/endtoend

// report says what half of the samples, and all but a hundredth, stay below.
func report(b *testing.B, what string, samples []time.Duration) {
	slices.Sort(samples)
	for _, share := range []int{50, 99} {
		sample := samples[min(len(samples)*share/100, len(samples)-1)]
		b.ReportMetric(float64(sample)/float64(time.Millisecond), fmt.Sprintf("%s-p%d-ms", what, share))
	}
	b.ReportMetric(0, "ns/op")
}

// beside has replicas live in this process, next to gateways of the database.
func beside(b *testing.B, database string, count int) {
	b.Helper()
	for range count {
		r, err := replica.Open(b.Context(), replica.Config{
			Database: database, Lease: 2 * time.Second, Local: cache.Config{Entries: 1000, Freshness: 5 * time.Minute},
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = r.Close() })
	}
}

// removal adds peggy to acme and tells how long removing her takes.
func removal(b *testing.B, gateway *gatewaytest.Gateway) time.Duration {
	b.Helper()
	add := ask{as: "alice@acme.test", method: "POST", path: path(b, "acme", "/members"), body: `{"email":"peggy@globex.test","role":"viewer"}`}
	send(b, gateway, add).want(b, 201, "")
	send(b, gateway, ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}).want(b, 200, "")
	began := time.Now()
	send(b, gateway, ask{as: "alice@acme.test", method: "DELETE", path: path(b, "acme", "/members/peggy@globex.test")}).want(b, 204, "")
	return time.Since(began)
}

// BenchmarkRemovalOverHTTP: as many as one address is let in within the hour.
func BenchmarkRemovalOverHTTP(b *testing.B) {
	for _, count := range []int{1, 3, 10} {
		b.Run(fmt.Sprintf("replicas=%d", count), func(b *testing.B) {
			database := gatewaytest.Database(b)
			gateway, _ := start(b, onDatabase(database))
			beside(b, database, count-1)
			for b.Loop() {
				var took []time.Duration
				for range 49 {
					took = append(took, removal(b, gateway))
				}
				report(b, "removal", took[1:]) // the first one is cold
			}
		})
	}
	b.Run("one-stopped", func(b *testing.B) {
		database := gatewaytest.Database(b)
		gateway, _ := start(b, onDatabase(database))
		stopped, _ := start(b, onDatabase(database))
		beside(b, database, 1)
		for b.Loop() {
			removal(b, gateway)
			if err := stopped.Signal(syscall.SIGSTOP); err != nil {
				b.Fatal(err)
			}
			first := removal(b, gateway)
			var took []time.Duration
			for range 40 {
				took = append(took, removal(b, gateway))
			}
			if err := stopped.Signal(syscall.SIGCONT); err != nil {
				b.Fatal(err)
			}
			report(b, "later", took)
			b.ReportMetric(first.Seconds()*1000, "first-ms")
		}
	})
}

// BenchmarkStreamsClose: from the answer to a removal by one gateway until the
// clients of another see their event streams end.
func BenchmarkStreamsClose(b *testing.B) {
	const streams, rounds = 200, 5
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/calls" {
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: hello\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	b.Cleanup(upstream.Close)
	database := gatewaytest.Database(b)
	one, _ := start(b, onDatabase(database))
	two, _ := start(b, onDatabase(database), func(o *gatewaytest.Options) { o.UpstreamURL = upstream.URL })
	for b.Loop() {
		var took []time.Duration
		for range rounds {
			add := ask{as: "alice@acme.test", method: "POST", path: path(b, "acme", "/members"), body: `{"email":"peggy@globex.test","role":"viewer"}`}
			send(b, one, add).want(b, 201, "")
			tenancytest.Eventually(b, 5*time.Second, "peggy is let in", func() bool { // what gives access is not waited for
				return send(b, two, ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}).status == 200
			})
			ended, reading := make(chan time.Time, streams), new(sync.WaitGroup)
			for range streams {
				stream := openStream(b, two)
				reading.Go(func() {
					_, _ = io.Copy(io.Discard, stream)
					ended <- time.Now()
				})
			}
			send(b, one, ask{as: "alice@acme.test", method: "DELETE", path: path(b, "acme", "/members/peggy@globex.test")}).want(b, 204, "")
			answered := time.Now()
			reading.Wait()
			for range streams {
				took = append(took, max(0, (<-ended).Sub(answered)))
			}
		}
		report(b, "closed", took)
		b.ReportMetric(float64(slices.Max(took))/float64(time.Millisecond), "slowest-ms")
	}
}

// openStream returns an event stream of peggy's that has begun.
func openStream(b *testing.B, gateway *gatewaytest.Gateway) io.Reader {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, gateway.URL+"/api/v1/events", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+gatewaytest.Token(b, "peggy@globex.test"))
	request.Header.Set("X-Tenant", "acme")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = response.Body.Close() })
	body := bufio.NewReader(response.Body)
	if line, err := body.ReadString('\n'); response.StatusCode != http.StatusOK || err != nil {
		b.Fatalf("opening a stream: %d %q, %v", response.StatusCode, line, err)
	}
	return body
}
