//go:build !linux

package tenancytest

import (
	"net"
	"testing"
)

// reserve finds a port, and can keep nobody from it.
func reserve(t testing.TB) int {
	t.Helper()
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
