package tenancytest_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// The kernel has few ephemeral ports and picks at random: without reserving, some
// of these would be the same.
func TestFreePortIsKept(t *testing.T) {
	t.Parallel()
	taken := make(map[int]bool)
	for range 2000 {
		port := tenancytest.FreePort(t)
		if taken[port] {
			t.Fatalf("port %d was given twice", port)
		}
		taken[port] = true
	}
	// All of them can be listened on, by servers that do not share ports too.
	for port := range taken {
		listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Fatalf("listening on a reserved port: %v", err)
		}
		_ = listener.Close()
	}
}
