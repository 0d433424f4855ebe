package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What the next layer says is what Local says, the first time and from memory,
// however odd it is.
func TestLocalKeepsEveryMembershipAsItWas(t *testing.T) {
	t.Parallel()
	key := keyOf(1)
	changed := func(change func(*tenancy.Membership)) tenancy.Membership {
		m := admin(key)
		change(&m)
		return m
	}
	for name, want := range map[string]tenancy.Membership{
		"an admin":               admin(key),
		"nobody":                 {Key: key},
		"a suspended viewer":     changed(func(m *tenancy.Membership) { m.Role, m.Status = tenancy.RoleViewer, tenancy.StatusSuspended }),
		"a deleted tenant":       changed(func(m *tenancy.Membership) { m.TenantStatus = tenancy.StatusDeleted }),
		"a suspended user":       changed(func(m *tenancy.Membership) { m.UserStatus = tenancy.StatusSuspended }),
		"an unknown status":      changed(func(m *tenancy.Membership) { m.Status = "on probation" }),
		"tokens that have ended": changed(func(m *tenancy.Membership) { m.Signouts.NotBefore = 1 }),
		"sessions that ended":    changed(func(m *tenancy.Membership) { m.Signouts.Ended = "0123456789abcdef" }),
		"somebody else":          admin(keyOf(2)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			local := cache.NewLocal(memberships(func(context.Context, tenancy.Key) (tenancy.Membership, error) {
				asked++
				return want, nil
			}), cache.Config{Entries: 10, Freshness: time.Hour})
			for range 2 {
				got, err := local.Membership(t.Context(), key)
				if err != nil || got != want {
					t.Errorf("got %+v and %v, want %+v", got, err, want)
				}
			}
			if asked != 1 {
				t.Errorf("the next layer was asked %d times, want once", asked)
			}
		})
	}
}
