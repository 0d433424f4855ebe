package tenancytest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// client connects without retries: a fault must show.
func client(t *testing.T, server *tenancytest.RedisServer) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries, options.ReadTimeout = -1, late
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRedisKilledAndRestarted(t *testing.T) {
	t.Parallel()
	server := tenancytest.Redis(t)
	addr := server.Addr()
	if err := client(t, server).Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := client(t, server).Ping(t.Context()).Err(); err == nil {
		t.Error("a killed Redis answers")
	}
	server.Restart()
	if got := server.Addr(); got != addr {
		t.Errorf("address after Restart: got %s, want %s", got, addr)
	}
	if n, err := client(t, server).DBSize(t.Context()).Result(); n != 0 || err != nil {
		t.Errorf("keys after Restart: got %d and %v, want none", n, err)
	}
}

func TestRedisPaused(t *testing.T) {
	t.Parallel()
	server := tenancytest.Redis(t)
	conn := dial(t, server.Addr())
	server.Pause()
	if _, err := conn.Write([]byte("ECHO hello\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := hear(conn, soon); !isTimeout(err) {
		t.Errorf("while paused: got %v, want silence", err)
	}
	server.Resume()
	if err := client(t, server).Ping(t.Context()).Err(); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}
