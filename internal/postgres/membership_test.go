package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// sqlState returns the SQLSTATE of an error, or "".
func sqlState(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}

func TestMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, stranger, gone := w.user("anna"), w.user("stranger"), w.user("gone")
	acme, deleted := w.tenant("acme", anna), w.tenant("deleted", anna)
	vera := w.member(acme, "vera", tenancy.RoleViewer)
	exec(t, w.root, `UPDATE tenant_users SET status = 'suspended' WHERE user_id = $1`, vera)
	exec(t, w.root, `UPDATE tenants SET status = 'deleted' WHERE id = $1`, deleted)
	exec(t, w.root, `UPDATE users SET status = 'deleted' WHERE id = $1`, gone)
	nobody, nowhere := tenancy.UserID(newID()), tenancy.TenantID(newID())
	const active = tenancy.StatusActive
	for _, c := range []struct {
		name string
		want tenancy.Membership
	}{
		{"an admin", tenancy.Membership{Key: tenancy.Key{User: anna, Tenant: acme}, TenantSlug: "acme", TenantStatus: active,
			Email: address("anna"), UserStatus: active, Role: tenancy.RoleAdmin, Status: active}},
		{"suspended in the tenant", tenancy.Membership{Key: tenancy.Key{User: vera, Tenant: acme}, TenantSlug: "acme", TenantStatus: active,
			Email: address("vera"), UserStatus: active, Role: tenancy.RoleViewer, Status: tenancy.StatusSuspended}},
		{"a deleted tenant", tenancy.Membership{Key: tenancy.Key{User: anna, Tenant: deleted}, TenantSlug: "deleted", TenantStatus: tenancy.StatusDeleted,
			Email: address("anna"), UserStatus: active, Role: tenancy.RoleAdmin, Status: active}},
		{"a stranger", tenancy.Membership{Key: tenancy.Key{User: stranger, Tenant: acme}, TenantSlug: "acme", TenantStatus: active,
			Email: address("stranger"), UserStatus: active}},
		{"a deleted user", tenancy.Membership{Key: tenancy.Key{User: gone, Tenant: acme}, TenantSlug: "acme", TenantStatus: active,
			Email: address("gone"), UserStatus: tenancy.StatusDeleted}},
		{"no such user", tenancy.Membership{Key: tenancy.Key{User: nobody, Tenant: acme}, TenantSlug: "acme", TenantStatus: active}},
		{"no such tenant", tenancy.Membership{Key: tenancy.Key{User: anna, Tenant: nowhere}, Email: address("anna"), UserStatus: active}},
		{"neither", tenancy.Membership{Key: tenancy.Key{User: nobody, Tenant: nowhere}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.membership(c.want.User, c.want.Tenant)
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(tenancy.Membership{}, "Version")); diff != "" {
				t.Errorf("Membership (-want +got):\n%s", diff)
			}
		})
	}
}

// A cache keeps the higher version: if any change kept or lowered it, somebody
// removed or suspended could stay.
func TestMembershipVersionGrowsWithEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	bert := w.member(acme, "bert", tenancy.RoleMember)
	last := w.membership(bert, acme)
	const addBert = `INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), $2, $1, 'member')`
	for _, c := range []struct{ name, sql string }{
		{"role", `UPDATE tenant_users SET role = 'viewer' WHERE user_id = $1 AND tenant_id = $2`},
		{"membership suspended", `UPDATE tenant_users SET status = 'suspended' WHERE user_id = $1 AND tenant_id = $2`},
		{"user suspended", `UPDATE users SET status = 'suspended' WHERE id = $1 AND $2::uuid IS NOT NULL`},
		{"address", `UPDATE users SET email = 'bertram@example.com' WHERE id = $1 AND $2::uuid IS NOT NULL`},
		{"tenant suspended", `UPDATE tenants SET status = 'suspended' WHERE id = $2 AND $1::uuid IS NOT NULL`},
		{"slug", `UPDATE tenants SET slug = 'acme-2' WHERE id = $2 AND $1::uuid IS NOT NULL`},
		{"a version set back by hand", `UPDATE tenant_users SET version = 1, role = 'member' WHERE user_id = $1 AND tenant_id = $2`},
		{"removed", `DELETE FROM tenant_users WHERE user_id = $1 AND tenant_id = $2`},
		{"added again", addBert},
		{"removed again", `DELETE FROM tenant_users WHERE user_id = $1 AND tenant_id = $2`},
		{"added a third time", addBert},
	} {
		exec(t, w.root, c.sql, bert, acme)
		now := w.membership(bert, acme)
		if now.Version <= last.Version {
			t.Errorf("%s: version went from %d to %d, want more", c.name, last.Version, now.Version)
		}
		last = now
	}
}

// Two transactions change different parts, and commit in the other order than
// they began: each commit has to show.
func TestMembershipVersionGrowsInCommitOrder(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	first, second := connect(t, dsn), connect(t, dsn)
	exec(t, first, `BEGIN`)
	exec(t, first, `UPDATE users SET status = 'suspended' WHERE id = $1`, anna)
	exec(t, second, `UPDATE tenants SET slug = 'acme-2' WHERE id = $1`, acme)
	between := w.membership(anna, acme)
	exec(t, first, `COMMIT`)
	after := w.membership(anna, acme)
	if after.UserStatus == between.UserStatus || after.Version <= between.Version {
		t.Errorf("versions %d, then %d with another user status; want more", between.Version, after.Version)
	}
}

func TestMembershipCannotBeMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	bert, carl := w.member(acme, "bert", tenancy.RoleMember), w.user("carl")
	_, err := w.root.Exec(t.Context(), `UPDATE tenant_users SET user_id = $2 WHERE user_id = $1`, bert, carl)
	if got, want := sqlState(err), "23000"; got != want {
		t.Errorf("moving a membership: SQLSTATE %q, want %q", got, want)
	}
}
