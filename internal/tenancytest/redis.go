package tenancytest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
	"github.com/tenantgate/tenantgate/internal/pgserver/debian"
)

// patience is how long a server may take to come or to go.
const patience = 15 * time.Second

// RedisServer is a real redis-server for one test. It keeps nothing on disk:
// after Restart it is empty.
type RedisServer struct {
	t       testing.TB
	dir     string
	port    int
	process *child.Process
}

// Redis starts a Redis for this test alone; it ends with the test.
func Redis(t testing.TB) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, dir: t.TempDir(), port: FreePort(t)}
	s.start()
	t.Cleanup(s.Kill)
	return s
}

// Addr returns host and port; they outlast Kill and Restart.
func (s *RedisServer) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the same in the form of REDIS_URL.
func (s *RedisServer) URL() string { return "redis://" + s.Addr() + "/0" }

// Kill ends the server at once, as a crash does: its port refuses connections.
func (s *RedisServer) Kill() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	select {
	case <-s.process.Ended():
	case <-time.After(patience):
		s.t.Errorf("Redis (pid %d) does not end", s.process.Pid())
	}
}

// Restart starts the server again at the same address, empty, having killed it
// where it still runs.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.Kill()
	s.start()
}

// Pause stops the server from answering; connections stay open and new ones are
// accepted by the kernel, as when a machine hangs.
func (s *RedisServer) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
}

// Resume ends a Pause: what was sent meanwhile is answered.
func (s *RedisServer) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

// Flush empties the server, as an operator would.
func (s *RedisServer) Flush() { s.command("FLUSHALL") }

// Garble puts what no gateway has written under every key.
func (s *RedisServer) Garble() {
	s.command(`EVAL "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('SET', key, 'garbage', 'PX', 60000) end" 0`)
}

// command has the server do something, in RESP's inline form.
func (s *RedisServer) command(line string) {
	s.t.Helper()
	answer, err := tell(s.t.Context(), s.Addr(), line)
	if err != nil || strings.HasPrefix(answer, "-") {
		s.t.Errorf("telling Redis %q: %q, %v", line, answer, err)
	}
}

func (s *RedisServer) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.process.Signal(sig); err != nil && !errors.Is(err, child.ErrGone) {
		s.t.Errorf("sending %v to Redis: %v", sig, err)
	}
}

func (s *RedisServer) start() {
	s.t.Helper()
	program, err := redisProgram()
	if err != nil {
		s.t.Fatalf("looking for redis-server: %v", err)
	}
	// The name it is called by makes the program a server: see redisProgram.
	cmd := &exec.Cmd{Path: program, Dir: s.dir, Args: []string{
		"redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--save", "", "--appendonly", "no",
		"--dir", s.dir, "--logfile", filepath.Join(s.dir, "log"), "--daemonize", "no",
	}}
	if s.process, err = child.Start(cmd, syscall.SIGKILL); err != nil {
		s.t.Fatalf("starting Redis: %v", err)
	}
	if err := s.awaitReady(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.t.Fatalf("starting Redis: %v\n%s", err, log)
	}
}

func (s *RedisServer) awaitReady() error {
	deadline := time.After(patience)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		err := ping(s.t.Context(), s.Addr())
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Ended():
			return fmt.Errorf("it ended: %w", s.process.Err())
		case <-deadline:
			return err
		case <-poll.C:
		}
	}
}

// ping asks a server for a PONG.
func ping(ctx context.Context, addr string) error {
	answer, err := tell(ctx, addr, "PING")
	if err == nil && answer != "+PONG\r\n" {
		err = fmt.Errorf("it answered %q", answer)
	}
	return err
}

// tell sends a line in RESP's inline form, and returns the first of the answer.
func tell(ctx context.Context, addr, line string) (answer string, err error) {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte(line + "\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

// redisProgram finds redis-server, or Valkey's, and installs it where it is
// missing. Debian's redis-server is redis-check-rdb under another name; the
// package of that name would start a server for the whole machine, and
// redis-tools, which has the file, does not.
var redisProgram = sync.OnceValues(func() (string, error) {
	look := func() (string, error) {
		for _, name := range []string{"redis-server", "valkey-server", "redis-check-rdb"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
		return "", errors.New("there is none: install redis-server (macOS: brew install redis)")
	}
	path, err := look()
	if err == nil {
		return path, nil
	}
	if cannot := debian.Usable(context.Background()); cannot != nil {
		return "", fmt.Errorf("%w\n%w", err, cannot)
	}
	fmt.Fprintln(os.Stderr, "installing redis-tools with apt-get")
	if failed := debian.Install(context.Background(), "redis-tools"); failed != nil {
		return "", fmt.Errorf("%w\n%w", err, failed)
	}
	return look()
})
