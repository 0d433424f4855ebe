package upstream_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

// BenchmarkRoundTrip asks a server of net/http for a small answer, whose own work is
// in the figures: by a Client, and by net/http's Transport.
func BenchmarkRoundTrip(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	dial := (&net.Dialer{}).DialContext
	client := upstream.New(upstream.Config{Dial: dial, MaxIdle: 32, IdleTimeout: time.Minute})
	defer client.Close()
	for _, way := range []struct {
		name    string
		tripper http.RoundTripper
	}{{"client", client}, {"transport", &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 32, DisableCompression: true}}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL, nil)
					if err != nil {
						b.Fatal(err)
					}
					res, err := way.tripper.RoundTrip(r)
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
			})
		})
	}
}
