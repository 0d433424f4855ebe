package stream

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// atOnce bounds the look-ups of a change that concerns many: the database has
	// requests to answer too.
	atOnce = 8
	// pause is between attempts at what could not be looked up.
	pause = 50 * time.Millisecond
)

// checks are the memberships to look up again, each with the time of the first
// change that it was not confirmed after.
type checks struct {
	mu   sync.Mutex
	keys map[tenancy.Key]time.Time
	wake chan struct{}
}

// Invalidate has the memberships of open streams looked up again that the changes
// may concern. It does not wait for the answers. Caches must have forgotten
// before.
func (r *Registry) Invalidate(_ context.Context, changes ...tenancy.Change) {
	if slices.ContainsFunc(changes, tenancy.Change.Everything) {
		r.Doubt()
		return
	}
	r.epoch.Add(1) // before looking: see Open
	now := time.Now()
	users, tenants := make(map[tenancy.UserID]bool), make(map[tenancy.TenantID]bool)
	for _, change := range changes {
		switch {
		case !change.User.IsZero() && !change.Tenant.IsZero():
			if len(r.of(change.Key)) > 0 {
				r.ask(now, change.Key)
			}
		case !change.User.IsZero():
			users[change.User] = true
		case !change.Tenant.IsZero():
			tenants[change.Tenant] = true
		}
	}
	if len(users)+len(tenants) > 0 {
		r.askAll(now, func(s *Stream) bool { return users[s.holder.Key.User] || tenants[s.holder.Key.Tenant] })
	}
}

// Doubt has the memberships of all open streams looked up again: changes may have
// been missed.
func (r *Registry) Doubt() {
	r.epoch.Add(1)
	r.askAll(time.Now(), func(*Stream) bool { return true })
}

func (r *Registry) askAll(now time.Time, want func(*Stream) bool) {
	streams := r.all(want)
	keys := make([]tenancy.Key, len(streams))
	for i, s := range streams {
		keys[i] = s.holder.Key
	}
	r.ask(now, keys...)
}

// ask enters memberships to look up, those that wait already with their earlier
// time.
func (r *Registry) ask(since time.Time, keys ...tenancy.Key) {
	if len(keys) == 0 {
		return
	}
	c := &r.checks
	c.mu.Lock()
	if c.keys == nil {
		c.keys = make(map[tenancy.Key]time.Time, len(keys))
	}
	for _, key := range keys {
		if earlier, waits := c.keys[key]; !waits || since.Before(earlier) {
			c.keys[key] = since
		}
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // it will find these too
	}
}

func (c *checks) take() map[tenancy.Key]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.keys
	c.keys = nil
	return keys
}

// check looks up what is asked, for as long as ctx lasts. It does not wait for
// one look-up to begin the next: one that hangs must not hold up a change that
// comes later.
func (r *Registry) check(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.checks.wake:
		}
		keys := r.checks.take()
		settled := r.shut(ctx, keys)
		for key, since := range keys {
			if settled[key.Tenant] {
				continue
			}
			r.lookups.Go(func() error {
				r.confirm(ctx, key, since)
				return nil
			})
		}
	}
}

// shut finds, of tenants with many memberships to look up, those that let nobody
// in: one look-up says so for all, and ends all their streams.
func (r *Registry) shut(ctx context.Context, keys map[tenancy.Key]time.Time) map[tenancy.TenantID]bool {
	if len(keys) <= atOnce {
		return nil
	}
	members := make(map[tenancy.TenantID][]tenancy.Key)
	for key := range keys {
		members[key.Tenant] = append(members[key.Tenant], key)
	}
	settled := make(map[tenancy.TenantID]bool)
	for tenant, of := range members {
		if len(of) <= atOnce {
			continue
		}
		m, err := r.lookup(ctx, of[0], keys[of[0]])
		if err != nil || m.TenantStatus == tenancy.StatusActive {
			continue
		}
		settled[tenant] = true
		for _, key := range of {
			// What it says of the tenant is true for each of them; nothing else speaks
			// against them here.
			r.judge(tenancy.Membership{
				Key: key, TenantStatus: m.TenantStatus,
				UserStatus: tenancy.StatusActive, Status: tenancy.StatusActive, Role: tenancy.RoleAdmin,
			})
		}
	}
	return settled
}

// confirm looks one membership up and ends the streams that it does not allow.
// What nobody can answer is asked again, until the grace is over.
func (r *Registry) confirm(ctx context.Context, key tenancy.Key, since time.Time) {
	m, err := r.lookup(ctx, key, since)
	switch {
	case err == nil:
		r.judge(m)
	case ctx.Err() != nil:
	case time.Since(since) < r.config.Grace:
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		r.ask(since, key)
	default:
		for _, s := range r.of(key) {
			r.close(s, Unconfirmed)
		}
	}
}

// lookup waits for an answer until the grace is over.
func (r *Registry) lookup(ctx context.Context, key tenancy.Key, since time.Time) (tenancy.Membership, error) {
	ctx, cancel := context.WithDeadline(ctx, since.Add(r.config.Grace))
	defer cancel()
	return r.config.Memberships.Membership(ctx, key)
}

// judge ends the streams of a membership that it does not allow any more.
func (r *Registry) judge(m tenancy.Membership) {
	for _, s := range r.of(m.Key) {
		if code := r.config.Judge(m, s.holder); code != "" {
			r.close(s, code)
		}
	}
}

var _ tenancy.Invalidator = (*Registry)(nil)
