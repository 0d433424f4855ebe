package gatewaytest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
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
// environment that the gateway was started in.
func (g *Gateway) Reload(t testing.TB, caddyfile string) Output {
	t.Helper()
	if err := os.WriteFile(g.File, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without --force, what has not changed is not loaded again.
	return Command(t, "", g.Env, "reload", "--force", "--config", g.File, "--address", g.Admin)
}
