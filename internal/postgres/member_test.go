package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestAddMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert := w.user("anna"), w.user("bert")
	acme := w.tenant("acme", anna)
	caller := tenancy.Caller{User: anna, Session: newID(), RequestID: "r-1"}
	wanted := newMember(address("bert"), tenancy.RoleMember)

	added, changes, err := w.AddMember(t.Context(), caller, acme, wanted)
	if err != nil {
		t.Fatalf("AddMember: %v", err)
	}
	want := tenancy.Added{Member: &tenancy.Member{ID: wanted.MemberID, TenantID: acme, UserID: bert, Email: address("bert"),
		Name: "bert", Role: tenancy.RoleMember, Status: tenancy.StatusActive}}
	if diff := cmp.Diff(want, added, cmpopts.IgnoreFields(tenancy.Member{}, "JoinedAt")); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	if got := added.Member.JoinedAt; time.Since(got).Abs() > time.Minute || got.Location() != time.UTC {
		t.Errorf("joined at %v, want now, in UTC", got)
	}
	if diff := cmp.Diff([]tenancy.Change{{Key: tenancy.Key{User: bert, Tenant: acme}, Gives: true}}, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := w.membership(bert, acme).Role; got != tenancy.RoleMember {
		t.Errorf("role afterwards: %v, want member", got)
	}
	const audit = `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND actor_id = $2 AND session_id = $3 AND request_id = 'r-1'
		AND action = 'member.added' AND target = 'user:' || $4::uuid AND detail = '{"email": "bert@example.com", "role": "member"}'`
	if got := one[int](t, w.root, audit, acme, anna, caller.Session, bert); got != 1 {
		t.Errorf("got %d audit rows that say so, want 1", got)
	}
}

func TestAddMemberInvitesWhoHasNoAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	w.user("bert")
	gone := w.user("gone")
	exec(t, w.root, `UPDATE users SET status = 'deleted' WHERE id = $1`, gone)
	acme := w.tenant("acme", anna)
	for _, c := range []struct {
		name, who  string
		inviteOnly bool
	}{
		{"unknown address", "nobody", false},
		{"deleted account", "gone", false},
		{"an account, where members must consent", "bert", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			wanted := newMember(address(c.who), tenancy.RoleViewer)
			wanted.InviteOnly = c.inviteOnly
			added, changes, err := w.AddMember(t.Context(), tenancy.Caller{User: anna}, acme, wanted)
			if err != nil || added.Member != nil || added.Invitation == nil || changes != nil {
				t.Fatalf("AddMember = %+v, %v, %v, want an invitation and no change", added, changes, err)
			}
			want := tenancy.Invitation{ID: wanted.Invitation.ID, TenantID: acme, Email: address(c.who), Role: tenancy.RoleViewer,
				Status: "pending", InvitedBy: tenancy.Person{ID: anna, Email: address("anna"), Name: "anna"}, ExpiresAt: wanted.Invitation.ExpiresAt}
			ignore := cmpopts.IgnoreFields(tenancy.Invitation{}, "CreatedAt")
			if diff := cmp.Diff(want, *added.Invitation, ignore, cmpopts.EquateApproxTime(time.Millisecond)); diff != "" {
				t.Errorf("invitation (-want +got):\n%s", diff)
			}
			if _, err := w.add(anna, acme, address(c.who), tenancy.RoleViewer); !errors.Is(err, tenancy.ErrAlreadyMember) {
				t.Errorf("asked again: %v, want ErrAlreadyMember", err)
			}
		})
	}
}

func TestExpiredInvitationFreesSeatAndAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 2})
	if _, err := w.add(anna, acme, address("late"), tenancy.RoleMember); err != nil {
		t.Fatal(err)
	}
	if _, err := w.add(anna, acme, address("other"), tenancy.RoleMember); !errors.Is(err, tenancy.ErrSeatLimit) {
		t.Fatalf("while it is pending: %v, want ErrSeatLimit", err)
	}
	exec(t, w.root, `UPDATE invitations SET expires_at = now() - interval '1 s'`)
	if err := w.remove(anna, acme, address("late")); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("removing an expired invitation: %v, want ErrNotFound", err)
	}
	if _, err := w.add(anna, acme, address("late"), tenancy.RoleMember); err != nil {
		t.Errorf("inviting anew: %v", err)
	}
	seats, err := w.Seats(t.Context(), tenancy.Caller{User: anna}, acme)
	if want := (tenancy.Seats{Members: 1, Pending: 1, Max: 2}); err != nil || seats != want {
		t.Errorf("Seats = %+v, %v, want %+v", seats, err, want)
	}
}

func TestSeatsHoldUnderParallelAdds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 8})
	for i := range 10 { // half become members, half are invited
		w.user(fmt.Sprintf("user%d", 2*i))
	}
	var group sync.WaitGroup
	results := make([]error, 20)
	for i := range results {
		group.Go(func() { _, results[i] = w.add(anna, acme, address(fmt.Sprintf("user%d", i)), tenancy.RoleMember) })
	}
	group.Wait()
	added := 0
	for _, err := range results {
		if err == nil {
			added++
		} else if !errors.Is(err, tenancy.ErrSeatLimit) {
			t.Errorf("got %v, want success or ErrSeatLimit", err)
		}
	}
	seats, err := w.Seats(t.Context(), tenancy.Caller{User: anna}, acme)
	if err != nil || added != 7 || seats.Members+seats.Pending != 8 || seats.Available() != 0 {
		t.Errorf("added %d beside the admin, seats %+v, %v; want 7 added and 8 of 8 taken", added, seats, err)
	}
}

func TestSameAddressAddedInParallel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	var group sync.WaitGroup
	results := make([]error, 10)
	for i := range results {
		group.Go(func() { _, results[i] = w.add(anna, acme, address("bert"), tenancy.RoleMember) })
	}
	group.Wait()
	if got := countErrors(results, tenancy.ErrAlreadyMember); got != 9 {
		t.Errorf("%d of 10 were ErrAlreadyMember, want 9: %v", got, results)
	}
}

func countErrors(list []error, target error) (n int) {
	for _, err := range list {
		if errors.Is(err, target) {
			n++
		}
	}
	return n
}

func TestRemoveMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, other := w.tenant("acme", anna), w.tenant("other", w.user("olaf"))
	bert := w.member(acme, "bert", tenancy.RoleMember) // whose current tenant it is now
	carl := w.member(other, "carl", tenancy.RoleMember)
	if err := w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: acme, UserID: carl, Role: tenancy.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	caller := tenancy.Caller{User: anna}
	changes, err := w.RemoveMember(t.Context(), caller, acme, tenancy.MemberRef{Email: address("bert")})
	if err != nil {
		t.Fatalf("RemoveMember by address: %v", err)
	}
	want := []tenancy.Change{{Key: tenancy.Key{User: bert, Tenant: acme}}, {Key: tenancy.Key{User: bert}}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := w.membership(bert, acme).Role; got != tenancy.RoleNone {
		t.Errorf("role afterwards: %v, want none", got)
	}
	if current, err := w.CurrentTenant(t.Context(), bert); err != nil || !current.IsZero() {
		t.Errorf("current tenant afterwards: %v, %v, want none", current, err)
	}
	member := one[tenancy.MemberID](t, w.root, `SELECT id FROM tenant_users WHERE tenant_id = $1 AND user_id = $2`, acme, carl)
	if _, err := w.RemoveMember(t.Context(), caller, acme, tenancy.MemberRef{ID: member}); err != nil {
		t.Errorf("RemoveMember by id: %v", err)
	}
	if current, err := w.CurrentTenant(t.Context(), carl); err != nil || current != other {
		t.Errorf("another current tenant afterwards: %v, %v, want %v", current, err, other)
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'member.removed' AND actor_id = $2`, acme, anna); got != 2 {
		t.Errorf("got %d audit rows, want 2", got)
	}
}

func TestRemoveMemberRevokesAnInvitation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	if _, err := w.add(anna, acme, address("nobody"), tenancy.RoleMember); err != nil {
		t.Fatal(err)
	}
	if err := w.remove(anna, acme, address("nobody")); err != nil {
		t.Errorf("first: %v", err)
	}
	if err := w.remove(anna, acme, address("nobody")); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("second: %v, want ErrNotFound", err)
	}
	seats, err := w.Seats(t.Context(), tenancy.Caller{User: anna}, acme)
	if err != nil || seats.Pending != 0 {
		t.Errorf("Seats = %+v, %v, want nothing pending", seats, err)
	}
}

// An id of another tenant's member, or invitation, reads as if it did not exist.
func TestRemoveMemberOfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, olaf := w.user("anna"), w.user("olaf")
	acme, other := w.tenant("acme", anna), w.tenant("other", olaf)
	w.member(other, "bert", tenancy.RoleMember)
	if _, err := w.add(olaf, other, address("nobody"), tenancy.RoleMember); err != nil {
		t.Fatal(err)
	}
	foreign := one[tenancy.MemberID](t, w.root, `SELECT m.id FROM tenant_users m JOIN users u ON u.id = m.user_id WHERE u.name = 'bert'`)
	for _, ref := range []tenancy.MemberRef{{ID: foreign}, {Email: address("bert")}, {Email: address("nobody")}, {ID: newID()}, {}} {
		if _, err := w.RemoveMember(t.Context(), tenancy.Caller{User: anna}, acme, ref); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("RemoveMember(%+v) = %v, want ErrNotFound", ref, err)
		}
	}
	seats, err := w.Seats(t.Context(), tenancy.Caller{User: olaf}, other)
	if err != nil || seats.Members != 2 || seats.Pending != 1 {
		t.Errorf("the other tenant's seats: %+v, %v, want 2 members and 1 pending", seats, err)
	}
}

// withoutSecondWall leaves the invariant to the transactions alone.
func withoutSecondWall(w world) world {
	w.t.Helper()
	exec(w.t, w.root, `ALTER TABLE tenant_users DISABLE TRIGGER tenant_users_last_admin`)
	return w
}

func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	w := withoutSecondWall(newWorld(t))
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	w.member(acme, "bert", tenancy.RoleMember)
	sam := w.member(acme, "sam", tenancy.RoleAdmin)
	exec(t, w.root, `UPDATE users SET status = 'suspended' WHERE id = $1`, sam)
	if err := w.remove(anna, acme, address("anna")); !errors.Is(err, tenancy.ErrLastAdmin) {
		t.Errorf("the only admin who can act: %v, want ErrLastAdmin", err)
	}
	if err := w.remove(anna, acme, address("sam")); err != nil {
		t.Errorf("an admin beside: %v", err)
	}
}

// Every admin removes themselves, or all remove one another, at once: however
// they interleave, one is left.
func TestLastAdminStaysUnderParallelRemovals(t *testing.T) {
	t.Parallel()
	w := withoutSecondWall(newWorld(t))
	const admins = 6
	for slug, step := range map[string]int{"themselves": 0, "the-next": 1} {
		name := func(i int) string { return fmt.Sprintf("%s%d", slug, i%admins) }
		ids := []tenancy.UserID{w.user(name(0))}
		acme := w.tenant(slug, ids[0])
		for i := 1; i < admins; i++ {
			ids = append(ids, w.member(acme, name(i), tenancy.RoleAdmin))
		}
		var group sync.WaitGroup
		for i, id := range ids {
			group.Go(func() {
				err := w.remove(id, acme, address(name(i+step)))
				if err != nil && !errors.Is(err, tenancy.ErrLastAdmin) && !errors.Is(err, tenancy.ErrNotMember) {
					t.Errorf("removing %s: got %v, want success, ErrLastAdmin or ErrNotMember", slug, err)
				}
			})
		}
		group.Wait()
		left := one[int](t, w.root, `SELECT count(*) FROM tenant_users WHERE tenant_id = $1`, acme)
		if left < 1 || step == 0 && left != 1 {
			t.Errorf("removing %s: %d admins are left", slug, left)
		}
	}
}

// The second wall: SQL typed by a person, from two sessions at once.
func TestSchemaKeepsAnAdmin(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	bert := w.member(acme, "bert", tenancy.RoleAdmin)
	first, second := connect(t, dsn), connect(t, dsn)
	exec(t, first, `BEGIN`)
	exec(t, second, `BEGIN`)
	exec(t, first, `DELETE FROM tenant_users WHERE user_id = $1`, anna)
	exec(t, second, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, bert)
	exec(t, first, `COMMIT`)
	_, err := second.Exec(t.Context(), `COMMIT`)
	if got := sqlState(err); got != "23000" {
		t.Errorf("demoting the last admin: SQLSTATE %q, want 23000", got)
	}
	exec(t, w.root, `SELECT set_config('app.erasing', $1, false)`, acme.String())
	exec(t, w.root, `DELETE FROM tenants WHERE id = $1`, acme) // an erasure is no such case
}
