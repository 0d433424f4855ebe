package endtoend_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// TestARemovalThatIsSentAgain: the first answer is lost while another gateway has
// not obeyed yet. Whatever the second one says, it says that nobody serves bob.
func TestARemovalThatIsSentAgain(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	s := f.subjects[0]
	body := fmt.Sprintf(`{"email":%q,"role":"viewer"}`, s.email)
	for round, by := range []int{0, 1} { // by the same gateway, by another one
		s.step.Add(1)
		if got := f.do(0, "POST", s.members, s.admin, "", body); got != 201 {
			t.Fatalf("adding: got %d", got)
		}
		f.everywhere(s)
		f.deafen(2)
		if got := f.give(200*time.Millisecond, 0, "DELETE", s.members+"/"+s.email, s.admin); got != 0 {
			t.Fatalf("round %d: the first removal was answered with %d while a gateway was deaf", round, got)
		}
		again := f.do(by, "DELETE", s.members+"/"+s.email, s.admin, "", "")
		if again != 204 && again != 404 {
			t.Errorf("round %d: the second removal: got %d, want 204 or 404", round, again)
		}
		s.step.Add(1)
		f.everywhere(s)
		f.feeds[2].Mend()
		f.everywhere(s)
	}
	if f.late.Load() < 10 {
		t.Errorf("%d requests began after the removal, want 12", f.late.Load())
	}
}

// TestCommandsThatTakeAccessAwayAreOverWhenNobodyServes: an operator who has typed
// one may rely on it.
func TestCommandsThatTakeAccessAwayAreOverWhenNobodyServes(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	s := f.subjects[0]
	env := []string{"DATABASE_URL=" + f.database.URL("postgres")}
	for _, take := range []struct{ gone, back []string }{
		{[]string{"user", "suspend", s.email}, []string{"user", "activate", s.email}},
		{[]string{"tenant", "suspend", s.tenant}, []string{"tenant", "activate", s.tenant}},
		{[]string{"member", "remove", s.tenant, s.email}, nil},
	} {
		gatewaytest.Command(t, "", env, "member", "add", s.tenant, s.email)
		f.known(s)
		f.deafen(2)
		if done := gatewaytest.Command(t, "", env, take.gone...); done.Code != 0 {
			t.Fatalf("%v: %+v", take.gone, done)
		}
		for replica := range f.gateways {
			if got := f.do(replica, http.MethodGet, "/api/v1/calls", s.token, s.tenant, ""); got != 401 && got != 403 {
				t.Errorf("after %v gateway %d answers %d, want 401 or 403", take.gone, replica, got)
			}
		}
		f.feeds[2].Mend()
		if take.back != nil {
			gatewaytest.Command(t, "", env, take.back...)
		}
	}
}

// deafen has a gateway hear of no more changes. One that did not hear of them
// before would not believe itself, and not be waited for.
func (f *fleet) deafen(replica int) {
	f.t.Helper()
	tenancytest.Eventually(f.t, 10*time.Second, "the gateway hears of changes", func() bool {
		return strings.Contains(send(f.t, f.gateways[replica], ask{path: "/readyz"}).body, `"feed":"ok"`)
	})
	f.feeds[replica].Hold()
}

// known has every replica serve the subject.
func (f *fleet) known(s *subject) {
	f.t.Helper()
	for replica := range f.gateways {
		tenancytest.Eventually(f.t, 10*time.Second, "the subject is served", func() bool {
			return f.do(replica, http.MethodGet, "/api/v1/calls", s.token, s.tenant, "") == http.StatusOK
		})
	}
}
