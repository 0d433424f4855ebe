package forward_test

import (
	"crypto"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/forward"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	annID     = "00000000-0000-0000-0000-000000000001"
	acmeID    = "00000000-0000-0000-0000-00000000000a"
	requestID = "0199a8f2-0000-7000-8000-000000000000"
)

// ann is a member of acme.
func ann() tenancy.Membership {
	return tenancy.Membership{
		Key:        tenancy.Key{User: tenancy.UserID{15: 1}, Tenant: tenancy.TenantID{15: 10}},
		TenantSlug: "acme", TenantStatus: tenancy.StatusActive,
		Email: "ann@acme.example", UserStatus: tenancy.StatusActive,
		Role: tenancy.RoleMember, Status: tenancy.StatusActive, Version: 7,
	}
}

func annHeaders() http.Header {
	return http.Header{
		"X-Tenant-Id": {acmeID}, "X-Tenant-Slug": {"acme"}, "X-Tenant-Role": {"member"},
		"X-User-Id": {annID}, "X-User-Email": {"ann@acme.example"}, "X-Request-Id": {requestID},
	}
}

// forged has every trusted name set by a client, twice.
func forged() http.Header {
	h := http.Header{}
	for _, name := range []string{
		"X-Tenant-ID", "X-Tenant-Slug", "X-Tenant-Role", "X-User-ID", "X-User-Email", "X-Request-ID", "X-Tenantgate-Assertion",
	} {
		h.Add(name, "forged")
		h.Add(name, "forged again")
	}
	return h
}

func newForwarder(t testing.TB, signer *forward.Signer, now func() time.Time) *forward.Forwarder {
	t.Helper()
	f, err := forward.New(signer, 100, now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newSigner(t testing.TB) *forward.Signer {
	t.Helper()
	pkcs8, err := forward.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := forward.ParseKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	return signerOf(t, key)
}

func signerOf(t testing.TB, key crypto.Signer) *forward.Signer {
	t.Helper()
	signer, err := forward.NewSigner(key, "tenantgate")
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func apply(t testing.TB, f *forward.Forwarder, h http.Header, m tenancy.Membership) *forward.Stamp {
	t.Helper()
	stamp := new(forward.Stamp)
	if err := f.Apply(h, m, requestID, stamp); err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return stamp
}

func TestApplyLeavesOurHeadersAlone(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, nil, time.Now)
	for range 2 { // cold, then warm
		got := forged()
		got.Set("Accept", "text/html")
		apply(t, f, got, ann())
		want := annHeaders()
		want.Set("Accept", "text/html")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
	}
}

func TestUnknownValuesAreAbsent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*tenancy.Membership)
		absent string
	}{
		{"no slug", func(m *tenancy.Membership) { m.TenantSlug = "" }, "X-Tenant-Slug"},
		{"slug with a line break", func(m *tenancy.Membership) { m.TenantSlug = "acme\r\nX-Tenant-Role: admin" }, "X-Tenant-Slug"},
		{"slug that is not ASCII", func(m *tenancy.Membership) { m.TenantSlug = "ácme" }, "X-Tenant-Slug"},
		{"no address", func(m *tenancy.Membership) { m.Email = "" }, "X-User-Email"},
		{"address with a line break", func(m *tenancy.Membership) { m.Email = "ann@acme.example\nX: y" }, "X-User-Email"},
		{"address that is not ASCII", func(m *tenancy.Membership) { m.Email = "änn@acme.example" }, "X-User-Email"},
		{"two addresses", func(m *tenancy.Membership) { m.Email = "ann@acme.example,bob@acme.example" }, "X-User-Email"},
	}
	f := newForwarder(t, nil, time.Now)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, got, want := ann(), forged(), annHeaders()
			test.change(&m)
			want.Del(test.absent)
			apply(t, f, got, m)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestIDThatCouldBreakAHeaderIsAbsent(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, nil, time.Now)
	for _, id := range []string{"", "a b", "a\r\nb", "a\x00", "é", "\x7f"} {
		applied, cleared := forged(), forged()
		if err := f.Apply(applied, ann(), id, new(forward.Stamp)); err != nil {
			t.Fatal(err)
		}
		forward.Clear(cleared, id, new(forward.Stamp))
		if applied["X-Request-Id"] != nil || cleared["X-Request-Id"] != nil {
			t.Errorf("id %q: got %q and %q, want none", id, applied["X-Request-Id"], cleared["X-Request-Id"])
		}
	}
}

func TestClearLeavesTheRequestIDAlone(t *testing.T) {
	t.Parallel()
	got := forged()
	forward.Clear(got, requestID, new(forward.Stamp))
	if diff := cmp.Diff(http.Header{"X-Request-Id": {requestID}}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestEveryChangeOfAMembershipShowsAtOnce(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, newSigner(t), time.Now)
	demoted := ann()
	demoted.Role = tenancy.RoleViewer // and the version forgotten
	for _, m := range []tenancy.Membership{ann(), demoted, ann()} {
		h := http.Header{}
		apply(t, f, h, m)
		if got := h.Get("X-Tenant-Role"); got != m.Role.String() {
			t.Errorf("X-Tenant-Role: got %q, want %q", got, m.Role)
		}
		if got := claimsOf(t, h)["role"]; got != m.Role.String() {
			t.Errorf("role claim: got %q, want %q", got, m.Role)
		}
	}
}

func TestIncompleteMembershipsAreNotForwarded(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*tenancy.Membership){
		"no user":              func(m *tenancy.Membership) { m.User = tenancy.UserID{} },
		"no tenant":            func(m *tenancy.Membership) { m.Tenant = tenancy.TenantID{} },
		"no role":              func(m *tenancy.Membership) { m.Role = tenancy.RoleNone },
		"role from the future": func(m *tenancy.Membership) { m.Role = 9 },
	}
	for name, change := range tests {
		for _, signer := range []*forward.Signer{nil, newSigner(t)} {
			m, got, stamp := ann(), forged(), new(forward.Stamp)
			change(&m)
			if err := newForwarder(t, signer, time.Now).Apply(got, m, requestID, stamp); err == nil {
				t.Errorf("%s: Apply succeeded", name)
			}
			if diff := cmp.Diff(http.Header{"X-Request-Id": {requestID}}, got); diff != "" {
				t.Errorf("%s: headers (-want +got):\n%s", name, diff)
			}
			answer := http.Header{"X-Tenant-Id": {"upstream's"}}
			stamp.Apply(answer)
			if answer["X-Tenant-Id"] != nil {
				t.Errorf("%s: the answer names a tenant: %v", name, answer)
			}
		}
	}
}

func TestLaterHandlersChangeTheirOwnRequestOnly(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, newSigner(t), time.Now)
	first, answer := http.Header{}, http.Header{}
	stamp := apply(t, f, first, ann())
	stamp.Apply(answer)
	want := first.Clone()
	for name := range first {
		kept := first[name]
		first.Add(name, "appended")
		kept[0] = "replaced in place"
	}
	for name := range answer {
		answer.Add(name, "appended")
		answer[name][0] = "replaced in place"
	}

	second, again := http.Header{}, http.Header{}
	apply(t, f, second, ann())
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("next request (-want +got):\n%s", diff)
	}
	stamp.Apply(again)
	if diff := cmp.Diff([]string{acmeID}, again["X-Tenant-Id"]); diff != "" {
		t.Errorf("next answer (-want +got):\n%s", diff)
	}
	for name, lines := range second {
		if len(lines) != cap(lines) {
			t.Errorf("%s: an append would write into the next header", name)
		}
	}
}

func TestForwarderWantsABound(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{0, -1} {
		if _, err := forward.New(nil, entries, time.Now); err == nil {
			t.Errorf("New with %d entries succeeded", entries)
		}
	}
}

func TestPreparedMembershipsAreBounded(t *testing.T) {
	t.Parallel()
	f := newForwarder(t, nil, time.Now)
	for i := range 2000 {
		m := ann()
		m.User[0], m.User[1] = byte(i>>8), byte(i)
		h := http.Header{}
		apply(t, f, h, m)
		if got := h.Get("X-User-ID"); got != m.User.String() {
			t.Fatalf("X-User-ID: got %q, want %q", got, m.User)
		}
	}
	if kept := f.Kept(); kept > 100 {
		t.Errorf("kept %d memberships, want about 100", kept)
	}
}

// full is a forwarder without assertions that keeps as many as it can, each of
// which was forwarded twice.
func full(t testing.TB) *forward.Forwarder {
	t.Helper()
	f := newForwarder(t, nil, time.Now)
	for range 2 {
		for i := range 200 {
			apply(t, f, http.Header{}, annAs(i))
		}
	}
	return f
}

// annAs is ann by another id.
func annAs(i int) tenancy.Membership {
	m := ann()
	m.User[0], m.User[1], m.User[2] = byte(i>>16), byte(i>>8), byte(i)
	return m
}

func TestAFullForwarderTellsTheSame(t *testing.T) {
	t.Parallel()
	f := full(t)
	for i := range 2000 {
		m := annAs(i % 300)
		if i%3 == 0 {
			m.Role = tenancy.RoleViewer // changed since, or before
		}
		got, want := forged(), annHeaders()
		want.Set("X-User-Id", m.User.String())
		want.Set("X-Tenant-Role", m.Role.String())
		apply(t, f, got, m)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("headers (-want +got):\n%s", diff)
		}
	}
}

func TestAFullForwarderMakesAnewInTwoAllocations(t *testing.T) {
	f, h, i := full(t), forged(), 1000
	// One is for the values of the request. One in eight is kept, which takes more.
	if allocations := testing.AllocsPerRun(10_000, func() { i++; apply(t, f, h, annAs(i)) }); allocations > 3 {
		t.Errorf("Apply of one that is not kept allocated %v times on average, want 2 or 3", allocations)
	}
}

func TestAFullForwarderKeepsWhoComesAgainAndAgain(t *testing.T) {
	f, h, regular := full(t), forged(), annAs(1000)
	for range 1000 {
		apply(t, f, h, regular)
		f.Kept() // by now what was kept is settled
	}
	if allocations := testing.AllocsPerRun(100, func() { apply(t, f, h, regular) }); allocations > 1 {
		t.Errorf("Apply of a regular allocated %v times, want once, for the values of the request", allocations)
	}
}

func TestWarmApplyAllocatesOnce(t *testing.T) {
	f, h := newForwarder(t, newSigner(t), time.Now), forged()
	apply(t, f, h, ann())
	if allocations := testing.AllocsPerRun(100, func() { apply(t, f, h, ann()) }); allocations > 1 {
		t.Errorf("Apply allocated %v times, want once, for the values of the request", allocations)
	}
}

func BenchmarkApply(b *testing.B) {
	f := newForwarder(b, newSigner(b), time.Now)
	b.Run("headers=grown", func(b *testing.B) {
		h := forged()
		b.ReportAllocs()
		for b.Loop() {
			apply(b, f, h, ann())
		}
	})
	b.Run("headers=fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h := make(http.Header, 16)
			apply(b, f, h, ann())
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			h := forged()
			for pb.Next() {
				apply(b, f, h, ann())
			}
		})
	})
}

func BenchmarkApplyCold(b *testing.B) {
	f := newForwarder(b, newSigner(b), time.Now)
	h := http.Header{}
	for version := int64(0); b.Loop(); version++ {
		m := ann()
		m.Version = version
		apply(b, f, h, m)
	}
}
