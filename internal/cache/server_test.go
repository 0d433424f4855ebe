package cache_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// server is a Redis with a client that looks behind the layer's back.
type server struct {
	*tenancytest.RedisServer
	t     *testing.T
	admin *redis.Client
}

func startRedis(t *testing.T) *server {
	t.Helper()
	started := tenancytest.Redis(t)
	return &server{t: t, RedisServer: started, admin: adminOf(t, started.Addr())}
}

func adminOf(t *testing.T, addr string) *redis.Client {
	t.Helper()
	admin := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

// flush empties the server.
func (s *server) flush() {
	s.t.Helper()
	if err := s.admin.FlushAll(context.Background()).Err(); err != nil {
		s.t.Fatalf("flushing: %v", err)
	}
}

// save writes what the server holds to its folder; it is loaded after Restart.
func (s *server) save() {
	s.t.Helper()
	if err := s.admin.Save(context.Background()).Err(); err != nil {
		s.t.Fatalf("saving: %v", err)
	}
}

// keys returns the keys of a kind: m, u or t.
func (s *server) keys(kind string) []string {
	s.t.Helper()
	keys, err := s.admin.Keys(context.Background(), "tg2:"+kind+":*").Result()
	if err != nil {
		s.t.Fatalf("listing keys: %v", err)
	}
	return keys
}

// startSentinel starts a Sentinel that watches the server at addr as "main".
func startSentinel(t *testing.T, addr string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(addr)
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor main %s %s 1\nsentinel auth-pass main hunter2\n", host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatalf("writing the configuration: %v", err)
	}
	return launch(t, config, "--sentinel")
}

// startCluster starts a Cluster of one node that holds every slot; a command on
// keys of several slots is refused by it as by any other.
func startCluster(t *testing.T) string {
	t.Helper()
	addr := launch(t, "--cluster-enabled", "yes", "--save", "", "--dir", t.TempDir(),
		"--cluster-port", strconv.Itoa(tenancytest.FreePort(t)))
	admin := adminOf(t, addr)
	tenancytest.Eventually(t, 20*time.Second, "the node takes the slots", func() bool {
		return admin.ClusterAddSlotsRange(t.Context(), 0, 16383).Err() == nil
	})
	tenancytest.Eventually(t, 20*time.Second, "the cluster is up", func() bool {
		return strings.Contains(admin.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
	})
	return addr
}

// launch runs redis-server with these arguments, at the address it returns,
// until the test ends. tenancytest.Redis has seen to it that there is one.
func launch(t *testing.T, args ...string) string {
	t.Helper()
	var program string
	for _, name := range []string{"redis-server", "valkey-server", "redis-check-rdb"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	port := strconv.Itoa(tenancytest.FreePort(t))
	process := exec.Command(program)
	process.Args = append(append([]string{"redis-server"}, args...), "--port", port, "--bind", "127.0.0.1")
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		t.Fatalf("starting redis-server: %v", err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	return net.JoinHostPort("127.0.0.1", port)
}

func connect(t *testing.T, url string) *cache.Client {
	t.Helper()
	client, err := cache.NewClient(url)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// episodes counts the lines logged.
type episodes struct {
	slog.Handler
	lines *atomic.Int64
}

func newEpisodes() episodes { return episodes{slog.DiscardHandler, new(atomic.Int64)} }

func (e episodes) Enabled(context.Context, slog.Level) bool { return true }

func (e episodes) Handle(context.Context, slog.Record) error {
	e.lines.Add(1)
	return nil
}

// patient is a timeout that a loaded machine keeps, where a test is not about
// timeouts.
const patient = 10 * time.Second

// replica returns a Redis layer as a process of its own has it.
func replica(t *testing.T, url string, next tenancy.Memberships) *cache.Redis {
	t.Helper()
	return cache.NewRedis(next, connect(t, url), cache.RedisConfig{
		TTL: time.Minute, Timeout: patient, Log: slog.New(newEpisodes()),
	})
}
