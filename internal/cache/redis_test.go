package cache_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestRedisSharesAnswersBetweenReplicas(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	first, second := admins(), admins()
	want := mustAnswer(t, replica(t, server.URL(), first), keyOf(1))
	other := replica(t, server.URL(), second)
	if diff := cmp.Diff(want, mustAnswer(t, other, keyOf(1))); diff != "" {
		t.Errorf("answer of the second replica (-first +second):\n%s", diff)
	}
	wantCalls(t, first, 1)
	wantCalls(t, second, 0)
	if diff := cmp.Diff(cache.RedisStats{Hits: 1, Breaker: "closed", Trusted: true}, other.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// trips counts what is sent to the server, a pipeline as one.
type trips struct{ sent atomic.Int64 }

func (h *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.sent.Add(1)
		return next(ctx, cmd)
	}
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.sent.Add(1)
		return next(ctx, cmds)
	}
}

func TestRedisTakesOneRoundTripToHitAndTwoToFill(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	client := connect(t, server.URL())
	layer := cache.NewRedis(admins(), client, cache.RedisConfig{TTL: time.Minute, Timeout: patient})
	mustAnswer(t, layer, keyOf(0)) // connects, and teaches the server the script
	hook := &trips{}
	client.AddHook(hook)
	for _, want := range []int64{2, 1} {
		hook.sent.Store(0)
		mustAnswer(t, layer, keyOf(1))
		if got := hook.sent.Load(); got != want {
			t.Errorf("round trips: got %d, want %d", got, want)
		}
	}
}

func TestRedisForgetsWhatChangedAndNoMore(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	for _, test := range scopes {
		t.Run(test.name, func(t *testing.T) {
			server.flush()
			next := admins()
			mustAnswer(t, replica(t, server.URL(), next), keyOf(1))
			replica(t, server.URL(), next).Invalidate(t.Context(), test.change)
			mustAnswer(t, replica(t, server.URL(), next), keyOf(1))
			want := int64(1)
			if test.forget {
				want = 2
			}
			wantCalls(t, next, want)
		})
	}
}

func TestRedisForgetsThoughTheCallerHasLeft(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	next := admins()
	layer := replica(t, server.URL(), next)
	mustAnswer(t, layer, keyOf(1))
	left, leave := context.WithCancel(t.Context())
	leave()
	layer.Invalidate(left, tenancy.Change{Key: keyOf(1)})
	mustAnswer(t, replica(t, server.URL(), next), keyOf(1))
	wantCalls(t, next, 2)
	if !layer.Stats().Trusted {
		t.Error("not trusted, though the change was delivered")
	}
}

func TestRedisSlowReadDoesNotResurrect(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	for _, test := range scopes {
		if !test.forget {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			server.flush()
			next, reading, release := slowThenRemoved()
			slow := make(chan tenancy.Membership)
			reader := replica(t, server.URL(), next)
			go func() {
				m, _ := reader.Membership(context.Background(), keyOf(1))
				slow <- m
			}()
			<-reading
			replica(t, server.URL(), next).Invalidate(t.Context(), test.change)
			close(release)
			<-slow
			if got := mustAnswer(t, replica(t, server.URL(), next), keyOf(1)); got.Role != tenancy.RoleNone {
				t.Errorf("role after the old read has ended: got %v, want none", got.Role)
			}
		})
	}
}

func TestRedisNeverAnswersFromBeforeAnInvalidation(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	tr := &truth{}
	one, two := replica(t, server.URL(), tr), replica(t, server.URL(), tr)
	tr.check(t, []tenancy.Memberships{one, two}, func(changes ...tenancy.Change) {
		one.Invalidate(context.Background(), changes...)
	}, 200)
	if stats := two.Stats(); stats.Hits == 0 {
		t.Errorf("the check saw no hit: %+v", stats)
	}
}

func TestRedisLeavesNothingForever(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	next := &counted{answer: func(key tenancy.Key) (tenancy.Membership, error) {
		if key == keyOf(2) {
			return tenancy.Membership{Key: key}, nil
		}
		return admin(key), nil
	}}
	layer := replica(t, server.URL(), next)
	longest := func() (longest time.Duration) {
		for _, key := range server.keys("m") {
			longest = max(longest, server.admin.PTTL(t.Context(), key).Val())
		}
		return longest
	}
	mustAnswer(t, layer, keyOf(2))
	if got := longest(); got > 2*time.Second {
		t.Errorf("life of a negative answer: got %v, want 2s at most", got)
	}
	mustAnswer(t, layer, keyOf(1))
	if got := longest(); got > time.Minute || got < 50*time.Second {
		t.Errorf("life of a value: got %v, want a minute less a tenth at most", got)
	}
	for _, key := range append(append(server.keys("m"), server.keys("u")...), server.keys("t")...) {
		if left := server.admin.PTTL(t.Context(), key).Val(); left <= 0 {
			t.Errorf("key %s never expires", key)
		}
	}
}

func TestRedisTurnsFromGarbage(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	client := server.admin
	for _, test := range []struct {
		name  string
		spoil func(ctx context.Context, key, good string) error
	}{
		{"another member's value", func(ctx context.Context, key, _ string) error {
			mustAnswer(t, replica(t, server.URL(), admins()), keyOf(2))
			other := slices.DeleteFunc(server.keys("m"), func(k string) bool { return k == key })[0]
			return client.Rename(ctx, other, key).Err()
		}},
		{"cut", func(ctx context.Context, key, good string) error {
			return client.Set(ctx, key, good[:len(good)-1], 0).Err()
		}},
		{"empty", func(ctx context.Context, key, _ string) error { return client.Set(ctx, key, "", 0).Err() }},
		{"longer", func(ctx context.Context, key, good string) error {
			return client.Set(ctx, key, good+"x", 0).Err()
		}},
		{"another version", func(ctx context.Context, key, good string) error {
			return client.Set(ctx, key, "W"+good[1:], 0).Err()
		}},
		{"a higher role", func(ctx context.Context, key, good string) error {
			return client.SetRange(ctx, key, 65, "\x03").Err()
		}},
		{"huge", func(ctx context.Context, key, _ string) error {
			return client.Set(ctx, key, strings.Repeat("X", 1<<20), 0).Err()
		}},
		{"a list in the value's place", func(ctx context.Context, key, _ string) error {
			client.Del(ctx, key)
			return client.LPush(ctx, key, "x").Err()
		}},
		{"a list in the mark's place", func(ctx context.Context, key, _ string) error {
			mark := server.keys("u")[0]
			client.Del(ctx, mark)
			return client.LPush(ctx, mark, "x").Err()
		}},
		{"a strange mark", func(ctx context.Context, _, _ string) error {
			return client.Set(ctx, server.keys("t")[0], "x", 0).Err()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server.flush()
			ctx := t.Context()
			viewer := func(key tenancy.Key) (tenancy.Membership, error) {
				m := admin(key)
				m.Role = tenancy.RoleViewer
				return m, nil
			}
			mustAnswer(t, replica(t, server.URL(), &counted{answer: viewer}), keyOf(1))
			key := server.keys("m")[0]
			if err := test.spoil(ctx, key, client.Get(ctx, key).Val()); err != nil {
				t.Fatalf("spoiling: %v", err)
			}
			next := &counted{answer: viewer}
			layer := replica(t, server.URL(), next)
			if got := mustAnswer(t, layer, keyOf(1)); got.Role != tenancy.RoleViewer || got.Key != keyOf(1) {
				t.Errorf("got %v, want the viewer's membership", got)
			}
			wantCalls(t, next, 1)
			if stats := layer.Stats(); stats.Garbled == 0 || stats.Faults > 0 {
				t.Errorf("stats: got %+v, want it counted as garbled and not as a fault", stats)
			}
			// What was of no use is gone: at most one more look-up, then Redis answers.
			mustAnswer(t, layer, keyOf(1))
			mustAnswer(t, layer, keyOf(1))
			if got := layer.Stats().Hits; got == 0 {
				t.Errorf("hits afterwards: got none, want the value replaced")
			}
		})
	}
}

// TestRedisTopologies runs the same on each kind of deployment.
func TestRedisTopologies(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	if err := server.admin.ConfigSet(t.Context(), "requirepass", "hunter2").Err(); err != nil {
		t.Fatalf("setting a password: %v", err)
	}
	for name, url := range map[string]string{
		"one server": "redis://:hunter2@" + server.Addr() + "/1",
		"sentinel":   "redis+sentinel://" + startSentinel(t, server.Addr()) + "/2?master_name=main&password=hunter2",
		"cluster":    "redis+cluster://" + startCluster(t),
	} {
		t.Run(name, func(t *testing.T) {
			next := admins()
			layer := cache.NewRedis(next, connect(t, url), cache.RedisConfig{
				TTL: time.Minute, Timeout: patient, Log: slog.New(newEpisodes()),
			})
			tenancytest.Eventually(t, 20*time.Second, "the topology is known", func() bool {
				mustAnswer(t, layer, keyOf(1))
				return layer.Stats().Hits > 0
			})
			for _, scope := range scopes {
				next.calls.Store(0)
				mustAnswer(t, layer, keyOf(1))
				layer.Invalidate(t.Context(), scope.change)
				mustAnswer(t, layer, keyOf(1))
				want := int64(0)
				if scope.forget {
					want = 1
				}
				if got := next.calls.Load(); got != want {
					t.Errorf("%s: next layer was asked %d times, want %d", scope.name, got, want)
				}
			}
		})
	}
}
