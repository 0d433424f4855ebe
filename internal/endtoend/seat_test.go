package endtoend_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// An invitation holds a seat, and gives it back when it is taken back.
func TestInvitationsHoldSeats(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	add := func(email string) told {
		return send(t, gateway, ask{as: "ursula@umbrella.test", method: "POST", path: path(t, "umbrella", "/members"), body: fmt.Sprintf(`{"email":%q,"role":"viewer"}`, email)})
	}
	counts := func(members, available int) {
		t.Helper()
		want := fmt.Sprintf(`{"tenant_id":%q,"count":%d,"max_users":3,"available":%d}`, gatewaytest.Tenant(t, "umbrella"), members, available)
		if got := send(t, gateway, ask{as: "ursula@umbrella.test", path: "/api/v1/tenant/users/count"}).body; got != want {
			t.Errorf("seats: %s, want %s", got, want)
		}
	}
	counts(1, 2)
	add("New@Person.test").want(t, 202, "")
	counts(1, 1)
	add("new@person.test").want(t, 409, "already_member")
	add("erin@nowhere.test").want(t, 201, "")
	counts(2, 0)
	add("one-more@person.test").want(t, 409, "seat_limit_reached")
	add("bob@acme.test").want(t, 409, "seat_limit_reached")
	send(t, gateway, ask{as: "ursula@umbrella.test", method: "DELETE", path: path(t, "umbrella", "/members/NEW%40person.test")}).want(t, 204, "")
	counts(2, 1)
	add("bob@acme.test").want(t, 201, "")
	counts(3, 0)
}

// What one call changes the very next one finds, round after round, by whichever
// name the member is removed; with Redis and without.
func TestMembersComeAndGoAgain(t *testing.T) {
	t.Parallel()
	for name, redis := range map[string]bool{"without Redis": false, "with Redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway, upstream := start(t, func(o *gatewaytest.Options) {
				if redis {
					o.RedisURL = tenancytest.Redis(t).URL()
				}
			})
			peggy := ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}
			send(t, gateway, peggy).want(t, 403, "not_a_member")
			for round, role := range []string{"viewer", "member", "admin", "viewer", "member", "admin"} {
				var added struct{ Member struct{ ID string } }
				made := send(t, gateway, ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/members"), body: `{"email":"Peggy@Globex.TEST","role":"` + role + `"}`})
				made.want(t, 201, "")
				if err := json.Unmarshal([]byte(made.body), &added); err != nil {
					t.Fatal(err)
				}
				send(t, gateway, peggy).want(t, 200, "")
				if got := strings.Join(only(t, upstream).Values("X-Tenant-Role"), ","); got != role {
					t.Errorf("round %d: the upstream is told %q, want %q", round, got, role)
				}
				who := []string{"peggy@globex.test", "PEGGY%40globex.test", added.Member.ID}[round%3]
				remove := ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/"+who)}
				send(t, gateway, remove).want(t, 204, "")
				send(t, gateway, peggy).want(t, 403, "not_a_member")
				send(t, gateway, remove).want(t, 404, "not_found")
			}
			if seen := upstream.Take(); len(seen) != 0 {
				t.Errorf("%d refused requests have reached the upstream", len(seen))
			}
		})
	}
}
