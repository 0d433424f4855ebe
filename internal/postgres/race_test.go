package postgres_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// together runs all at the same moment.
func together(all ...func() error) []error {
	results := make([]error, len(all))
	tenancytest.Together(len(all), func(i int) { results[i] = all[i]() })
	return results
}

// twoReplicas returns a world and another store on its database.
func twoReplicas(t *testing.T) (world, [2]*postgres.Store) {
	t.Helper()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	return w, [2]*postgres.Store{w.Store, open(t, dsn)}
}

// 50 adds at once through two replicas, on 9 of 10 seats, twenty times over.
func TestOneSeatLeft(t *testing.T) {
	t.Parallel()
	w, replicas := twoReplicas(t)
	anna := w.user("anna")
	for round := range 20 {
		acme := w.tenantOf(postgres.NewTenant{Slug: fmt.Sprint("acme", round), Admin: anna, MaxUsers: 10})
		for i := range 8 {
			w.member(acme, fmt.Sprintf("seat%d-%d", round, i), tenancy.RoleViewer)
		}
		adds := make([]func() error, 50)
		for i := range adds {
			if name := fmt.Sprintf("guest%d-%d", round, i); i%4 == 0 {
				w.user(name) // some become members, the others are invited
			}
			adds[i] = func() error {
				_, _, err := replicas[i%2].AddMember(t.Context(), tenancy.Caller{User: anna}, acme, newMember(address(fmt.Sprintf("guest%d-%d", round, i)), tenancy.RoleViewer))
				return err
			}
		}
		results := together(adds...)
		if full := countErrors(results, tenancy.ErrSeatLimit); full != 49 {
			t.Fatalf("round %d: %d of 50 were refused for the seats, want 49: %v", round, full, results)
		}
		seats, err := w.Seats(t.Context(), tenancy.Caller{User: anna}, acme)
		if err != nil || seats.Members+seats.Pending != 10 {
			t.Fatalf("round %d: %+v, %v, want 10 of 10 taken", round, seats, err)
		}
	}
}

// Two admins, two replicas, at once: whichever way each goes, one is left. The
// second wall is down, so that it is the transactions that hold.
func TestAnAdminIsAlwaysLeft(t *testing.T) {
	t.Parallel()
	w, replicas := twoReplicas(t)
	w = withoutSecondWall(w)
	type way func(store *postgres.Store, tenant tenancy.TenantID, me, other tenancy.UserID) error
	memberOf := func(tenant tenancy.TenantID, user tenancy.UserID) tenancy.MemberRef {
		return tenancy.MemberRef{ID: one[tenancy.MemberID](t, w.root, `SELECT id FROM tenant_users WHERE tenant_id = $1 AND user_id = $2`, tenant, user)}
	}
	var refs sync.Map // looked up before the race, which the superuser's connection is no part of
	find := func(tenant tenancy.TenantID, user tenancy.UserID) tenancy.MemberRef {
		found, _ := refs.Load([2]any{tenant, user})
		return found.(tenancy.MemberRef)
	}
	removal := func(s *postgres.Store, tenant tenancy.TenantID, me, other tenancy.UserID) error {
		_, err := s.RemoveMember(t.Context(), tenancy.Caller{User: me}, tenant, find(tenant, other))
		return err
	}
	change := func(c tenancy.MemberChange) way {
		return func(s *postgres.Store, tenant tenancy.TenantID, me, other tenancy.UserID) error {
			_, _, err := s.UpdateMember(t.Context(), tenancy.Caller{User: me}, tenant, find(tenant, other), c)
			return err
		}
	}
	demotion, suspension := change(tenancy.MemberChange{Role: ref(tenancy.RoleMember)}), change(tenancy.MemberChange{Status: ref(tenancy.StatusSuspended)})
	leave := func(s *postgres.Store, tenant tenancy.TenantID, me, _ tenancy.UserID) error {
		_, err := s.LeaveTenant(t.Context(), tenancy.Caller{User: me}, tenant)
		return err
	}
	ways := []way{removal, demotion, leave, suspension}
	anna, bert := w.user("anna"), w.user("bert")
	for round := range 200 {
		acme := w.tenant(fmt.Sprint("acme", round), anna)
		if err := w.SeedMember(t.Context(), tenancy.Member{ID: newID(), TenantID: acme, UserID: bert, Role: tenancy.RoleAdmin}); err != nil {
			t.Fatal(err)
		}
		refs.Store([2]any{acme, anna}, memberOf(acme, anna))
		refs.Store([2]any{acme, bert}, memberOf(acme, bert))
		first, second := ways[round%4], ways[round/4%4]
		results := together(
			func() error { return first(replicas[0], acme, anna, bert) },
			func() error { return second(replicas[1], acme, bert, anna) },
		)
		for _, err := range results {
			if err != nil && !errors.Is(err, tenancy.ErrLastAdmin) && !errors.Is(err, tenancy.ErrNotMember) && !errors.Is(err, tenancy.ErrRoleRequired) && !errors.Is(err, tenancy.ErrNotFound) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if left := one[int](t, w.root, `SELECT count(*) FROM tenant_users WHERE tenant_id = $1 AND role = 'admin' AND status = 'active'`, acme); left != 1 {
			t.Fatalf("round %d (ways %d and %d): %d admins are left, want 1: %v", round, round%4, round/4%4, left, results)
		}
	}
}

// The token of an invitation, and what it was made from.
func (w world) invite(by tenancy.UserID, id tenancy.TenantID, name string) (tenancy.InvitationID, []byte) {
	w.t.Helper()
	wanted := newMember(address(name), tenancy.RoleMember)
	wanted.InviteOnly = true
	added, _, err := w.AddMember(w.t.Context(), tenancy.Caller{User: by}, id, wanted)
	if err != nil {
		w.t.Fatalf("inviting %s: %v", name, err)
	}
	return added.Invitation.ID, wanted.Invitation.TokenHash
}

func accept(t *testing.T, store *postgres.Store, user tenancy.UserID, a tenancy.Acceptance) (tenancy.Accepted, error) {
	a.MemberID = newID()
	accepted, _, err := store.AcceptInvitation(t.Context(), tenancy.Caller{User: user}, a)
	return accepted, err
}

func TestParallelAcceptsMakeOneMember(t *testing.T) {
	t.Parallel()
	w, replicas := twoReplicas(t)
	anna, bert := w.user("anna"), w.user("bert")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 2})
	id, hash := w.invite(anna, acme, "bert")
	members := make([]tenancy.MemberID, 40)
	all := make([]func() error, 40)
	for i := range all {
		acceptance := tenancy.Acceptance{TokenHash: hash}
		if i%3 == 0 {
			acceptance = tenancy.Acceptance{ID: id}
		}
		all[i] = func() error {
			accepted, err := accept(t, replicas[i%2], bert, acceptance)
			members[i] = accepted.Member.ID
			return err
		}
	}
	for i, err := range together(all...) {
		if err != nil || members[i] != members[0] {
			t.Errorf("acceptance %d: member %v, %v, want the same as the first", i, members[i], err)
		}
	}
	if n := one[int](t, w.root, `SELECT count(*) FROM tenant_users WHERE tenant_id = $1`, acme); n != 2 {
		t.Errorf("%d members, want the admin and one more", n)
	}
	if n := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'invitation.accepted'`, acme); n != 1 {
		t.Errorf("the log tells of %d acceptances, want 1", n)
	}
}

func TestInvitationsAreBoundToTheirAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert, eve := w.user("anna"), w.user("bert"), w.user("eve")
	acme := w.tenant("acme", anna)
	id, hash := w.invite(anna, acme, "bert")
	claimant := tenancy.UserID(newID())
	exec(t, w.root, `INSERT INTO users (id, email, name, email_verified_at) VALUES ($1, 'bert@example.com', 'Not Bert', NULL)`, claimant)
	gone := func(what string, user tenancy.UserID, a tenancy.Acceptance) {
		t.Helper()
		if _, err := accept(t, w.Store, user, a); !errors.Is(err, tenancy.ErrInvitationGone) {
			t.Errorf("%s: %v, want ErrInvitationGone", what, err)
		}
	}
	other := sha256.Sum256([]byte("another token"))
	gone("another address, with the token", eve, tenancy.Acceptance{TokenHash: hash})
	gone("another address, with the id", eve, tenancy.Acceptance{ID: id})
	gone("an address that is only claimed, with the id", claimant, tenancy.Acceptance{ID: id})
	gone("another token", bert, tenancy.Acceptance{TokenHash: other[:]})
	gone("no id", bert, tenancy.Acceptance{ID: newID()})
	if n := one[int](t, w.root, `SELECT count(*) FROM tenant_users WHERE tenant_id = $1`, acme); n != 1 {
		t.Fatalf("%d members, want the admin alone", n)
	}

	by := tenancy.Caller{User: anna}
	renewed := newMember(address("bert"), tenancy.RoleMember).Invitation
	if _, err := w.ResendInvitation(t.Context(), by, acme, id, renewed); err != nil {
		t.Fatalf("ResendInvitation: %v", err)
	}
	gone("the link before it was sent again", bert, tenancy.Acceptance{TokenHash: hash})
	exec(t, w.root, `UPDATE invitations SET expires_at = now() WHERE id = $1`, id)
	gone("out of time", bert, tenancy.Acceptance{TokenHash: renewed.TokenHash})
	renewed = newMember(address("bert"), tenancy.RoleMember).Invitation
	if _, err := w.ResendInvitation(t.Context(), by, acme, id, renewed); err != nil {
		t.Fatalf("ResendInvitation of an expired one: %v", err)
	}
	for range 2 {
		if err := w.RevokeInvitation(t.Context(), by, acme, id); err != nil {
			t.Errorf("RevokeInvitation: %v", err)
		}
	}
	gone("revoked", bert, tenancy.Acceptance{TokenHash: renewed.TokenHash})
	if _, err := w.ResendInvitation(t.Context(), by, acme, id, renewed); !errors.Is(err, tenancy.ErrInvitationGone) {
		t.Errorf("resending a revoked one: %v, want ErrInvitationGone", err)
	}

	id, hash = w.invite(anna, acme, "bert")
	for range 2 {
		if accepted, err := accept(t, w.Store, bert, tenancy.Acceptance{TokenHash: hash}); err != nil || accepted.Member.UserID != bert || accepted.Tenant.ID != acme {
			t.Errorf("accepting: %+v, %v", accepted, err)
		}
	}
	if err := w.RevokeInvitation(t.Context(), by, acme, id); !errors.Is(err, tenancy.ErrInvitationGone) {
		t.Errorf("revoking an accepted one: %v, want ErrInvitationGone", err)
	}
	if err := w.remove(anna, acme, address("bert")); err != nil {
		t.Fatal(err)
	}
	gone("accepted, and removed since", bert, tenancy.Acceptance{TokenHash: hash})
}

// Ids of another tenant read as if they did not exist, and change nothing.
func TestForeignIDsDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, olaf := w.user("anna"), w.user("olaf")
	acme, other := w.tenant("acme", anna), w.tenant("other", olaf)
	w.member(other, "bert", tenancy.RoleMember)
	invitation, _ := w.invite(olaf, other, "nobody")
	if _, _, _, err := w.SetSetting(t.Context(), tenancy.Caller{User: olaf}, other, "custom.x", []byte(`1`), tenancy.Match{}); err != nil {
		t.Fatal(err)
	}
	foreign := tenancy.MemberRef{ID: one[tenancy.MemberID](t, w.root, `SELECT m.id FROM tenant_users m JOIN users u ON u.id = m.user_id WHERE u.name = 'bert'`)}
	contents := func() string {
		return one[string](t, w.root, `SELECT concat((SELECT string_agg(x::text, '|' ORDER BY x::text) FROM tenant_users x),
			(SELECT string_agg(x::text, '|' ORDER BY x::text) FROM invitations x), (SELECT string_agg(x::text, '|' ORDER BY x::text) FROM tenant_configs x),
			(SELECT string_agg(x::text, '|' ORDER BY x::text) FROM tenants x), (SELECT count(*) FROM audit_log))`)
	}
	before := contents()
	by := tenancy.Caller{User: anna}
	for name, try := range map[string]func() error{
		"get member": func() error { _, err := w.Member(t.Context(), by, acme, foreign); return err },
		"get by address": func() error {
			_, err := w.Member(t.Context(), by, acme, tenancy.MemberRef{Email: address("bert")})
			return err
		},
		"update member": func() error {
			_, _, err := w.UpdateMember(t.Context(), by, acme, foreign, tenancy.MemberChange{Role: ref(tenancy.RoleAdmin)})
			return err
		},
		"remove member": func() error { _, err := w.RemoveMember(t.Context(), by, acme, foreign); return err },
		"resend invitation": func() error {
			_, err := w.ResendInvitation(t.Context(), by, acme, invitation, newMember("a@b.cd", tenancy.RoleViewer).Invitation)
			return err
		},
		"revoke invitation": func() error { return w.RevokeInvitation(t.Context(), by, acme, invitation) },
		"get setting":       func() error { _, err := w.Setting(t.Context(), by, acme, "custom.x"); return err },
		"delete setting": func() error {
			_, err := w.DeleteSetting(t.Context(), by, acme, "custom.x", tenancy.Match{})
			return err
		},
	} {
		if err := try(); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	for name, try := range map[string]func() error{
		"members": func() error {
			_, err := w.Members(t.Context(), by, other, tenancy.MemberFilter{Page: tenancy.Page{Limit: 9}})
			return err
		},
		"invitations": func() error {
			_, err := w.Invitations(t.Context(), by, other, tenancy.InvitationFilter{Page: tenancy.Page{Limit: 9}})
			return err
		},
		"settings": func() error { _, err := w.Settings(t.Context(), by, other); return err },
		"set": func() error {
			_, _, _, err := w.SetSetting(t.Context(), by, other, "custom.x", []byte(`2`), tenancy.Match{})
			return err
		},
		"inspect":     func() error { _, err := w.InspectTenant(t.Context(), by, other); return err },
		"delete":      func() error { _, err := w.DeleteTenant(t.Context(), by, other, tenancy.Match{}); return err },
		"restore":     func() error { _, _, err := w.RestoreTenant(t.Context(), by, other); return err },
		"domain":      func() error { _, err := w.DomainProof(t.Context(), by, other); return err },
		"take domain": func() error { _, _, err := w.TakeDomain(t.Context(), by, other, tenancy.DomainProof{}); return err },
		"leave":       func() error { _, err := w.LeaveTenant(t.Context(), by, other); return err },
	} {
		if err := try(); !errors.Is(err, tenancy.ErrNotMember) {
			t.Errorf("%s of another tenant: %v, want ErrNotMember", name, err)
		}
	}
	cursor := tenancy.Page{Limit: 9, After: foreign.ID}
	page, err := w.Members(t.Context(), by, acme, tenancy.MemberFilter{Page: cursor})
	if err != nil || len(page.Members) != 0 {
		t.Errorf("from a cursor of another tenant: %v, %v, want what comes later of this one", page, err)
	}
	if after := contents(); after != before {
		t.Errorf("something has changed:\n%s\n%s", before, after)
	}
}
