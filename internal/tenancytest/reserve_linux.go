package tenancytest

import (
	"testing"

	"golang.org/x/sys/unix"
)

// reserve binds a port and does not listen on it, until the test ends. The
// kernel then gives the port to nobody who asks for any, while a server that asks
// for this one gets it: by SO_REUSEADDR, or by SO_REUSEPORT as Caddy does. Without
// it, two gateways could be told the same port and, since SO_REUSEPORT lets both
// listen, share each other's connections.
func reserve(t testing.TB) int {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("looking for a free port: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(socket) })
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("looking for a free port: %v", err)
	}
	// Set after binding: two that share from the start may be bound to one port.
	for _, option := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, option, 1); err != nil {
			t.Fatalf("reserving a port: %v", err)
		}
	}
	address, err := unix.Getsockname(socket)
	if err != nil {
		t.Fatalf("reserving a port: %v", err)
	}
	return address.(*unix.SockaddrInet4).Port
}
