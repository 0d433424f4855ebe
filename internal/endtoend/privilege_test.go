package endtoend_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// What a member may not do of what stands behind the gateway is in their tenant's
// audit log, once a minute for each rule; what strangers try is not.
func TestRefusalsOfTheGateAreInTheLog(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	refuse := func(a ask, code string) {
		t.Helper()
		a.tenant = "acme"
		send(t, gateway, a).want(t, 403, code)
	}
	for _, path := range []string{"/api/v1/billing/summary", "/api/v1/billing/invoices/7"} { // of one rule
		for range 20 {
			refuse(ask{as: "bob@acme.test", path: path}, "role_required")
		}
	}
	refuse(ask{as: "carol@acme.test", method: "POST", path: "/api/v1/calls", body: `{}`}, "role_required")
	refuse(ask{as: "carol@acme.test", path: "/elsewhere"}, "role_required") // no rule: nobody's
	refuse(ask{as: "peggy@globex.test", path: "/api/v1/billing/summary"}, "not_a_member")
	refuse(ask{as: "carol@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}, "role_required") // the API's own

	type entry struct {
		Action string
		Actor  struct{ Email string }
		Detail map[string]string
	}
	log := func() (found []string) {
		var page struct{ Entries []entry }
		send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?action=access.refused")}).into(t, &page)
		for _, e := range page.Entries {
			found = append(found, e.Actor.Email+": "+e.Detail["route"]+" needs "+e.Detail["needs"]+", "+e.Detail["code"])
		}
		slices.Sort(found)
		return found
	}
	want := []string{
		"bob@acme.test: * /api/v1/billing/* needs admin, role_required",
		"carol@acme.test: DELETE /api/v1/tenants/{id}/members/{member} needs , role_required",
		"carol@acme.test: POST,PUT,PATCH,DELETE /api/* needs member, role_required",
	}
	tenancytest.Eventually(t, 10*time.Second, "three entries of refusals", func() bool { return len(log()) >= len(want) })
	if diff := cmp.Diff(want, log()); diff != "" {
		t.Errorf("refusals in the log (-want +got):\n%s", diff)
	}
	if n := gatewaytest.Script(t, database, `SELECT 1 FROM audit_log WHERE action = 'access.refused'`); n != int64(len(want)) {
		t.Errorf("%d entries in all logs, want %d", n, len(want))
	}
}
