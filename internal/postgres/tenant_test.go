package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Domain: "acme.example.com", Admin: anna, MaxUsers: 7})
	vera := w.member(acme, "vera", tenancy.RoleViewer)
	if err := w.SeedConfig(t.Context(), acme, "join_policy", json.RawMessage(`"open"`)); err != nil {
		t.Fatal(err)
	}
	exec(t, w.root, `UPDATE users SET current_tenant_id = NULL WHERE id = $1`, vera)
	want := tenancy.TenantEntry{Role: tenancy.RoleAdmin, Current: true, Tenant: tenancy.Tenant{
		ID: acme, Name: "acme", Slug: "acme", Domain: "acme.example.com", Status: tenancy.StatusActive, MaxUsers: 7,
		Config: map[string]json.RawMessage{"join_policy": json.RawMessage(`"open"`)},
	}}
	ignore := cmpopts.IgnoreFields(tenancy.Tenant{}, "CreatedAt", "Version")
	got, err := w.Tenant(t.Context(), tenancy.Caller{User: anna}, acme)
	if diff := cmp.Diff(want, got, ignore); err != nil || diff != "" {
		t.Errorf("Tenant for its admin: %v (-want +got):\n%s", err, diff)
	}
	want.Role, want.Current = tenancy.RoleViewer, false
	got, err = w.Tenant(t.Context(), tenancy.Caller{User: vera}, acme)
	if diff := cmp.Diff(want, got, ignore); err != nil || diff != "" {
		t.Errorf("Tenant for a viewer: %v (-want +got):\n%s", err, diff)
	}
}

func TestSwitchTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	first, second := w.tenant("first", anna), w.tenant("second", anna)
	for _, c := range []struct {
		to      tenancy.TenantID
		changes []tenancy.Change
	}{
		{second, []tenancy.Change{{Key: tenancy.Key{User: anna}, Gives: true}}},
		{second, nil},
		{first, []tenancy.Change{{Key: tenancy.Key{User: anna}, Gives: true}}},
	} {
		entered, changes, err := w.SwitchTenant(t.Context(), tenancy.Caller{User: anna}, c.to)
		if err != nil || entered.ID != c.to || !entered.Current || entered.Role != tenancy.RoleAdmin {
			t.Errorf("SwitchTenant = %+v, %v, want that tenant, current, as admin", entered, err)
		}
		if diff := cmp.Diff(c.changes, changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if current, err := w.CurrentTenant(t.Context(), anna); err != nil || current != c.to {
			t.Errorf("CurrentTenant = %v, %v, want %v", current, err, c.to)
		}
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE action = 'user.switched' AND actor_id = $1`, anna); got != 2 {
		t.Errorf("got %d audit rows, want one for each of 2 changes", got)
	}
}

// Whoever is removed while switching is not left with a current tenant they are
// no member of.
func TestSwitchRacesRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	for i := range 10 {
		name := fmt.Sprintf("bert%d", i)
		bert := w.member(acme, name, tenancy.RoleMember)
		exec(t, w.root, `UPDATE users SET current_tenant_id = NULL WHERE id = $1`, bert)
		var group sync.WaitGroup
		group.Go(func() {
			_, _, err := w.SwitchTenant(t.Context(), tenancy.Caller{User: bert}, acme)
			if err != nil && !errors.Is(err, tenancy.ErrNotMember) {
				t.Errorf("SwitchTenant: %v", err)
			}
		})
		group.Go(func() {
			if err := w.remove(anna, acme, address(name)); err != nil {
				t.Errorf("RemoveMember: %v", err)
			}
		})
		group.Wait()
		if current, err := w.CurrentTenant(t.Context(), bert); err != nil || !current.IsZero() {
			t.Fatalf("current tenant %v, %v after removal, want none", current, err)
		}
	}
}

// pages collects the slugs of a list, two at a time.
func pages(t *testing.T, list func(tenancy.Page) ([]tenancy.TenantEntry, error)) (all []string) {
	t.Helper()
	for page := (tenancy.Page{Limit: 2}); ; {
		part, err := list(page)
		if err != nil {
			t.Fatalf("listing: %v", err)
		}
		for _, e := range part {
			line := fmt.Sprintf("%s %v", e.Slug, e.Role)
			if e.Current {
				line += " current"
			}
			all = append(all, line)
			page.After = e.ID
		}
		if len(part) < page.Limit {
			return all
		}
	}
}

func TestListsOfTenants(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna, bert, root := w.user("anna"), w.user("bert"), w.user("root")
	exec(t, w.root, `UPDATE users SET role = 'platform_admin' WHERE id = $1`, root)
	policies := []string{`"open"`, `"domain"`, `"closed"`, ``, `"open"`, `"open"`, `{"open": true}`, `"open"`}
	for i, policy := range policies {
		tenant := w.tenant(fmt.Sprintf("t%d", i), anna)
		if policy != "" {
			if err := w.SeedConfig(t.Context(), tenant, "join_policy", json.RawMessage(policy)); err != nil {
				t.Fatal(err)
			}
		}
		if i%2 == 0 {
			if err := w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: tenant, UserID: bert, Role: tenancy.RoleViewer}); err != nil {
				t.Fatal(err)
			}
		}
	}
	exec(t, w.root, `UPDATE tenants SET status = 'suspended' WHERE slug = 't4'`)
	exec(t, w.root, `UPDATE tenants SET status = 'deleted' WHERE slug = 't5'`)
	exec(t, w.root, `UPDATE tenant_users m SET status = 'suspended' FROM tenants t WHERE t.id = m.tenant_id AND t.slug = 't2' AND m.user_id = $1`, bert)
	exec(t, w.root, `INSERT INTO tenant_configs SELECT id, 'greeting', '"open"' FROM tenants WHERE slug = 't3'`)

	listed := pages(t, func(p tenancy.Page) ([]tenancy.TenantEntry, error) { return w.ListedTenants(t.Context(), p) })
	if diff := cmp.Diff([]string{"t0 none", "t1 none", "t7 none"}, listed); diff != "" {
		t.Errorf("ListedTenants (-want +got):\n%s", diff)
	}
	own := pages(t, func(p tenancy.Page) ([]tenancy.TenantEntry, error) {
		return w.TenantsOf(t.Context(), tenancy.Caller{User: bert}, p)
	})
	if diff := cmp.Diff([]string{"t0 viewer current", "t4 viewer", "t6 viewer"}, own); diff != "" {
		t.Errorf("TenantsOf (-want +got):\n%s", diff)
	}
	all := pages(t, func(p tenancy.Page) ([]tenancy.TenantEntry, error) {
		return w.AllTenants(t.Context(), tenancy.Caller{User: root}, p)
	})
	if len(all) != len(policies) {
		t.Errorf("AllTenants = %v, want all %d", all, len(policies))
	}
	for user, want := range map[tenancy.UserID]error{anna: tenancy.ErrRoleRequired, newID(): tenancy.ErrUserInactive} {
		if _, err := w.AllTenants(t.Context(), tenancy.Caller{User: user}, tenancy.Page{Limit: 1}); !errors.Is(err, want) {
			t.Errorf("AllTenants for another user: %v, want %v", err, want)
		}
	}
	if _, err := w.TenantsOf(t.Context(), tenancy.Caller{User: newID()}, tenancy.Page{Limit: 1}); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("TenantsOf an unknown user: %v, want ErrUserInactive", err)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Domain: "calls.acme.example", Admin: anna})
	for _, c := range []struct {
		name tenancy.Name
		want tenancy.TenantID
	}{
		{tenancy.Name{Kind: tenancy.BySlug, Value: "acme"}, acme},
		{tenancy.Name{Kind: tenancy.ByDomain, Value: "calls.acme.example"}, acme},
		{tenancy.Name{Kind: tenancy.BySlug, Value: "calls.acme.example"}, tenancy.TenantID{}},
		{tenancy.Name{Kind: tenancy.ByDomain, Value: "acme"}, tenancy.TenantID{}},
		{tenancy.Name{Kind: tenancy.ByDomain, Value: ""}, tenancy.TenantID{}},
	} {
		if got, err := w.TenantNamed(t.Context(), c.name); err != nil || got != c.want {
			t.Errorf("TenantNamed(%+v) = %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	for user, want := range map[tenancy.UserID]tenancy.TenantID{anna: acme, w.user("bert"): {}, newID(): {}} {
		if got, err := w.CurrentTenant(t.Context(), user); err != nil || got != want {
			t.Errorf("CurrentTenant = %v, %v, want %v", got, err, want)
		}
	}
}
