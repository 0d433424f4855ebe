package gatewaytest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

func TestGatewayServes(t *testing.T) {
	t.Parallel()
	upstream := gatewaytest.StartUpstream(t)
	gateway := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: gatewaytest.Database(t), UpstreamURL: upstream.URL})
	answer := gateway.Raw(t, "GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Tenant: acme\r\nConnection: close\r\n"+
		"Authorization: Bearer "+gatewaytest.Token(t, "bob@acme.test")+"\r\n\r\n", 5*time.Second)
	if !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
		t.Fatalf("got %s\nwant 200", answer)
	}
	seen := upstream.Take()
	if len(seen) != 1 {
		t.Fatalf("the upstream got %d requests, want 1", len(seen))
	}
	if got, want := strings.Join(seen[0].Values("X-Tenant-ID"), "|"), gatewaytest.Tenant(t, "acme").String(); got != want {
		t.Errorf("X-Tenant-ID at the upstream: got %q, want %q", got, want)
	}
}
