package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func ref[T any](value T) *T { return &value }

// platformAdmin makes one who is in no tenant.
func (w world) platformAdmin(name string) tenancy.UserID {
	w.t.Helper()
	id := w.user(name)
	exec(w.t, w.root, `UPDATE users SET role = 'platform_admin' WHERE id = $1`, id)
	return id
}

func (w world) update(by tenancy.UserID, id tenancy.TenantID, change tenancy.TenantChange) (tenancy.TenantEntry, error) {
	entry, _, err := w.UpdateTenant(w.t.Context(), tenancy.Caller{User: by}, id, change)
	return entry, err
}

// actions returns what a tenant's log tells of, in order.
func (w world) actions(id tenancy.TenantID) []string {
	w.t.Helper()
	return one[[]string](w.t, w.root, `SELECT array_agg(action ORDER BY seq) FROM audit_log WHERE tenant_id = $1`, id)
}

func TestCreateTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	wanted := tenancy.NewTenant{ID: newID(), MemberID: newID(), Name: "Acme", Slug: "acme"}
	made, changes, err := w.CreateTenant(t.Context(), tenancy.Caller{User: anna}, wanted)
	if err != nil || made.Slug != "acme" || made.Name != "Acme" || made.Role != tenancy.RoleAdmin || made.Status != tenancy.StatusActive || made.Version == 0 {
		t.Errorf("CreateTenant = %+v, %v, want an active tenant of its admin", made, err)
	}
	want := []tenancy.Change{{Key: tenancy.Key{User: anna, Tenant: wanted.ID}, Names: []tenancy.Name{{Kind: tenancy.BySlug, Value: "acme"}}}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := w.membership(anna, wanted.ID).Role; got != tenancy.RoleAdmin {
		t.Errorf("role of the creator: %v, want admin", got)
	}
	if diff := cmp.Diff([]string{"tenant.created", "member.added"}, w.actions(wanted.ID)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	wanted.ID, wanted.MemberID = newID(), newID()
	if _, _, err := w.CreateTenant(t.Context(), tenancy.Caller{User: anna}, wanted); !errors.Is(err, tenancy.ErrSlugTaken) {
		t.Errorf("the same slug again: %v, want ErrSlugTaken", err)
	}
	wanted.Slug = "other"
	if _, _, err := w.CreateTenant(t.Context(), tenancy.Caller{User: newID()}, wanted); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("by nobody: %v, want ErrUserInactive", err)
	}
}

// Who may change what, and what a refusal leaves behind: nothing.
func TestUpdateTenantRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, root, olaf := w.user("anna"), w.platformAdmin("root"), w.user("olaf")
	acme := w.tenant("acme", anna)
	w.tenant("other", olaf)
	vera := w.member(acme, "vera", tenancy.RoleMember)
	byAdmin := map[string]tenancy.TenantChange{
		"name": {Name: ref("New")}, "slug": {Slug: ref("newer")}, "domain": {Domain: ref("a.example.com"), DomainToken: "t"},
	}
	byPlatform := map[string]tenancy.TenantChange{
		"max_users": {MaxUsers: ref(7)}, "status": {Status: ref(tenancy.StatusSuspended)}, "both": {Name: ref("X"), MaxUsers: ref(7)},
	}
	refused := func(changes map[string]tenancy.TenantChange, by tenancy.UserID, id tenancy.TenantID, want error) {
		t.Helper()
		for name, change := range changes {
			if _, err := w.update(by, id, change); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
		}
	}
	before := one[string](t, w.root, `SELECT t::text FROM tenants t WHERE id = $1`, acme)
	refused(byAdmin, vera, acme, tenancy.ErrRoleRequired)
	refused(byPlatform, vera, acme, tenancy.ErrRoleRequired)
	refused(byPlatform, anna, acme, tenancy.ErrRoleRequired)
	refused(byAdmin, olaf, acme, tenancy.ErrNotMember)
	refused(byPlatform, olaf, acme, tenancy.ErrNotMember)
	refused(byAdmin, anna, newID(), tenancy.ErrNotMember)
	refused(byAdmin, root, newID(), tenancy.ErrNotMember)
	if after := one[string](t, w.root, `SELECT t::text FROM tenants t WHERE id = $1`, acme); after != before {
		t.Errorf("refused changes changed %s\nto %s", before, after)
	}
	for _, change := range byAdmin {
		if _, err := w.update(anna, acme, change); err != nil {
			t.Errorf("by its admin: %v", err)
		}
	}
	for _, change := range byPlatform {
		if _, err := w.update(root, acme, change); err != nil {
			t.Errorf("by a platform admin: %v", err)
		}
	}
	refused(byAdmin, anna, acme, tenancy.ErrTenantSuspended)
}

func TestUpdateTenantVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	first, err := w.InspectTenant(t.Context(), tenancy.Caller{User: anna}, acme)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.update(anna, acme, tenancy.TenantChange{Name: ref("Second"), Match: tenancy.MatchVersions(first.Version)})
	if err != nil || second.Version == first.Version {
		t.Fatalf("in the version that is there: %+v, %v, want a new version", second, err)
	}
	if _, err := w.update(anna, acme, tenancy.TenantChange{Name: ref("Third"), Match: tenancy.MatchVersions(first.Version)}); !errors.Is(err, tenancy.ErrVersionMismatch) {
		t.Errorf("in an old version: %v, want ErrVersionMismatch", err)
	}
	same, changes, err := w.UpdateTenant(t.Context(), tenancy.Caller{User: anna}, acme, tenancy.TenantChange{Name: ref("Second")})
	if err != nil || same.Version != second.Version || changes != nil {
		t.Errorf("to what it is already: version %d, %v, %v, want %d and no change", same.Version, changes, err, second.Version)
	}
}

func TestSlugChangesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	w.tenant("taken", w.user("olaf"))
	if _, err := w.update(anna, acme, tenancy.TenantChange{Slug: ref("taken")}); !errors.Is(err, tenancy.ErrSlugTaken) {
		t.Errorf("another's slug: %v, want ErrSlugTaken", err)
	}
	_, changes, err := w.UpdateTenant(t.Context(), tenancy.Caller{User: anna}, acme, tenancy.TenantChange{Slug: ref("newer")})
	want := []tenancy.Change{{Key: tenancy.Key{Tenant: acme}, Names: []tenancy.Name{{Value: "acme"}, {Value: "newer"}}}}
	if diff := cmp.Diff(want, changes); err != nil || diff != "" {
		t.Errorf("%v, changes (-want +got):\n%s", err, diff)
	}
	w.tenant("acme", anna) // the old slug is free
}

func TestDomainIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, olaf := w.user("anna"), w.user("olaf")
	acme, other := w.tenant("acme", anna), w.tenant("other", olaf)
	const domain = "calls.example.com"
	for by, id := range map[tenancy.UserID]tenancy.TenantID{anna: acme, olaf: other} { // both ask, nobody has it
		entry, err := w.update(by, id, tenancy.TenantChange{Domain: ref(domain), DomainToken: "token-" + id.String()})
		if err != nil || entry.Domain != "" {
			t.Fatalf("asking: %+v, %v, want no domain in force", entry, err)
		}
	}
	by := tenancy.Caller{User: anna}
	proof, err := w.DomainProof(t.Context(), by, acme)
	if want := (tenancy.DomainProof{Pending: domain, Token: "token-" + acme.String()}); err != nil || proof != want {
		t.Fatalf("DomainProof = %+v, %v, want %+v", proof, err, want)
	}
	if _, err := w.update(anna, acme, tenancy.TenantChange{Domain: ref(domain), DomainToken: "another"}); err != nil {
		t.Fatal(err)
	}
	if again, err := w.DomainProof(t.Context(), by, acme); err != nil || again != proof {
		t.Errorf("asked for again: %+v, %v, want the token of before", again, err)
	}
	stale := proof
	stale.Token = "of an earlier try"
	if _, _, err := w.TakeDomain(t.Context(), by, acme, stale); !errors.Is(err, tenancy.ErrDomainUnproven) {
		t.Errorf("with another token: %v, want ErrDomainUnproven", err)
	}
	taken, changes, err := w.TakeDomain(t.Context(), by, acme, proof)
	if err != nil || taken.Domain != domain || taken.Pending != "" || taken.VerifiedAt.IsZero() {
		t.Fatalf("TakeDomain = %+v, %v, want it in force", taken, err)
	}
	want := []tenancy.Change{{Key: tenancy.Key{Tenant: acme}, Names: []tenancy.Name{{Kind: tenancy.ByDomain, Value: domain}}}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if id, err := w.TenantNamed(t.Context(), want[0].Names[0]); err != nil || id != acme {
		t.Errorf("TenantNamed = %v, %v, want acme", id, err)
	}
	theirs, err := w.DomainProof(t.Context(), tenancy.Caller{User: olaf}, other)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.TakeDomain(t.Context(), tenancy.Caller{User: olaf}, other, theirs); !errors.Is(err, tenancy.ErrDomainTaken) {
		t.Errorf("the second to prove it: %v, want ErrDomainTaken", err)
	}
	if _, err := w.update(olaf, other, tenancy.TenantChange{Domain: ref(domain), DomainToken: "x"}); !errors.Is(err, tenancy.ErrDomainTaken) {
		t.Errorf("asking for a domain in force: %v, want ErrDomainTaken", err)
	}
	if entry, err := w.update(anna, acme, tenancy.TenantChange{Domain: ref("")}); err != nil || entry.Domain != "" {
		t.Errorf("giving it up: %+v, %v, want none", entry, err)
	}
	if id, err := w.TenantNamed(t.Context(), want[0].Names[0]); err != nil || !id.IsZero() {
		t.Errorf("TenantNamed afterwards = %v, %v, want nobody", id, err)
	}
}

func TestDeleteAndRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, root, olaf := w.user("anna"), w.platformAdmin("root"), w.user("olaf")
	acme := w.tenant("acme", anna)
	vera := w.member(acme, "vera", tenancy.RoleMember)
	remove := func(by tenancy.UserID) error {
		_, err := w.DeleteTenant(t.Context(), tenancy.Caller{User: by}, acme, tenancy.Match{})
		return err
	}
	restore := func(by tenancy.UserID) (tenancy.TenantEntry, error) {
		entry, _, err := w.RestoreTenant(t.Context(), tenancy.Caller{User: by}, acme)
		return entry, err
	}
	for by, want := range map[tenancy.UserID]error{vera: tenancy.ErrRoleRequired, olaf: tenancy.ErrNotMember} {
		if err := remove(by); !errors.Is(err, want) {
			t.Errorf("deleting: %v, want %v", err, want)
		}
	}
	if entry, err := restore(anna); err != nil || entry.Status != tenancy.StatusActive {
		t.Errorf("restoring what is not deleted: %+v, %v, want it as it is", entry, err)
	}
	if err := remove(anna); err != nil {
		t.Fatalf("deleting: %v", err)
	}
	if got := w.membership(anna, acme).TenantStatus; got != tenancy.StatusDeleted {
		t.Errorf("status: %s, want deleted", got)
	}
	for by, want := range map[tenancy.UserID]error{vera: tenancy.ErrRoleRequired, olaf: tenancy.ErrNotMember} {
		if _, err := restore(by); !errors.Is(err, want) {
			t.Errorf("restoring: %v, want %v", err, want)
		}
	}
	for name, err := range map[string]error{
		"delete again": remove(anna),
		"update":       func() error { _, err := w.update(anna, acme, tenancy.TenantChange{Name: ref("x")}); return err }(),
		"inspect":      func() error { _, err := w.InspectTenant(t.Context(), tenancy.Caller{User: anna}, acme); return err }(),
	} {
		if !errors.Is(err, tenancy.ErrNotMember) {
			t.Errorf("%s: %v, want ErrNotMember", name, err)
		}
	}
	if err := remove(root); err != nil {
		t.Errorf("deleting again as platform admin: %v", err)
	}
	if _, err := w.update(root, acme, tenancy.TenantChange{Status: ref(tenancy.StatusActive)}); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("activating a deleted tenant: %v, want ErrNotFound: it has to be restored", err)
	}
	if entry, err := restore(anna); err != nil || entry.Status != tenancy.StatusActive || entry.Role != tenancy.RoleAdmin {
		t.Errorf("restoring: %+v, %v, want it active", entry, err)
	}
	want := []string{"tenant.created", "member.added", "member.added", "tenant.deleted", "tenant.restored"}
	if diff := cmp.Diff(want, w.actions(acme)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// Deleting and restoring is no way out of a suspension.
func TestRestoredAsSuspendedAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, root := w.user("anna"), w.platformAdmin("root")
	acme := w.tenant("acme", anna)
	if _, err := w.update(root, acme, tenancy.TenantChange{Status: ref(tenancy.StatusSuspended)}); err != nil {
		t.Fatal(err)
	}
	if entry, err := w.InspectTenant(t.Context(), tenancy.Caller{User: anna}, acme); err != nil || entry.Status != tenancy.StatusSuspended {
		t.Errorf("its admin sees %+v, %v, want it suspended", entry, err)
	}
	if _, err := w.DeleteTenant(t.Context(), tenancy.Caller{User: anna}, acme, tenancy.Match{}); !errors.Is(err, tenancy.ErrTenantSuspended) {
		t.Errorf("deleting by its admin: %v, want ErrTenantSuspended", err)
	}
	if _, err := w.DeleteTenant(t.Context(), tenancy.Caller{User: root}, acme, tenancy.Match{}); err != nil {
		t.Fatal(err)
	}
	entry, _, err := w.RestoreTenant(t.Context(), tenancy.Caller{User: anna}, acme)
	if err != nil || entry.Status != tenancy.StatusSuspended {
		t.Errorf("restored: %+v, %v, want it suspended", entry, err)
	}
	exec(t, w.root, `UPDATE users SET status = 'suspended' WHERE id = $1`, anna)
	if _, err := w.update(root, acme, tenancy.TenantChange{Status: ref(tenancy.StatusActive)}); !errors.Is(err, tenancy.ErrLastAdmin) {
		t.Errorf("activating without an active admin: %v, want ErrLastAdmin", err)
	}
}

// Whoever may restore a tenant is told of it, and nobody else is.
func TestDeletedTenantsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boss := w.user("anna"), w.user("boss")
	gone, due, kept, bosses, left := w.tenant("gone", anna), w.tenant("due", anna), w.tenant("kept", anna), w.tenant("bosses", boss), w.tenant("left", anna)
	for _, tenant := range []tenancy.TenantID{bosses, left} {
		// In this order: a tenant is never without an admin.
		for _, one := range []struct {
			user tenancy.UserID
			role string
		}{{boss, "admin"}, {anna, "member"}} {
			exec(t, w.root, `INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)
				ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = $4`, newID(), tenant, one.user, one.role)
		}
	}
	exec(t, w.root, `UPDATE tenant_users SET role = 'admin', status = 'suspended' WHERE tenant_id = $1 AND user_id = $2`, left, anna)
	exec(t, w.root, `UPDATE tenants SET status = 'deleted', deleted_at = now() WHERE id <> $1`, kept)
	exec(t, w.root, `UPDATE tenants SET deleted_at = now() - interval '30 days 1 s' WHERE id = $1`, due)

	for user, want := range map[tenancy.UserID][]string{anna: {"gone admin"}, boss: {"bosses admin", "left admin"}} {
		got := pages(t, func(p tenancy.Page) ([]tenancy.TenantEntry, error) {
			return w.DeletedTenantsOf(t.Context(), tenancy.Caller{User: user}, p)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of %v (-want +got):\n%s", user, diff)
		}
	}
	if _, _, err := w.RestoreTenant(t.Context(), tenancy.Caller{User: anna}, gone); err != nil {
		t.Errorf("restoring what is listed: %v", err)
	}
}

func (w world) purge() (changes []tenancy.Change, calls int) {
	w.t.Helper()
	for more := true; more; calls++ {
		var changed []tenancy.Change
		var err error
		if more, changed, err = w.PurgeSome(w.t.Context()); err != nil {
			w.t.Fatalf("PurgeSome: %v", err)
		}
		changes = append(changes, changed...)
	}
	return changes, calls
}

func TestPurge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	gone := w.tenantOf(postgres.NewTenant{Slug: "gone", Domain: "gone.example.com", Admin: anna, MaxUsers: 2000})
	fresh, kept := w.tenant("fresh", anna), w.tenant("kept", anna)
	exec(t, w.root, `WITH people AS (INSERT INTO users (id, email) SELECT gen_random_uuid(), 'p' || n || '@example.com' FROM generate_series(1, 1200) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, id, 'viewer' FROM people`, gone)
	exec(t, w.root, `INSERT INTO tenant_configs VALUES ($1, 'custom.x', '1')`, gone)
	if _, err := w.add(anna, gone, address("nobody"), tenancy.RoleMember); err != nil {
		t.Fatal(err)
	}
	for _, id := range []tenancy.TenantID{gone, fresh} {
		if _, err := w.DeleteTenant(t.Context(), tenancy.Caller{User: anna}, id, tenancy.Match{}); err != nil {
			t.Fatal(err)
		}
	}
	if changes, _ := w.purge(); changes != nil {
		t.Errorf("nothing is due, purged %+v", changes)
	}
	exec(t, w.root, `UPDATE tenants SET deleted_at = now() - interval '30 days 1 s' WHERE id = $1`, gone)
	exec(t, w.root, `UPDATE tenants SET deleted_at = now() - interval '29 days 23 h' WHERE id = $1`, fresh)
	if _, _, err := w.RestoreTenant(t.Context(), tenancy.Caller{User: anna}, gone); !errors.Is(err, tenancy.ErrNotMember) {
		t.Errorf("restoring what is due: %v, want ErrNotMember", err)
	}
	changes, calls := w.purge()
	want := []tenancy.Change{{Key: tenancy.Key{Tenant: gone}, Names: []tenancy.Name{
		{Kind: tenancy.BySlug, Value: "gone"}, {Kind: tenancy.ByDomain, Value: "gone.example.com"}}}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if calls < 5 { // 1201 members are three batches
		t.Errorf("purged in %d transactions, want bounded batches", calls)
	}
	for _, table := range []string{"tenant_users", "tenant_configs", "invitations", "audit_log"} {
		if n := one[int](t, w.root, `SELECT count(*) FROM `+table+` WHERE tenant_id = $1`, gone); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	if got := one[[]string](t, w.root, `SELECT array_agg(slug ORDER BY slug) FROM tenants`); fmt.Sprint(got) != "[fresh kept]" {
		t.Errorf("left are %v, want fresh and kept", got)
	}
	if n := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id IS NULL AND action = 'tenant.purged' AND target = 'tenant:' || $1::uuid`, gone); n != 1 {
		t.Errorf("the platform's log tells of it %d times, want once", n)
	}
	_ = kept
}

// One replica purges at a time; the others find nothing to do.
func TestPurgeTakesTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	gone := w.tenant("gone", anna)
	if _, err := w.DeleteTenant(t.Context(), tenancy.Caller{User: anna}, gone, tenancy.Match{}); err != nil {
		t.Fatal(err)
	}
	exec(t, w.root, `UPDATE tenants SET deleted_at = now() - interval '31 days'`)
	exec(t, w.root, `BEGIN`)
	exec(t, w.root, `SELECT pg_advisory_xact_lock(8387796480733701377)`) // that of the other replica
	// Whoever waited for the lock would wait in vain, and be told so by the server.
	if more, changes, err := w.PurgeSome(t.Context()); more || changes != nil || err != nil {
		t.Errorf("while another is at it: %v, %v, %v, want nothing to do, at once", more, changes, err)
	}
	exec(t, w.root, `COMMIT`)
	if changes, _ := w.purge(); len(changes) != 1 {
		t.Errorf("afterwards: %+v, want it purged", changes)
	}
}

// The gateway's role cannot purge what is not due, whatever it asks.
func TestPurgeHasItsOwnGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	exec(t, w.root, `SET ROLE tenantgate_app`)
	_, err := w.root.Exec(t.Context(), `SELECT purge_tenant($1, 100)`, acme)
	if got := sqlState(err); got != "55000" {
		t.Errorf("purging a living tenant: SQLSTATE %q, want 55000", got)
	}
}
