package gatewaytest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Output is what a command left behind.
type Output struct {
	Stdout, Stderr string
	Code           int // 0: success
}

// Command runs the built binary to its end, with input on its standard input
// and more environment, "NAME=value".
func Command(t testing.TB, input string, env []string, args ...string) Output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), Binary(t), args...)
	command.Env = append(os.Environ(), env...)
	command.Dir = t.TempDir()
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &stdout, &stderr
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("running tenantgate %s: %v", strings.Join(args, " "), err)
	}
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: command.ProcessState.ExitCode()}
}

// Reload has the gateway take over a Caddyfile, as an operator would, in the
// environment that the gateway was started in. It returns when connections come to
// the new configuration alone: what waits in the queue of the old one's socket when
// that closes is lost (docs/operations.md).
func (g *Gateway) Reload(t testing.TB, caddyfile string) Output {
	t.Helper()
	if err := os.WriteFile(g.File, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without --force, what has not changed is not loaded again.
	output := Command(t, "", g.Env, "reload", "--force", "--config", g.File, "--address", g.Admin)
	tenancytest.Eventually(t, 20*time.Second, "the socket of the configuration before is closed", func() bool { return listeners(t, g.Addr) <= 1 })
	return output
}

// listeners counts the sockets that listen on the port of an address, as Linux
// tells (proc(5), /proc/net/tcp); elsewhere they do not share ports, and it is 0.
func listeners(t testing.TB, addr string) (count int) {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	const listening = "0A"
	local := fmt.Sprintf(":%04X", number)
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			if field := strings.Fields(line); len(field) > 3 && strings.HasSuffix(field[1], local) && field[3] == listening {
				count++
			}
		}
	}
	return count
}
