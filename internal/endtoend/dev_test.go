package endtoend_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// dev is a running `tenantgate dev`.
type dev struct {
	command *exec.Cmd
	mu      sync.Mutex
	said    bytes.Buffer
}

// Write keeps what it says.
func (d *dev) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.Write(p)
}

func (d *dev) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.String()
}

func startDev(t *testing.T, dir string, port int) *dev {
	t.Helper()
	d := new(dev)
	d.command = exec.Command(gatewaytest.Binary(t), "dev", "--config", filepath.Join(gatewaytest.Root(t), "Caddyfile"))
	d.command.Env = append(os.Environ(), "TENANTGATE_DEV_DIR="+dir, "API_PORT="+strconv.Itoa(port),
		"DATABASE_URL=", "REDIS_URL=", "JWT_SECRET=", "UPSTREAM_URL=", "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	d.command.Stdout, d.command.Stderr = d, d
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.command.Process.Kill() }) // for when the test has failed; ended long ago otherwise
	return d
}

func TestDevRunsTheWalkthrough(t *testing.T) {
	t.Parallel()
	dir, port := filepath.Join(t.TempDir(), "data"), tenancytest.FreePort(t)
	for _, round := range []string{"first start", "second start"} {
		began := time.Now()
		d := startDev(t, dir, port)
		tenancytest.Eventually(t, 60*time.Second, round+" is ready", func() bool { return strings.Contains(d.text(), "Ctrl-C stops everything.") })
		t.Logf("%s took %v", round, time.Since(began).Round(time.Millisecond))
		walk(t, "http://localhost:"+strconv.Itoa(port))

		if err := d.command.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := d.command.Wait(); err != nil {
			t.Errorf("%s: after Ctrl-C: %v\n%s", round, err, d.text())
		}
		if left := mentioning(t, dir); len(left) != 0 {
			t.Errorf("%s: processes left: %q", round, left)
		}
	}
}

// walk runs the commands of the walkthrough in one shell, as people paste them.
func walk(t *testing.T, base string) {
	t.Helper()
	const mark = "=== end of step ==="
	steps := devserver.Walkthrough(base)
	var script strings.Builder
	for _, step := range steps {
		script.WriteString(step.Command + "\necho; echo '" + mark + "'\n")
	}
	shell := exec.Command("sh")
	shell.Stdin = strings.NewReader(script.String())
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	outputs := strings.Split(string(output), mark)
	for i, step := range steps {
		if !strings.Contains(outputs[i], step.Want) || step.Never != "" && strings.Contains(outputs[i], step.Never) {
			t.Errorf("%s: got\n%s\nwant %q, and never %q", step.Title, outputs[i], step.Want, step.Never)
		}
	}
}

// mentioning returns the command lines of all processes that name the folder.
func mentioning(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range files {
		if line, err := os.ReadFile(file); err == nil && bytes.Contains(line, []byte(folder)) {
			lines = append(lines, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return lines
}

func TestDevSaysThatThePortIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d := startDev(t, filepath.Join(t.TempDir(), "data"), taken.Addr().(*net.TCPAddr).Port)
	if err := d.command.Wait(); err == nil {
		t.Error("it ended with success")
	}
	if !strings.Contains(d.text(), "API_PORT") {
		t.Errorf("got\n%s\nwant API_PORT as the way out", d.text())
	}
}
