package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// world is a small directory of people and tenants, kept in maps.
type world struct {
	memberships map[tenancy.Key]tenancy.Membership
	users       map[tenancy.UserID]tenancy.Status
	names       map[tenancy.Name]tenancy.TenantID
	current     map[tenancy.UserID]tenancy.TenantID
	identities  map[tenancy.Identity]tenancy.UserID
	fault       map[string]error // by the contract's method
}

func (w *world) Membership(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
	if m, found := w.memberships[key]; found {
		return m, w.fault["Membership"]
	}
	return tenancy.Membership{Key: key, UserStatus: w.users[key.User]}, w.fault["Membership"]
}

func (w *world) TenantNamed(_ context.Context, name tenancy.Name) (tenancy.TenantID, error) {
	return w.names[name], w.fault["TenantNamed"]
}

func (w *world) CurrentTenant(_ context.Context, user tenancy.UserID) (tenancy.TenantID, error) {
	return w.current[user], w.fault["CurrentTenant"]
}

func (w *world) UserOf(_ context.Context, identity tenancy.Identity) (tenancy.UserID, error) {
	return w.identities[identity], w.fault["UserOf"]
}

func (w *world) decider() *access.Decider {
	return &access.Decider{Memberships: w, Directory: w, Identities: w}
}

var (
	acme    = tenancy.TenantID{15: 1}
	globex  = tenancy.TenantID{15: 2}
	missing = tenancy.TenantID{15: 99}

	ann  = tenancy.UserID{15: 1} // member of acme
	zoe  = tenancy.UserID{15: 2} // an active user of no tenant
	gone = tenancy.UserID{15: 3} // no user at all

	annAbroad = tenancy.Identity{Issuer: "https://idp.example", Subject: "ann"}
)

// newWorld has acme (its own domain) and globex, and ann who is a member of
// acme; change may alter her membership.
func newWorld(change func(*tenancy.Membership)) *world {
	m := tenancy.Membership{
		Key:        tenancy.Key{User: ann, Tenant: acme},
		TenantSlug: "acme", TenantStatus: tenancy.StatusActive,
		Email: "ann@acme.example", UserStatus: tenancy.StatusActive,
		Role: tenancy.RoleMember, Status: tenancy.StatusActive, Version: 7,
	}
	if change != nil {
		change(&m)
	}
	return &world{
		memberships: map[tenancy.Key]tenancy.Membership{m.Key: m},
		users:       map[tenancy.UserID]tenancy.Status{ann: m.UserStatus, zoe: tenancy.StatusActive},
		names: map[tenancy.Name]tenancy.TenantID{
			{Kind: tenancy.BySlug, Value: "acme"}:           acme,
			{Kind: tenancy.BySlug, Value: "globex"}:         globex,
			{Kind: tenancy.ByDomain, Value: "acme.example"}: acme,
		},
		current:    map[tenancy.UserID]tenancy.TenantID{ann: acme},
		identities: map[tenancy.Identity]tenancy.UserID{annAbroad: ann},
		fault:      map[string]error{},
	}
}

func xTenant(value string) access.Selector { return access.Selector{Header: value} }

func TestStandingDecides(t *testing.T) {
	t.Parallel()
	type membership = tenancy.Membership
	tests := []struct {
		name   string
		change func(*membership)
		need   tenancy.Role
		want   access.Reason
	}{
		{"member who needs viewer", nil, tenancy.RoleViewer, access.NotRefused},
		{"member who needs member", nil, tenancy.RoleMember, access.NotRefused},
		{"member who needs admin", nil, tenancy.RoleAdmin, access.RoleRequired},
		{"any member will do", nil, tenancy.RoleNone, access.NotRefused},
		{"no rule", nil, access.Nobody, access.RoleRequired},
		{"admin without a rule", func(m *membership) { m.Role = tenancy.RoleAdmin }, access.Nobody, access.RoleRequired},
		{"viewer who needs member", func(m *membership) { m.Role = tenancy.RoleViewer }, tenancy.RoleMember, access.RoleRequired},
		{"suspended user", func(m *membership) { m.UserStatus = tenancy.StatusSuspended }, tenancy.RoleViewer, access.TokenInvalid},
		{"deleted user", func(m *membership) { m.UserStatus = tenancy.StatusDeleted }, tenancy.RoleViewer, access.TokenInvalid},
		{"unknown user", func(m *membership) { m.UserStatus = "" }, tenancy.RoleViewer, access.TokenInvalid},
		{"user of a state from the future", func(m *membership) { m.UserStatus = "locked" }, tenancy.RoleViewer, access.TokenInvalid},
		{"suspended user of a suspended tenant", func(m *membership) {
			m.UserStatus, m.TenantStatus = tenancy.StatusSuspended, tenancy.StatusSuspended
		}, tenancy.RoleViewer, access.TokenInvalid},
		{"suspended membership", func(m *membership) { m.Status = tenancy.StatusSuspended }, tenancy.RoleViewer, access.NotAMember},
		{"no membership", func(m *membership) { m.Role, m.Status = tenancy.RoleNone, "" }, tenancy.RoleViewer, access.NotAMember},
		{"no membership where none is needed", func(m *membership) { m.Role, m.Status = tenancy.RoleNone, "" }, tenancy.RoleNone, access.NotAMember},
		{"active membership of no role", func(m *membership) { m.Role = tenancy.RoleNone }, tenancy.RoleNone, access.NotAMember},
		{"role from the future", func(m *membership) { m.Role = 200 }, tenancy.RoleViewer, access.NotAMember},
		{"role that equals Nobody", func(m *membership) { m.Role = access.Nobody }, access.Nobody, access.NotAMember},
		{"suspended tenant", func(m *membership) { m.TenantStatus = tenancy.StatusSuspended }, tenancy.RoleViewer, access.TenantSuspended},
		{"suspended tenant and too low a role", func(m *membership) { m.TenantStatus = tenancy.StatusSuspended }, tenancy.RoleAdmin, access.TenantSuspended},
		{"suspended tenant, suspended member", func(m *membership) {
			m.TenantStatus, m.Status = tenancy.StatusSuspended, tenancy.StatusSuspended
		}, tenancy.RoleViewer, access.NotAMember},
		{"deleted tenant", func(m *membership) { m.TenantStatus = tenancy.StatusDeleted }, tenancy.RoleViewer, access.NotAMember},
		{"tenant of a state from the future", func(m *membership) { m.TenantStatus = "frozen" }, tenancy.RoleViewer, access.NotAMember},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(test.change)
			got, err := w.decider().Decide(t.Context(), tenancy.Subject{User: ann}, xTenant("acme"), test.need)
			if err != nil {
				t.Fatal(err)
			}
			want := access.Decision{Reason: test.want, User: ann, Tenant: acme}
			if test.want == access.NotRefused {
				want.Allowed, want.Membership = true, w.memberships[tenancy.Key{User: ann, Tenant: acme}]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFirstThatNamesATenantDecides(t *testing.T) {
	t.Parallel()
	host := func(host string, header ...string) access.Selector {
		return access.Selector{Host: host, Header: strings.Join(header, "")}
	}
	tests := []struct {
		name    string
		claim   tenancy.TenantID
		from    access.Selector
		current tenancy.TenantID
		want    tenancy.TenantID
		reason  access.Reason
	}{
		{"host", globex, host("acme.example"), globex, acme, access.NotRefused},
		{"host and its slug", globex, host("acme.example", "acme"), globex, acme, access.NotRefused},
		{"host and its id", globex, host("acme.example", acme.String()), globex, acme, access.NotRefused},
		{"host and another slug", acme, host("acme.example", "globex"), acme, tenancy.TenantID{}, access.TenantConflict},
		{"host and another id", acme, host("acme.example", globex.String()), acme, tenancy.TenantID{}, access.TenantConflict},
		{"host and an unknown slug", acme, host("acme.example", "nobody"), acme, tenancy.TenantID{}, access.TenantConflict},
		{"host and an unknown id", acme, host("acme.example", missing.String()), acme, tenancy.TenantID{}, access.TenantConflict},
		{"host and a bad header", acme, host("acme.example", "ACME"), acme, tenancy.TenantID{}, access.BadSelector},
		{"slug at the gateway's own host", acme, host("gate.example", "globex"), acme, globex, access.NotRefused},
		{"slug", acme, xTenant("globex"), acme, globex, access.NotRefused},
		{"id", acme, xTenant(globex.String()), acme, globex, access.NotRefused},
		{"id in upper case", acme, xTenant("00000000-0000-0000-0000-00000000000A"), acme, tenancy.TenantID{15: 10}, access.NotRefused},
		{"unknown slug, no fallback", acme, xTenant("nobody"), acme, tenancy.TenantID{}, access.NotRefused},
		{"unknown id, no fallback", acme, xTenant(missing.String()), acme, missing, access.NotRefused},
		{"nil id, no fallback", acme, xTenant(tenancy.TenantID{}.String()), acme, tenancy.TenantID{}, access.NotRefused},
		{"claim", globex, access.Selector{}, acme, globex, access.NotRefused},
		{"claim at the gateway's own host", globex, host("gate.example"), acme, globex, access.NotRefused},
		{"unknown claim, no fallback", missing, access.Selector{}, acme, missing, access.NotRefused},
		{"current", tenancy.TenantID{}, host("gate.example"), globex, globex, access.NotRefused},
		{"nothing", tenancy.TenantID{}, host("gate.example"), tenancy.TenantID{}, tenancy.TenantID{}, access.TenantRequired},
		{"list in one header", acme, xTenant("acme, globex"), acme, tenancy.TenantID{}, access.BadSelector},
		{"id in braces", acme, xTenant("{" + acme.String() + "}"), acme, tenancy.TenantID{}, access.BadSelector},
		{"id as a URN", acme, xTenant("urn:uuid:" + acme.String()), acme, tenancy.TenantID{}, access.BadSelector},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(nil)
			w.current[ann] = test.current
			got, reason, err := w.decider().SelectTenant(t.Context(), ann, test.claim, test.from)
			if err != nil || reason != test.reason || got != test.want {
				t.Errorf("got %v, %v, %v; want %v, %v", got, reason, err, test.want, test.reason)
			}
		})
	}
}

func TestMissingTenantsAnswerLikeForeignOnes(t *testing.T) {
	t.Parallel()
	selectors := map[string]access.Selector{
		"a foreign slug": xTenant("globex"), "an unknown slug": xTenant("nobody"),
		"a foreign id": xTenant(globex.String()), "an unknown id": xTenant(missing.String()),
		"the nil id": xTenant(tenancy.TenantID{}.String()),
	}
	for user, want := range map[tenancy.UserID]access.Reason{ann: access.NotAMember, zoe: access.NotAMember, gone: access.TokenInvalid} {
		for name, from := range selectors {
			got, err := newWorld(nil).decider().Decide(t.Context(), tenancy.Subject{User: user, Tenant: acme}, from, tenancy.RoleViewer)
			if err != nil || got.Allowed || got.Reason != want {
				t.Errorf("%s for %v: got %+v, %v; want %v", name, user, got, err, want)
			}
		}
	}
}

func TestMembershipOfTheNilTenantOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(func(m *tenancy.Membership) { m.Tenant = tenancy.TenantID{} })
	got, err := w.decider().Decide(t.Context(), tenancy.Subject{User: ann}, xTenant("nobody"), tenancy.RoleViewer)
	if err != nil || got.Allowed || got.Reason != access.NotAMember {
		t.Errorf("got %+v, %v; want %v", got, err, access.NotAMember)
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	stranger := annAbroad
	stranger.Subject = "stranger"
	nameless := tenancy.Identity{Issuer: "https://idp.example"}
	tests := []struct {
		name    string
		subject tenancy.Subject
		want    tenancy.UserID
		reason  access.Reason
	}{
		{"our own user", tenancy.Subject{User: zoe}, zoe, access.NotRefused},
		{"mapped identity", tenancy.Subject{Identity: annAbroad}, ann, access.NotRefused},
		{"unmapped identity", tenancy.Subject{Identity: stranger}, tenancy.UserID{}, access.TokenInvalid},
		{"identity without subject", tenancy.Subject{Identity: nameless}, tenancy.UserID{}, access.TokenInvalid},
		{"nobody", tenancy.Subject{Tenant: acme}, tenancy.UserID{}, access.TokenInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(nil)
			w.identities[nameless] = ann // must not be asked
			got, reason, err := w.decider().Identify(t.Context(), test.subject)
			if err != nil || got != test.want || reason != test.reason {
				t.Errorf("Identify: got %v, %v, %v; want %v, %v", got, reason, err, test.want, test.reason)
			}
			decision, err := w.decider().Decide(t.Context(), test.subject, xTenant("acme"), tenancy.RoleViewer)
			if err != nil || decision.User != test.want || decision.Allowed != (test.want == ann) {
				t.Errorf("Decide: got %+v, %v", decision, err)
			}
		})
	}
}

func TestFaultsAreErrorsAndNeverOpen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault   string
		subject tenancy.Subject
		from    access.Selector
	}{
		{"Membership", tenancy.Subject{User: ann}, xTenant("acme")},
		{"TenantNamed", tenancy.Subject{User: ann}, xTenant("acme")},
		{"TenantNamed", tenancy.Subject{User: ann, Tenant: acme}, access.Selector{Host: "acme.example"}},
		{"CurrentTenant", tenancy.Subject{User: ann}, access.Selector{}},
		{"UserOf", tenancy.Subject{Identity: annAbroad}, xTenant("acme")},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			w := newWorld(nil)
			w.fault[test.fault] = tenancy.ErrUnavailable
			got, err := w.decider().Decide(t.Context(), test.subject, test.from, tenancy.RoleViewer)
			if !errors.Is(err, tenancy.ErrUnavailable) {
				t.Errorf("got error %v, want %v", err, tenancy.ErrUnavailable)
			}
			if got.Allowed || got.Reason != access.Unavailable || got.Membership != (tenancy.Membership{}) {
				t.Errorf("got %+v, want nothing open", got)
			}
		})
	}
}

func TestAnswerAboutSomebodyElseIsAFault(t *testing.T) {
	t.Parallel()
	w := newWorld(nil)
	w.memberships[tenancy.Key{User: zoe, Tenant: acme}] = w.memberships[tenancy.Key{User: ann, Tenant: acme}]
	got, err := w.decider().Decide(t.Context(), tenancy.Subject{User: zoe}, xTenant("acme"), tenancy.RoleViewer)
	if err == nil || got.Allowed {
		t.Errorf("got %+v, %v; want an error", got, err)
	}
}

func TestReasonCodesAreStable(t *testing.T) {
	t.Parallel()
	want := map[access.Reason]string{
		access.Unavailable: "membership_unavailable", access.NotRefused: "", access.BadSelector: "bad_request",
		access.TenantRequired: "tenant_required", access.TenantConflict: "tenant_conflict", access.TokenInvalid: "token_invalid",
		access.NotAMember: "not_a_member", access.TenantSuspended: "tenant_suspended", access.RoleRequired: "role_required",
	}
	for reason, code := range want {
		if got := reason.String(); got != code {
			t.Errorf("code of reason %d: got %q, want %q", reason, got, code)
		}
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	d := newWorld(nil).decider()
	for name, from := range map[string]access.Selector{
		"host": {Host: "acme.example"}, "slug": xTenant("acme"), "id": xTenant(acme.String()), "claim": {Host: "gate.example"},
	} {
		allocations := testing.AllocsPerRun(100, func() {
			decision, err := d.Decide(t.Context(), tenancy.Subject{User: ann, Tenant: acme}, from, tenancy.RoleMember)
			if err != nil || !decision.Allowed {
				t.Fatalf("got %+v, %v", decision, err)
			}
		})
		if allocations != 0 {
			t.Errorf("%s: Decide allocated %v times, want none", name, allocations)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	d := newWorld(nil).decider()
	subject := tenancy.Subject{User: ann, Tenant: acme}
	for name, from := range map[string]access.Selector{"claim": {Host: "gate.example"}, "slug": {Host: "acme.example", Header: "acme"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if decision, err := d.Decide(b.Context(), subject, from, tenancy.RoleMember); err != nil || !decision.Allowed {
					b.Fatal(decision, err)
				}
			}
		})
	}
}

func TestEndedTokensAreRefused(t *testing.T) {
	t.Parallel()
	ended, live := tenancy.SessionID{15: 1}, tenancy.SessionID{15: 2}
	w := newWorld(func(m *tenancy.Membership) {
		m.Signouts = tenancy.Signouts{Ended: tenancy.NewSessionSet(ended)}
	})
	w.memberships[tenancy.Key{User: ann}] = tenancy.Membership{Key: tenancy.Key{User: ann}, UserStatus: tenancy.StatusActive,
		Signouts: tenancy.Signouts{Ended: tenancy.NewSessionSet(ended)}}
	for session, want := range map[tenancy.SessionID]access.Reason{ended: access.TokenInvalid, live: access.NotRefused} {
		subject := tenancy.Subject{User: ann, Session: session}
		decision, err := w.decider().Decide(t.Context(), subject, xTenant("acme"), tenancy.RoleViewer)
		if err != nil || decision.Reason != want || decision.Allowed != (want == access.NotRefused) {
			t.Errorf("Decide, session %v: got %v, %v, want %v", session, decision.Reason, err, want)
		}
		if _, reason, err := w.decider().Admit(t.Context(), subject); err != nil || reason != want {
			t.Errorf("Admit, session %v: got %v, %v, want %v", session, reason, err, want)
		}
	}
}

func TestAdmitRefusesWhoIsNotActive(t *testing.T) {
	t.Parallel()
	w := newWorld(nil)
	w.users[ann] = tenancy.StatusSuspended
	for user, want := range map[tenancy.UserID]access.Reason{ann: access.TokenInvalid, gone: access.TokenInvalid, zoe: access.NotRefused} {
		if _, reason, err := w.decider().Admit(t.Context(), tenancy.Subject{User: user}); err != nil || reason != want {
			t.Errorf("Admit(%v): got %v, %v, want %v", user, reason, err, want)
		}
	}
	w.fault["Membership"] = tenancy.ErrUnavailable
	if _, reason, err := w.decider().Admit(t.Context(), tenancy.Subject{User: zoe}); !errors.Is(err, tenancy.ErrUnavailable) || reason != access.Unavailable {
		t.Errorf("Admit while nobody can say: got %v, %v", reason, err)
	}
}
