package cache_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// directory is a next layer that counts its calls and answers with tenant.
type directory struct {
	calls  atomic.Int64
	tenant tenancy.TenantID
	err    error
}

func (d *directory) TenantNamed(context.Context, tenancy.Name) (tenancy.TenantID, error) {
	d.calls.Add(1)
	return d.tenant, d.err
}

func (d *directory) CurrentTenant(context.Context, tenancy.UserID) (tenancy.TenantID, error) {
	d.calls.Add(1)
	return d.tenant, d.err
}

// identities is a next layer that counts its calls and answers with user.
type identities struct {
	calls atomic.Int64
	user  tenancy.UserID
}

func (i *identities) UserOf(context.Context, tenancy.Identity) (tenancy.UserID, error) {
	i.calls.Add(1)
	return i.user, nil
}

var (
	slug   = tenancy.Name{Kind: tenancy.BySlug, Value: "acme"}
	domain = tenancy.Name{Kind: tenancy.ByDomain, Value: "acme"}
	user   = keyOf(1).User
	tenant = keyOf(1).Tenant
)

func TestDirectoryForgetsWhatChangedAndNoMore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		change      tenancy.Change
		names, user int64 // calls in all, after one look-up before and one after
	}{
		{"the name", tenancy.Change{Names: []tenancy.Name{domain, slug}}, 2, 1},
		{"the same word as another kind", tenancy.Change{Names: []tenancy.Name{domain}}, 1, 1},
		{"the user", tenancy.Change{Key: tenancy.Key{User: user}}, 1, 2},
		{"the user in some tenant", tenancy.Change{Key: tenancy.Key{User: user, Tenant: keyOf(5).Tenant}}, 1, 2},
		{"everybody in the default", tenancy.Change{Key: tenancy.Key{Tenant: tenant}}, 1, 2},
		{"another user", tenancy.Change{Key: tenancy.Key{User: keyOf(2).User}}, 1, 1},
		{"another tenant", tenancy.Change{Key: tenancy.Key{Tenant: keyOf(2).Tenant}}, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			next := &directory{tenant: tenant}
			cached := cache.NewDirectory(next, cache.Config{Entries: 10, Freshness: time.Hour})
			both := func(look func() (tenancy.TenantID, error)) int64 {
				next.calls.Store(0)
				for range 2 {
					if got, err := look(); err != nil || got != tenant {
						t.Errorf("got %v, %v, want %v", got, err, tenant)
					}
					cached.Invalidate(t.Context(), test.change)
				}
				return next.calls.Load()
			}
			if got := both(func() (tenancy.TenantID, error) { return cached.TenantNamed(t.Context(), slug) }); got != test.names {
				t.Errorf("look-ups of the name: got %d, want %d", got, test.names)
			}
			if got := both(func() (tenancy.TenantID, error) { return cached.CurrentTenant(t.Context(), user) }); got != test.user {
				t.Errorf("look-ups of the default: got %d, want %d", got, test.user)
			}
		})
	}
}

func TestDirectoryBelievesNothingBrieflyAndErrorsNever(t *testing.T) {
	t.Parallel()
	clock := newClock()
	next := &directory{err: tenancy.ErrUnavailable}
	cached := cache.NewDirectory(next, cache.Config{Entries: 10, Freshness: time.Hour, Now: clock.Now, Random: never})
	if _, err := cached.TenantNamed(t.Context(), slug); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	next.err = nil
	for _, test := range []struct {
		tenant, want tenancy.TenantID
		advance      time.Duration
	}{
		{want: tenancy.TenantID{}},
		{tenant: tenant, want: tenancy.TenantID{}, advance: time.Second},
		{tenant: tenant, want: tenant, advance: time.Second},
		{want: tenant, advance: time.Minute},
	} {
		clock.advance(test.advance)
		next.tenant = test.tenant
		if got, err := cached.TenantNamed(t.Context(), slug); err != nil || got != test.want {
			t.Errorf("tenant: got %v, %v, want %v", got, err, test.want)
		}
	}
}

func TestDirectorySlowReadDoesNotResurrect(t *testing.T) {
	t.Parallel()
	next := &directory{tenant: tenant}
	var cached *cache.Directory
	during := hooked{directory: next, read: func() {
		cached.Invalidate(t.Context(), tenancy.Change{Key: tenancy.Key{User: user}, Names: []tenancy.Name{slug}})
	}}
	cached = cache.NewDirectory(during, cache.Config{Entries: 10, Freshness: time.Hour})
	for range 2 {
		_, _ = cached.TenantNamed(t.Context(), slug)
		_, _ = cached.CurrentTenant(t.Context(), user)
	}
	if got := next.calls.Load(); got != 4 {
		t.Errorf("look-ups: got %d, want 4: what changes while it is read is not kept", got)
	}
}

// hooked is a directory where something happens after each read.
type hooked struct {
	*directory
	read func()
}

func (h hooked) TenantNamed(ctx context.Context, name tenancy.Name) (tenancy.TenantID, error) {
	defer h.read()
	return h.directory.TenantNamed(ctx, name)
}

func (h hooked) CurrentTenant(ctx context.Context, user tenancy.UserID) (tenancy.TenantID, error) {
	defer h.read()
	return h.directory.CurrentTenant(ctx, user)
}

func TestIdentitiesForget(t *testing.T) {
	t.Parallel()
	ada := tenancy.Identity{Issuer: "https://id.example", Subject: "ada", Email: "ada@example.com"}
	verified := ada
	verified.EmailVerified = true
	long := ada
	long.Name = string(make([]byte, 2000))
	elsewhere := tenancy.Change{Key: tenancy.Key{Tenant: tenant}}
	for _, test := range []struct {
		name          string
		known         tenancy.UserID
		first, second tenancy.Identity
		change        tenancy.Change
		want          int64
	}{
		{"known", user, ada, ada, elsewhere, 1},
		{"known, anything may have changed", user, ada, ada, tenancy.Change{}, 2},
		{"known, the user changed", user, ada, ada, tenancy.Change{Key: tenancy.Key{User: user}}, 2},
		{"known, another user changed", user, ada, ada, tenancy.Change{Key: tenancy.Key{User: keyOf(2).User}}, 1},
		{"known, a tenant changed", user, ada, ada, tenancy.Change{Key: tenancy.Key{Tenant: tenant}}, 1},
		{"unknown", tenancy.UserID{}, ada, ada, elsewhere, 1},
		{"unknown, some user changed", tenancy.UserID{}, ada, ada, tenancy.Change{Key: tenancy.Key{User: user}}, 2},
		{"unknown, verified since", tenancy.UserID{}, ada, verified, elsewhere, 2},
		{"too long to keep", user, long, long, elsewhere, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			next := &identities{user: test.known}
			cached := cache.NewIdentities(next, cache.Config{Entries: 10, Freshness: time.Hour})
			for _, identity := range []tenancy.Identity{test.first, test.second} {
				if got, err := cached.UserOf(t.Context(), identity); err != nil || got != test.known {
					t.Errorf("got %v, %v, want %v", got, err, test.known)
				}
				cached.Invalidate(t.Context(), test.change)
			}
			if got := next.calls.Load(); got != test.want {
				t.Errorf("look-ups: got %d, want %d", got, test.want)
			}
		})
	}
}
