package cache

import (
	"context"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Directory answers from the memory of this process which tenant a name means,
// and which one is a user's default.
type Directory struct {
	names       *table[tenancy.Name, tenancy.TenantID]
	defaults    *table[tenancy.UserID, tenancy.TenantID]
	generations *generations
}

// NewDirectory returns a Directory in front of next. Names and users each have
// the entries of config.
func NewDirectory(next tenancy.Directory, config Config) *Directory {
	d := &Directory{
		names:       newTable[tenancy.Name, tenancy.TenantID](config),
		defaults:    newTable[tenancy.UserID, tenancy.TenantID](config),
		generations: newGenerations(),
	}
	exists := func(id tenancy.TenantID) bool { return !id.IsZero() }

	d.names.look = next.TenantNamed
	d.names.flight = func(name tenancy.Name) string { return string(rune(name.Kind)) + name.Value }
	d.names.reading = func(name tenancy.Name) uint64 { return d.generations.sum(d.generations.name(name)) }
	d.names.holding = func(name tenancy.Name, _ tenancy.TenantID) uint64 { return d.names.reading(name) }
	d.names.positive = exists
	// That a host is no tenant's is asked of every request: where this could not
	// last, no member would be served while the database is away.
	d.names.lasting = func(tenancy.TenantID) bool { return true }

	d.defaults.look = next.CurrentTenant
	d.defaults.flight = func(user tenancy.UserID) string { return string(user[:]) }
	// Which tenant the answer will depend on is not known before it is read.
	d.defaults.reading = func(tenancy.UserID) uint64 { return d.generations.total.Load() }
	d.defaults.holding = func(user tenancy.UserID, tenant tenancy.TenantID) uint64 {
		return d.generations.sum(d.generations.user(user), d.generations.tenant(tenant))
	}
	d.defaults.positive, d.defaults.lasting = exists, exists
	return d
}

// TenantNamed returns the tenant of that name as [tenancy.Directory] has it.
func (d *Directory) TenantNamed(ctx context.Context, name tenancy.Name) (tenancy.TenantID, error) {
	return d.names.get(ctx, name)
}

// CurrentTenant returns the user's default as [tenancy.Directory] has it.
func (d *Directory) CurrentTenant(ctx context.Context, user tenancy.UserID) (tenancy.TenantID, error) {
	return d.defaults.get(ctx, user)
}

// Invalidate forgets the names of the changes, the defaults of their users,
// and, where everybody in a tenant is meant, the defaults that point to it.
func (d *Directory) Invalidate(_ context.Context, changes ...tenancy.Change) {
	for _, change := range changes {
		if change.Everything() {
			d.generations.forgetAll()
			continue
		}
		var tags []tag
		for _, name := range change.Names {
			tags = append(tags, d.generations.name(name))
		}
		switch {
		case !change.User.IsZero():
			tags = append(tags, d.generations.user(change.User))
		case !change.Tenant.IsZero():
			tags = append(tags, d.generations.tenant(change.Tenant))
		}
		d.generations.forget(tags...)
	}
}

// NameStats counts the look-ups of names since the start.
func (d *Directory) NameStats() Stats { return d.names.stats() }

// DefaultStats counts the look-ups of users' defaults since the start.
func (d *Directory) DefaultStats() Stats { return d.defaults.stats() }

var (
	_ tenancy.Directory   = (*Directory)(nil)
	_ tenancy.Invalidator = (*Directory)(nil)
)
