package cache

import (
	"context"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Local answers memberships from the memory of this process.
type Local struct {
	table       *table[tenancy.Key, tenancy.Membership]
	generations *generations
	inner       tenancy.Invalidator // the next layer, if it forgets too
}

// NewLocal returns a Local in front of next.
func NewLocal(next tenancy.Memberships, config Config) *Local {
	l := &Local{table: newTable[tenancy.Key, tenancy.Membership](config), generations: newGenerations()}
	l.inner, _ = next.(tenancy.Invalidator)
	generation := func(key tenancy.Key) uint64 {
		user, tenant := l.generations.user(key.User), l.generations.tenant(key.Tenant)
		return l.generations.sum(user, tenant, pair(user, tenant))
	}
	l.table.look = next.Membership
	l.table.flight = func(key tenancy.Key) string { return string(key.User[:]) + string(key.Tenant[:]) }
	l.table.reading = generation
	l.table.holding = func(key tenancy.Key, _ tenancy.Membership) uint64 { return generation(key) }
	l.table.positive = tenancy.Membership.Found
	l.table.lasting = l.table.positive
	return l
}

// Membership returns the membership of key as [tenancy.Memberships] has it. It
// also returns tenancy.ErrUnavailable (wrapped) where ctx ends before the
// shared look-up does.
func (l *Local) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	return l.table.get(ctx, key)
}

// Invalidate makes the next layer forget, where it can, and then this one. The
// order matters: a look-up between the two would otherwise fetch the old answer
// from the layer behind and keep it under the new generation.
func (l *Local) Invalidate(ctx context.Context, changes ...tenancy.Change) {
	if l.inner != nil {
		l.inner.Invalidate(ctx, changes...)
	}
	for _, change := range changes {
		user, tenant := l.generations.user(change.User), l.generations.tenant(change.Tenant)
		switch {
		case change.Everything():
			l.generations.forgetAll()
		case !change.User.IsZero() && !change.Tenant.IsZero():
			l.generations.forget(pair(user, tenant))
		case !change.User.IsZero():
			l.generations.forget(user)
		case !change.Tenant.IsZero():
			l.generations.forget(tenant)
		}
	}
}

// Stats counts since the start.
func (l *Local) Stats() Stats { return l.table.stats() }

var (
	_ tenancy.Memberships = (*Local)(nil)
	_ tenancy.Invalidator = (*Local)(nil)
)
