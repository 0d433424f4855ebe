package cache

import (
	"slices"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// compact is a membership as Local keeps it, of which there may be a million:
// without the key, which the table has, and with a byte for what is one of a few
// words. What cannot be said so is kept whole.
type compact struct {
	slug    string
	email   tenancy.Email
	version int64
	whole   *tenancy.Membership // nil: the other fields say it all

	found                            bool // what Membership.Found says
	role                             tenancy.Role
	tenantStatus, userStatus, status uint8 // in statuses
}

// statuses are the ones that memberships have, and none.
var statuses = [...]tenancy.Status{"", tenancy.StatusActive, tenancy.StatusSuspended, tenancy.StatusDeleted}

// compacted returns what expand makes m of again, whatever m is: an answer about
// another key, say, has to stay one, for the gate to refuse it.
func compacted(key tenancy.Key, m tenancy.Membership) compact {
	c := compact{
		slug: m.TenantSlug, email: m.Email, version: m.Version, found: m.Found(), role: m.Role,
		tenantStatus: indexOf(m.TenantStatus), userStatus: indexOf(m.UserStatus), status: indexOf(m.Status),
	}
	if c.expand(key) != m {
		return compact{found: m.Found(), whole: &m}
	}
	return c
}

// indexOf returns where a status is in statuses; none for one that is not, which
// expand then does not give back.
func indexOf(status tenancy.Status) uint8 { return uint8(max(0, slices.Index(statuses[:], status))) }

// expand returns the membership of the key.
func (c *compact) expand(key tenancy.Key) tenancy.Membership {
	if c.whole != nil {
		return *c.whole
	}
	return tenancy.Membership{
		Key: key, TenantSlug: c.slug, Email: c.email, Version: c.version, Role: c.role,
		TenantStatus: statuses[c.tenantStatus], UserStatus: statuses[c.userStatus], Status: statuses[c.status],
	}
}
