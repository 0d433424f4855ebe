package devserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const defaultPort = 8080

// ParsePort reads API_PORT, 1 to 65535; empty means 8080.
func ParsePort(value string) (int, error) {
	if value == "" {
		return defaultPort, nil
	}
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("API_PORT is %q: want a port from 1 to 65535, such as %d", value, defaultPort)
	}
	return int(port), nil
}

// CheckPort returns an error that says who has the port, where that can be
// known, and the way out. It has to be asked before the gateway starts: Caddy
// listens with SO_REUSEPORT, and two of them would share the port in silence.
func CheckPort(ctx context.Context, port int) error {
	// The loopback addresses too: some systems let a program take them from
	// under another one that listens on all addresses.
	for _, host := range []string{"", "127.0.0.1", "::1"} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case err == nil:
			_ = listener.Close()
		case errors.Is(err, syscall.EADDRINUSE):
			return fmt.Errorf("port %d is taken%s: stop that program, or start with API_PORT=%d make run", port, takenBy(port), other(port))
		case errors.Is(err, syscall.EACCES):
			return fmt.Errorf("port %d is reserved for root: start with API_PORT=%d make run", port, defaultPort)
		case host == "":
			return fmt.Errorf("trying port %d: %w", port, err)
		}
	}
	return nil
}

// other suggests a port beside a taken one.
func other(port int) int {
	if port == 65535 {
		return defaultPort
	}
	return port + 1
}

// takenBy names the program that listens on a port, as " (by node, pid 4711)",
// or returns nothing where the system does not tell.
func takenBy(port int) string {
	sockets := listening(port)
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !sockets[target] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf(" (by %s, pid %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}

// listening returns the sockets that listen on a port, as /proc/<pid>/fd shows
// them: "socket:[inode]".
func listening(port int) map[string]bool {
	const listenState, localAddress, state, inode = "0A", 1, 3, 9 // see proc_net_tcp in the kernel's documentation
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		rows, _ := os.ReadFile(table)
		for row := range strings.Lines(string(rows)) {
			fields := strings.Fields(row)
			if len(fields) > inode && fields[state] == listenState &&
				strings.HasSuffix(fields[localAddress], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+fields[inode]+"]"] = true
			}
		}
	}
	return sockets
}
