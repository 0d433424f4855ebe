package cache

import (
	"context"
	"runtime"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Local answers memberships from the memory of this process.
type Local struct {
	table       *table[tenancy.Key, compact]
	records     *records
	generations *generations
	inner       tenancy.Invalidator // the next layer, if it forgets too
}

// NewLocal returns a Local in front of next. What it keeps is outside of the heap,
// and given back by Close, or else when the garbage collector finds it unused.
func NewLocal(next tenancy.Memberships, config Config) *Local {
	config = config.complete()
	l := &Local{records: newRecords(config.Entries), generations: newGenerations()}
	l.table = newTableIn(config, l.records)
	runtime.AddCleanup(l, (*records).close, l.records)
	l.inner, _ = next.(tenancy.Invalidator)
	generation := func(key tenancy.Key) uint64 {
		user, tenant := l.generations.user(key.User), l.generations.tenant(key.Tenant)
		return l.generations.sum(user, tenant, pair(user, tenant))
	}
	l.table.look = func(ctx context.Context, key tenancy.Key) (compact, error) {
		m, err := next.Membership(ctx, key)
		if err != nil {
			return compact{}, err
		}
		return compacted(key, m), nil
	}
	l.table.flight = func(key tenancy.Key) string { return string(key.User[:]) + string(key.Tenant[:]) }
	l.table.reading = generation
	l.table.holding = func(key tenancy.Key, _ compact) uint64 { return generation(key) }
	l.table.positive = func(c compact) bool { return c.found }
	l.table.lasting = l.table.positive
	return l
}

// Membership returns the membership of key as [tenancy.Memberships] has it. It
// also returns tenancy.ErrUnavailable (wrapped) where ctx ends before the
// shared look-up does.
func (l *Local) Membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	kept, err := l.table.get(ctx, key)
	if err != nil {
		return tenancy.Membership{}, err
	}
	return kept.expand(key), nil
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

// Close forgets every membership and gives the memory back. What is asked after
// it is answered by the next layer, each time.
func (l *Local) Close() { l.records.close() }

// Stats counts since the start.
func (l *Local) Stats() Stats { return l.table.stats() }

var (
	_ tenancy.Memberships = (*Local)(nil)
	_ tenancy.Invalidator = (*Local)(nil)
)
