package postgres_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Every use case that names a caller and a tenant, with the role it needs.
func TestCallersRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, asleep, deleted := w.tenant("acme", anna), w.tenant("asleep", anna), w.tenant("deleted", anna)
	viewer := w.member(acme, "viewer", tenancy.RoleViewer)
	member := w.member(acme, "member", tenancy.RoleMember)
	benched := w.member(acme, "benched", tenancy.RoleAdmin)
	banned := w.member(acme, "banned", tenancy.RoleAdmin)
	stranger := w.user("stranger")
	exec(t, w.root, `UPDATE tenants SET status = 'suspended' WHERE id = $1`, asleep)
	exec(t, w.root, `UPDATE tenants SET status = 'deleted' WHERE id = $1`, deleted)
	exec(t, w.root, `UPDATE tenant_users SET status = 'suspended' WHERE user_id = $1`, benched)
	exec(t, w.root, `UPDATE users SET status = 'suspended' WHERE id = $1`, banned)

	useCases := map[string]func(tenancy.Caller, tenancy.TenantID) error{
		"Tenant": func(c tenancy.Caller, id tenancy.TenantID) error {
			_, err := w.Tenant(t.Context(), c, id)
			return err
		},
		"Seats": func(c tenancy.Caller, id tenancy.TenantID) error {
			_, err := w.Seats(t.Context(), c, id)
			return err
		},
		"SwitchTenant": func(c tenancy.Caller, id tenancy.TenantID) error {
			_, _, err := w.SwitchTenant(t.Context(), c, id)
			return err
		},
	}
	writes := map[string]func(tenancy.Caller, tenancy.TenantID) error{
		"AddMember": func(c tenancy.Caller, id tenancy.TenantID) error {
			_, _, err := w.AddMember(t.Context(), c, id, newMember(address("anna"), tenancy.RoleMember))
			if errors.Is(err, tenancy.ErrAlreadyMember) {
				return nil // past the check
			}
			return err
		},
		"RemoveMember": func(c tenancy.Caller, id tenancy.TenantID) error {
			_, err := w.RemoveMember(t.Context(), c, id, tenancy.MemberRef{Email: address("nobody")})
			if errors.Is(err, tenancy.ErrNotFound) {
				return nil
			}
			return err
		},
	}
	for _, c := range []struct {
		name        string
		user        tenancy.UserID
		tenant      tenancy.TenantID
		read, write error
	}{
		{"an admin", anna, acme, nil, nil},
		{"a member", member, acme, nil, tenancy.ErrRoleRequired},
		{"a viewer", viewer, acme, nil, tenancy.ErrRoleRequired},
		{"a stranger", stranger, acme, tenancy.ErrNotMember, tenancy.ErrNotMember},
		{"a suspended member", benched, acme, tenancy.ErrNotMember, tenancy.ErrNotMember},
		{"a suspended user", banned, acme, tenancy.ErrUserInactive, tenancy.ErrUserInactive},
		{"an unknown user", newID(), acme, tenancy.ErrUserInactive, tenancy.ErrUserInactive},
		{"an unknown tenant", anna, newID(), tenancy.ErrNotMember, tenancy.ErrNotMember},
		{"a deleted tenant", anna, deleted, tenancy.ErrNotMember, tenancy.ErrNotMember},
		{"a suspended tenant", anna, asleep, tenancy.ErrTenantSuspended, tenancy.ErrTenantSuspended},
		{"a stranger to a suspended tenant", stranger, asleep, tenancy.ErrNotMember, tenancy.ErrNotMember},
	} {
		for name, do := range useCases {
			if err := do(tenancy.Caller{User: c.user}, c.tenant); !errors.Is(err, c.read) {
				t.Errorf("%s by %s: got %v, want %v", name, c.name, err, c.read)
			}
		}
		for name, do := range writes {
			if err := do(tenancy.Caller{User: c.user}, c.tenant); !errors.Is(err, c.write) {
				t.Errorf("%s by %s: got %v, want %v", name, c.name, err, c.write)
			}
		}
	}
}

// An admin whose removal is under way waits for it, and is then nobody: their
// rights are read after the lock, not before.
func TestRightsAreCheckedUnderTheLock(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	bert := w.member(acme, "bert", tenancy.RoleAdmin)
	w.user("friend")
	removal := connect(t, dsn)
	exec(t, removal, `BEGIN`)
	exec(t, removal, `SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE`, acme)
	exec(t, removal, `DELETE FROM tenant_users WHERE user_id = $1`, bert)

	var group sync.WaitGroup
	var err error
	group.Go(func() { _, err = w.add(bert, acme, address("friend"), tenancy.RoleAdmin) })
	waitFor(t, func() bool {
		return one[int](t, w.root, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'tenantgate' AND wait_event_type = 'Lock'`) == 1
	})
	exec(t, removal, `COMMIT`)
	group.Wait()
	if !errors.Is(err, tenancy.ErrNotMember) {
		t.Errorf("adding while being removed: %v, want ErrNotMember", err)
	}
}
