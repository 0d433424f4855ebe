package cache

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// maxIdentity is the most bytes of an identity that is kept. What a token says
// of its bearer must not decide how much memory an entry takes.
const maxIdentity = 1024

// Identities answers from the memory of this process which of our users an
// outside identity is. An answer is kept under all that was asked, not only
// under issuer and subject: an address that has been verified since is asked
// about anew.
type Identities struct {
	next        tenancy.Identities
	table       *table[tenancy.Identity, tenancy.UserID]
	generations *generations
}

// NewIdentities returns an Identities in front of next.
func NewIdentities(next tenancy.Identities, config Config) *Identities {
	i := &Identities{
		next:        next,
		table:       newTable[tenancy.Identity, tenancy.UserID](config),
		generations: newGenerations(),
	}
	i.table.look = next.UserOf
	i.table.flight = func(identity tenancy.Identity) string { return fmt.Sprintf("%#v", identity) }
	// Whose identity it is, is not known before it is read; while it is nobody's,
	// any change may be the one that makes the user.
	i.table.reading = func(tenancy.Identity) uint64 { return i.generations.total.Load() }
	i.table.holding = func(_ tenancy.Identity, user tenancy.UserID) uint64 {
		if user.IsZero() {
			return i.generations.total.Load()
		}
		return i.generations.sum(i.generations.user(user))
	}
	i.table.positive = func(user tenancy.UserID) bool { return !user.IsZero() }
	i.table.lasting = i.table.positive
	return i
}

// UserOf returns the user behind the identity as [tenancy.Identities] has it.
func (i *Identities) UserOf(ctx context.Context, identity tenancy.Identity) (tenancy.UserID, error) {
	if len(identity.Issuer)+len(identity.Subject)+len(identity.Email)+len(identity.Name) > maxIdentity {
		return i.next.UserOf(ctx, identity)
	}
	return i.table.get(ctx, identity)
}

// Invalidate forgets the identities of the users that the changes name.
func (i *Identities) Invalidate(_ context.Context, changes ...tenancy.Change) {
	for _, change := range changes {
		switch {
		case change.Everything():
			i.generations.forgetAll()
		case !change.User.IsZero():
			i.generations.forget(i.generations.user(change.User))
		}
	}
}

// Stats counts since the start.
func (i *Identities) Stats() Stats { return i.table.stats() }

var (
	_ tenancy.Identities  = (*Identities)(nil)
	_ tenancy.Invalidator = (*Identities)(nil)
)
