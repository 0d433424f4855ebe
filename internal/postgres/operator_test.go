package postgres_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// The dev server seeds at every start.
func TestSeedingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := func(role tenancy.Role, name string, policy string) (tenancy.Tenant, tenancy.User) {
		anna, err := w.SeedUser(t.Context(), tenancy.NewUser{ID: newID(), Email: address("anna"), Name: name})
		if err != nil {
			t.Fatalf("SeedUser: %v", err)
		}
		bert, err := w.SeedUser(t.Context(), tenancy.NewUser{ID: newID(), Email: address("bert"), Name: name})
		if err != nil {
			t.Fatalf("SeedUser: %v", err)
		}
		tenant, err := w.SeedTenant(t.Context(), postgres.NewTenant{ID: newID(), Name: name, Slug: "acme", Admin: anna.ID, MemberID: newID()})
		if err != nil {
			t.Fatalf("SeedTenant: %v", err)
		}
		if err := w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: tenant.ID, UserID: bert.ID, Role: role}); err != nil {
			t.Fatalf("SeedMember: %v", err)
		}
		if err := w.SeedConfig(t.Context(), tenant.ID, "join_policy", json.RawMessage(policy)); err != nil {
			t.Fatalf("SeedConfig: %v", err)
		}
		return tenant, bert
	}
	tenant, bert := seed(tenancy.RoleMember, "first", `"open"`)
	rows := one[int](t, w.root, `SELECT count(*) FROM audit_log`)
	if without := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE actor_id IS NULL`); rows != 6 || without != rows {
		t.Errorf("%d audit rows, %d of them without an actor; want 6 and 6", rows, without)
	}
	again, same := seed(tenancy.RoleAdmin, "second", `"closed"`)
	bert.CurrentTenant, bert.Version = tenant.ID, bert.Version+1
	if diff := cmp.Diff(tenant, again); diff != "" {
		t.Errorf("tenant (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(bert, same); diff != "" {
		t.Errorf("user (-first +second):\n%s", diff)
	}
	if got := w.membership(bert.ID, tenant.ID).Role; got != tenancy.RoleMember {
		t.Errorf("role %v, want member as at first", got)
	}
	if got := one[string](t, w.root, `SELECT value #>> '{}' FROM tenant_configs`); got != "open" {
		t.Errorf("join_policy %q, want open as at first", got)
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM audit_log`); got != rows {
		t.Errorf("%d audit rows after the second time, want %d as before", got, rows)
	}
}

func TestSeedingKeepsTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Domain: "acme.example.com", Admin: anna, MaxUsers: 1})
	bert := w.user("bert")
	invalid := func(err error, pointer string) bool {
		bad, ok := errors.AsType[*tenancy.InvalidError](err)
		return ok && bad.Violations[0].Pointer == pointer
	}
	err := w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: acme, UserID: bert, Role: tenancy.RoleMember})
	if !errors.Is(err, tenancy.ErrSeatLimit) {
		t.Errorf("a member too many: %v, want ErrSeatLimit", err)
	}
	err = w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: newID(), UserID: bert, Role: tenancy.RoleMember})
	if !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("a member of nothing: %v, want ErrNotFound", err)
	}
	_, err = w.SeedTenant(t.Context(), postgres.NewTenant{ID: newID(), Name: "x", Slug: "other", Domain: "acme.example.com", Admin: anna, MemberID: newID()})
	if !errors.Is(err, tenancy.ErrDomainTaken) {
		t.Errorf("a domain that is taken: %v, want ErrDomainTaken", err)
	}
	_, err = w.SeedTenant(t.Context(), postgres.NewTenant{ID: newID(), Name: "x", Slug: "other", Admin: newID(), MemberID: newID()})
	if !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("an admin who does not exist: %v, want ErrUserInactive", err)
	}
	if id, err := w.TenantNamed(t.Context(), tenancy.Name{Kind: tenancy.BySlug, Value: "other"}); err != nil || !id.IsZero() {
		t.Errorf("a tenant without its admin was left: %v, %v", id, err)
	}
	for _, slug := range []string{"a", "Acme", "-acme", "acme-", "ac.me", "ac\u212Ae", "0190c9a2-7b1c-7def-8abc-0123456789ab"} {
		if _, err := w.SeedTenant(t.Context(), postgres.NewTenant{ID: newID(), Name: "x", Slug: slug, Admin: anna, MemberID: newID()}); err == nil {
			t.Errorf("slug %q was taken", slug)
		}
	}
	if err := w.SeedConfig(t.Context(), acme, "Bad Key", json.RawMessage(`1`)); !invalid(err, "/key") {
		t.Errorf("a bad key: %v, want /key to be invalid", err)
	}
	if err := w.SeedConfig(t.Context(), newID(), "greeting", json.RawMessage(`1`)); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("config of nothing: %v, want ErrNotFound", err)
	}
}
