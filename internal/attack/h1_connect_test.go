package attack_test

import (
	"net/http"
	"testing"
)

// A proxied CONNECT has no framing: what follows it on a pooled connection is
// read by the upstream as somebody's next request.
func TestConnect(t *testing.T) {
	t.Parallel()
	const class = "connect"
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: evil\r\n\r\n"
	play(t, startStages(t), []attack{
		{
			class: class, name: "authority", source: "RFC 9110, section 9.3.6",
			bytes: lines("CONNECT gateway.test:80 HTTP/1.1", "Host: gateway.test:80"), status: http.StatusMethodNotAllowed,
		},
		{
			class: class, name: "authority and body", source: "RFC 9112, section 9.3",
			bytes: lines("CONNECT gateway.test:80 HTTP/1.1", "Host: gateway.test:80") + smuggled, status: http.StatusMethodNotAllowed,
		},
	})
}
