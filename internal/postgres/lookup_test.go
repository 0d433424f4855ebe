package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Whoever asks at the same time travels together, and is told of themselves.
func TestLookUpsTravelTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := make(map[tenancy.Key]tenancy.Role)
	var tenants []tenancy.TenantID
	for n := range 3 {
		anna := w.user(fmt.Sprintf("anna%d", n))
		acme := w.tenant(fmt.Sprintf("acme-%d", n), anna)
		tenants = append(tenants, acme)
		want[tenancy.Key{User: anna, Tenant: acme}] = tenancy.RoleAdmin
		for m, role := range []tenancy.Role{tenancy.RoleViewer, tenancy.RoleMember} {
			want[tenancy.Key{User: w.member(acme, fmt.Sprintf("p%d-%d", n, m), role), Tenant: acme}] = role
		}
	}
	for key := range want { // everybody is asked for in every tenant
		for _, tenant := range tenants {
			if other := (tenancy.Key{User: key.User, Tenant: tenant}); want[other] == tenancy.RoleNone {
				want[other] = tenancy.RoleNone
			}
		}
	}
	const each = 200
	before := w.Trips()
	var asking sync.WaitGroup
	for key, role := range want {
		for range each {
			asking.Go(func() {
				m, err := w.Membership(t.Context(), key)
				if err != nil || m.Key != key || m.Role != role || m.TenantSlug == "" {
					t.Errorf("got %+v, %v; want %v as role %v", m, err, key, role)
				}
			})
		}
	}
	asking.Wait()
	if trips, asked := w.Trips()-before, each*len(want); trips > uint64(asked)/10 {
		t.Errorf("%d round trips for %d look-ups", trips, asked)
	}
}

// A change that has committed is in the answer of every look-up that is asked
// afterwards, though others of that key are under way; and one that is given up
// takes nothing from the others.
func TestLookUpsBoardNoTripThatHasSetOut(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	over, wire := tenancytest.WireTo(t, dsn)
	w := world{Store: open(t, over), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	bert := w.member(acme, "bert", tenancy.RoleMember)
	key := tenancy.Key{User: bert, Tenant: acme}

	before := w.Trips()
	wire.Hold()
	var asking sync.WaitGroup
	for trip := range uint64(4) { // as many as may be under way
		asking.Go(func() {
			if m, err := w.Membership(t.Context(), key); err != nil || m.Key != key {
				t.Errorf("under way: got %+v, %v", m, err)
			}
		})
		waitFor(t, func() bool { return w.Trips()-before == trip+1 })
	}
	exec(t, w.root, `DELETE FROM tenant_users WHERE user_id = $1`, bert)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := w.Membership(ctx, key); !errors.Is(err, tenancy.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("given up: got %v, want ErrUnavailable and context.Canceled", err)
	}
	for range 100 {
		asking.Go(func() {
			if m, err := w.Membership(t.Context(), key); err != nil || m.Key != key || m.Role != tenancy.RoleNone {
				t.Errorf("asked afterwards: got %+v, %v; want no member", m, err)
			}
		})
	}
	wire.Mend()
	asking.Wait()
	if got := w.Trips() - before; got < 5 || got > 50 {
		t.Errorf("%d round trips for 105 look-ups, want the four that were held and a few", got)
	}
}
