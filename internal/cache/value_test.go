package cache_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"pgregory.net/rapid"
)

// drawMembership sets every field at random, those too that are added later.
func drawMembership(t *rapid.T) tenancy.Membership {
	m := rapid.Make[tenancy.Membership]().Draw(t, "membership")
	m.Role %= tenancy.RoleAdmin + 1
	return m
}

func TestRedisKeepsEveryField(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var want tenancy.Membership
	next := &counted{answer: func(tenancy.Key) (tenancy.Membership, error) { return want, nil }}
	writer, reader := replica(t, server.URL(), next), replica(t, server.URL(), next)
	rapid.Check(t, func(rt *rapid.T) {
		want = drawMembership(rt)
		writer.Invalidate(t.Context(), tenancy.Change{Key: want.Key})
		mustAnswer(t, writer, want.Key)
		next.calls.Store(0)
		if diff := cmp.Diff(want, mustAnswer(t, reader, want.Key)); diff != "" {
			rt.Fatalf("read back (-want +got):\n%s", diff)
		}
		if next.calls.Load() != 0 {
			rt.Fatal("the next layer was asked: the value could not be read")
		}
	})
}

func TestRedisRefusesAValueWithAnyByteChanged(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var want tenancy.Membership
	next := &counted{answer: func(tenancy.Key) (tenancy.Membership, error) { return want, nil }}
	layer := replica(t, server.URL(), next)
	rapid.Check(t, func(rt *rapid.T) {
		server.flush()
		want = drawMembership(rt)
		mustAnswer(t, layer, want.Key)
		key, ctx := server.keys("m")[0], context.Background()
		raw, err := server.admin.Get(ctx, key).Bytes()
		if err != nil {
			rt.Fatalf("reading the value: %v", err)
		}
		at := rapid.IntRange(0, len(raw)-1).Draw(rt, "at")
		raw[at] ^= rapid.ByteRange(1, 255).Draw(rt, "flip")
		if rapid.Bool().Draw(rt, "cut") {
			raw = raw[:at]
		}
		if err := server.admin.Set(ctx, key, raw, 0).Err(); err != nil {
			rt.Fatalf("spoiling the value: %v", err)
		}
		next.calls.Store(0)
		if diff := cmp.Diff(want, mustAnswer(t, layer, want.Key)); diff != "" || next.calls.Load() != 1 {
			rt.Fatalf("next layer asked %d times, want once; answer (-want +got):\n%s", next.calls.Load(), diff)
		}
	})
}
