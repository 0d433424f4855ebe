// Package gatewaytest runs the built gateway for tests: the real binary with the
// shipped Caddyfile, real servers around it, and an upstream that records raw
// bytes. Only tests import it.
package gatewaytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Secret is the JWT_SECRET of every gateway that is started here.
const Secret = "a secret of the tests, long enough for HS256"

// Options are what a test wants other than the ordinary.
type Options struct {
	// DatabaseURL is required.
	DatabaseURL string
	// RedisURL is empty for no Redis.
	RedisURL string
	// UpstreamURL is required.
	UpstreamURL string
	// Caddyfile replaces the shipped one. It must listen on {$API_PORT}.
	Caddyfile string
	// Env is more environment, "NAME=value".
	Env []string
}

// Gateway is a running one.
type Gateway struct {
	URL   string   // "http://127.0.0.1:port"
	Addr  string   // "127.0.0.1:port"
	Admin string   // Caddy's admin endpoint, "127.0.0.1:port"
	File  string   // its Caddyfile, for a reload
	Env   []string // its environment besides the test's, for a reload

	command *exec.Cmd
	ended   chan error
	log     *log
}

// shownLog is how many bytes of its log a failed test shows: a gateway that
// answered thousands of requests has a line for each.
const shownLog = 16 << 10

// Start runs `tenantgate run` and returns when it is ready. It ends with the
// test, which fails where it does not end cleanly.
func Start(t testing.TB, options Options) *Gateway {
	t.Helper()
	g := launch(t, options)
	deadline := time.Now().Add(20 * time.Second)
	for !g.ready(t.Context()) {
		select {
		case err := <-g.ended:
			t.Fatalf("the gateway ended as it started: %v\n%s", err, g.Log())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the gateway is not ready after 20 s\n%s", g.Log())
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			text := g.Log()
			t.Logf("end of the gateway's log:\n%s", text[max(0, len(text)-shownLog):])
		}
		if err := g.Stop(); err != nil {
			t.Errorf("stopping the gateway: %v", err)
		}
	})
	return g
}

// StartFailing runs `tenantgate run` where it must refuse to start, and returns
// what it said.
func StartFailing(t testing.TB, options Options) string {
	t.Helper()
	g := launch(t, options)
	select {
	case err := <-g.ended:
		if err == nil {
			t.Errorf("the gateway ended with success, want a failure\n%s", g.Log())
		}
	case <-time.After(30 * time.Second):
		_ = g.command.Process.Kill()
		t.Errorf("the gateway runs, want it to refuse")
	}
	return g.Log()
}

func launch(t testing.TB, options Options) *Gateway {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Caddyfile")
	text := []byte(options.Caddyfile)
	if options.Caddyfile == "" {
		text = Shipped(t)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	port, admin := tenancytest.FreePort(t), tenancytest.FreePort(t)
	g := &Gateway{
		Addr:  "127.0.0.1:" + strconv.Itoa(port),
		Admin: "127.0.0.1:" + strconv.Itoa(admin),
		File:  file,
		ended: make(chan error, 1),
		log:   new(log),
	}
	g.URL = "http://" + g.Addr
	g.command = exec.Command(Binary(t), "run", "--config", file)
	g.Env = append([]string{
		"DATABASE_URL=" + options.DatabaseURL, "REDIS_URL=" + options.RedisURL, "UPSTREAM_URL=" + options.UpstreamURL,
		"JWT_SECRET=" + Secret, "API_PORT=" + strconv.Itoa(port), "CADDY_ADMIN=" + g.Admin, "CORS_ORIGINS=",
		"API_BIND=127.0.0.1",
		"XDG_DATA_HOME=" + t.TempDir(), "XDG_CONFIG_HOME=" + t.TempDir(),
	}, options.Env...)
	g.command.Env = append(os.Environ(), g.Env...)
	g.command.Stdout, g.command.Stderr = g.log, g.log
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that forked ends, not the process.
		runtime.LockOSThread()
		g.command.SysProcAttr = dieWithParent()
		started <- g.command.Start()
		g.ended <- g.command.Wait()
	}()
	if err := <-started; err != nil {
		t.Fatalf("starting the gateway: %v", err)
	}
	return g
}

func (g *Gateway) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends the gateway as an operator would, and waits for it.
func (g *Gateway) Stop() error {
	if err := g.command.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	select {
	case err := <-g.ended:
		return err
	case <-time.After(30 * time.Second):
		_ = g.command.Process.Kill()
		return errors.New("still running 30 s after SIGTERM")
	}
}

// Signal sends the gateway a signal: SIGSTOP and SIGCONT make it a paused one.
func (g *Gateway) Signal(signal syscall.Signal) error { return g.command.Process.Signal(signal) }

// PID returns the id of the gateway's process.
func (g *Gateway) PID() int { return g.command.Process.Pid }

// Log returns what the gateway has written so far.
func (g *Gateway) Log() string { return g.log.String() }

// Raw sends bytes on a connection of their own, and returns all that comes back
// until the gateway closes it or nothing has come for the time given.
func (g *Gateway) Raw(t testing.TB, request string, quiet time.Duration) string {
	t.Helper()
	conn, err := net.Dial("tcp", g.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatalf("sending: %v", err)
	}
	var answer bytes.Buffer
	buffer := make([]byte, 4096)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buffer)
		answer.Write(buffer[:n])
		if err != nil {
			return answer.String()
		}
	}
}

// log is written by the gateway and read by the test.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Shipped returns the Caddyfile of the project.
func Shipped(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Root returns the folder of the project.
func Root(t testing.TB) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

var findRoot = sync.OnceValues(func() (string, error) {
	output, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("finding the project: %w", err)
	}
	return filepath.Dir(string(bytes.TrimSpace(output))), nil
})

// Binary returns the path of the gateway, built from this tree once a process.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// build uses the flags and the place of `make build`, so that test processes
// share one build and the linker runs only where something has changed. They
// take turns: none must run what another is still writing.
var build = sync.OnceValues(func() (string, error) {
	root, err := findRoot()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", fmt.Errorf("building the gateway: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(bin, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("building the gateway: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("waiting for another build: %w", err)
	}
	path := filepath.Join(bin, "tenantgate")
	arguments := []string{"build", "-trimpath", "-o", path}
	if _, err := os.Stat(filepath.Join(root, "frontend", "out", "index.html")); err == nil {
		arguments = append(arguments, "-tags", "console")
	}
	command := exec.Command("go", append(arguments, "./cmd/tenantgate")...)
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	return path, nil
})
