package cache_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// removable is a next layer with one admin, who can be removed.
func removable() (next *counted, remove func()) {
	removed := false
	return &counted{answer: func(key tenancy.Key) (tenancy.Membership, error) {
		if removed {
			return tenancy.Membership{Key: key}, nil
		}
		return admin(key), nil
	}}, func() { removed = true }
}

func wantRole(t *testing.T, layer tenancy.Memberships, want tenancy.Role) {
	t.Helper()
	if got := mustAnswer(t, layer, keyOf(1)); got.Role != want {
		t.Errorf("role: got %v, want %v", got.Role, want)
	}
}

func TestRedisAwayCostsNothingOnceKnown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		away, back func(*server)
	}{
		{"killed", func(s *server) { s.Kill() }, func(s *server) { s.Restart() }},
		{"paused", func(s *server) { s.Pause() }, func(s *server) { s.Resume() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			log := newEpisodes()
			next := admins()
			layer := cache.NewRedis(next, connect(t, server.URL()), cache.RedisConfig{TTL: time.Minute, Log: slog.New(log)})
			mustAnswer(t, layer, keyOf(1))
			test.away(server)
			for range 2 {
				quickest := time.Hour // a busy machine makes some take longer
				tenancytest.Eventually(t, 20*time.Second, "the breaker opens", func() bool {
					began := time.Now()
					mustAnswer(t, layer, keyOf(1))
					quickest = min(quickest, time.Since(began))
					return layer.Stats().Breaker == "open"
				})
				if quickest > time.Second {
					t.Errorf("a look-up took %v, want about 50 ms at most", quickest)
				}
				// Once more after the breaker has let one try, which fails.
				tenancytest.Eventually(t, 20*time.Second, "the breaker tries", func() bool { return layer.Stats().Breaker == "half-open" })
			}
			// It may be time for another try meanwhile, but not always.
			tenancytest.Eventually(t, 20*time.Second, "the breaker is open, and a look-up costs no fault", func() bool {
				before := layer.Stats()
				mustAnswer(t, layer, keyOf(1))
				after := layer.Stats()
				return after.Faults == before.Faults && after.Skipped > before.Skipped && after.Breaker == "open"
			})
			if got := log.lines.Load(); got != 1 {
				t.Errorf("lines logged while away: got %d, want 1", got)
			}

			test.back(server)
			tenancytest.Eventually(t, 20*time.Second, "redis answers again", func() bool {
				before := layer.Stats().Hits
				mustAnswer(t, layer, keyOf(1))
				return layer.Stats().Hits > before
			})
			if got := log.lines.Load(); got != 2 {
				t.Errorf("lines logged when back: got %d, want 2", got)
			}
		})
	}
}

func TestRedisThatCannotBeToldIsNotAsked(t *testing.T) {
	t.Parallel()
	for _, scope := range scopes {
		if !scope.forget {
			continue
		}
		t.Run(scope.name, func(t *testing.T) {
			t.Parallel()
			server, clock := startRedis(t), newClock()
			next, remove := removable()
			layer := cache.NewRedis(next, connect(t, server.URL()), cache.RedisConfig{
				TTL: time.Minute, Now: clock.Now, Log: slog.New(newEpisodes()),
			})
			wantRole(t, layer, tenancy.RoleAdmin)

			// Paused, it keeps both its data and its connections.
			server.Pause()
			remove()
			layer.Invalidate(t.Context(), scope.change)
			if layer.Stats().Trusted {
				t.Error("trusted after an invalidation that was not delivered")
			}
			server.Resume()
			wantRole(t, layer, tenancy.RoleNone)

			// It is asked again when all that it may have held has expired.
			clock.advance(time.Minute)
			if layer.Stats().Trusted {
				t.Error("trusted before the last value under way can have expired")
			}
			clock.advance(time.Minute)
			if !layer.Stats().Trusted {
				t.Error("not trusted after everything has expired")
			}
		})
	}
}

func TestRedisRestartedWithOldDataIsNotAsked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// invalidated before the crash, and confirmed, or while Redis is away
		delivered bool
	}{{"after a lost confirmation", true}, {"after an undelivered change", false}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			next, remove := removable()
			layer, bystander := replica(t, server.URL(), next), replica(t, server.URL(), next)
			for _, replica := range []tenancy.Memberships{layer, bystander} {
				wantRole(t, replica, tenancy.RoleAdmin)
			}
			server.save()
			remove()
			change := tenancy.Change{Key: keyOf(1)}
			if test.delivered {
				layer.Invalidate(t.Context(), change)
				wantRole(t, bystander, tenancy.RoleNone)
				server.Kill()
			} else {
				server.Kill()
				layer.Invalidate(t.Context(), change)
			}
			server.Restart()
			if len(server.keys("m")) != 1 {
				t.Fatal("the server came back without its old data: nothing is tested")
			}
			for range 20 {
				wantRole(t, layer, tenancy.RoleNone)
				wantRole(t, bystander, tenancy.RoleNone)
				wantRole(t, replica(t, server.URL(), next), tenancy.RoleNone) // a process that has just started
			}
			tenancytest.Eventually(t, 20*time.Second, "the old server's connections are replaced", func() bool {
				wantRole(t, bystander, tenancy.RoleNone)
				return !bystander.Stats().Trusted
			})
		})
	}
}

func TestRedisPromotedReplicaIsNotAsked(t *testing.T) {
	t.Parallel()
	server, other := startRedis(t), startRedis(t)
	tenancytest.Eventually(t, 20*time.Second, "the replica has been up for longer than short-lived values live", func() bool {
		uptime := other.admin.InfoMap(t.Context(), "server").Item("Server", "uptime_in_seconds")
		seconds, _ := strconv.Atoi(uptime)
		return seconds >= 5
	})
	next, remove := removable()
	proxy := newProxy(t, server.Addr())
	layer := replica(t, "redis://"+proxy.addr(), next)
	host, port := split(t, server.Addr())
	server.admin.ConfigSet(t.Context(), "repl-diskless-sync-delay", "0")
	if err := other.admin.ReplicaOf(t.Context(), host, port).Err(); err != nil {
		t.Fatalf("making a replica: %v", err)
	}
	wantRole(t, layer, tenancy.RoleAdmin)
	tenancytest.Eventually(t, 20*time.Second, "the value is replicated", func() bool { return len(other.keys("m")) == 1 })

	// The replica is cut off and promoted before the deletion reaches it.
	other.admin.ReplicaOf(t.Context(), "no", "one")
	remove()
	layer.Invalidate(t.Context(), tenancy.Change{Key: keyOf(1)})
	proxy.turnTo(other.Addr())
	for range 20 {
		wantRole(t, layer, tenancy.RoleNone)
		wantRole(t, replica(t, "redis://"+proxy.addr(), next), tenancy.RoleNone)
	}
	if layer.Stats().Trusted {
		t.Error("trusted after another server took over with its data")
	}
	newcomer := cache.NewRedis(next, connect(t, "redis://"+proxy.addr()), cache.RedisConfig{
		TTL: time.Second, Timeout: patient, Log: slog.New(newEpisodes()),
	})
	wantRole(t, newcomer, tenancy.RoleNone)
	if newcomer.Stats().Trusted {
		t.Error("trusted by a process that meets the promoted server first")
	}
}

func TestRedisFlushedUnderTraffic(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	tr := &truth{}
	one, two := replica(t, server.URL(), tr), replica(t, server.URL(), tr)
	tr.check(t, []tenancy.Memberships{one, two}, func(changes ...tenancy.Change) {
		one.Invalidate(context.Background(), changes...)
		server.flush()
	}, 50)
}

func TestRedisCrashesUnderTraffic(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	tr := &truth{}
	// All change and read through one replica: of what could not be delivered,
	// others know nothing before there is a feed.
	layer := replica(t, server.URL(), tr)
	local := cache.NewLocal(layer, cache.Config{Entries: 100, Freshness: time.Hour})
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		tr.check(t, []tenancy.Memberships{layer, local}, func(changes ...tenancy.Change) {
			local.Invalidate(context.Background(), changes...)
		}, 200)
	}()
	for range 3 {
		server.save()
		server.Restart()
	}
	<-checked
}
