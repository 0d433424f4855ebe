package endtoend_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// The invariants, asked of the API of two gateways that share one database: what
// is refused by memory of one process, or by a lock that only one of them takes,
// shows here. Nothing is retried, so whatever is not as expected fails the test.

// rounds returns how often a race is run: as often as the test says, or as
// RACE_ROUNDS does.
func rounds(t *testing.T, usual int) int {
	t.Helper()
	said := os.Getenv("RACE_ROUNDS")
	if said == "" {
		return usual
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 {
		t.Fatalf("RACE_ROUNDS=%q: want a number of rounds", said)
	}
	return n
}

// twoGateways starts two on one demo database.
func twoGateways(t *testing.T, change ...func(*gatewaytest.Options)) (gateways [2]*gatewaytest.Gateway, database string) {
	t.Helper()
	database = gatewaytest.Database(t)
	upstream := gatewaytest.StartUpstream(t)
	options := gatewaytest.Options{DatabaseURL: database, UpstreamURL: upstream.URL}
	for _, apply := range change {
		apply(&options)
	}
	for i := range gateways {
		gateways[i] = gatewaytest.Start(t, options)
	}
	return gateways, database
}

// together sends all at the same moment, each to the next gateway.
func together(t *testing.T, gateways [2]*gatewaytest.Gateway, all []ask) []told {
	t.Helper()
	answers := make([]told, len(all))
	tenancytest.Together(len(all), func(i int) {
		answer, err := try(t, gateways[i%2], all[i])
		if err != nil {
			t.Errorf("%s %s: %v", all[i].method, all[i].path, err)
		}
		answers[i] = answer
	})
	return answers
}

// tally counts answers by status and code.
func tally(answers []told) map[string]int {
	counts := map[string]int{}
	for _, a := range answers {
		counts[strings.TrimSpace(fmt.Sprint(a.status, " ", a.code()))]++
	}
	return counts
}

// 50 adds at once on the last of ten seats, of people with an account and without.
func TestOneSeatLeftOnTwoGateways(t *testing.T) {
	t.Parallel()
	gateways, database := twoGateways(t)
	for round := range rounds(t, 20) {
		tenant := uuid.NewString()
		script := fmt.Sprintf(`
			INSERT INTO tenants (id, name, slug, max_users) VALUES ('%[1]s', 'Ten', 'ten%[2]d', 10);
			WITH people AS (INSERT INTO users (id, email) SELECT gen_random_uuid(), 'seat' || n || '-%[2]d@ten.test' FROM generate_series(1, 8) n RETURNING id)
			INSERT INTO tenant_users (id, tenant_id, user_id, role)
			SELECT gen_random_uuid(), '%[1]s'::uuid, id, 'viewer' FROM people
			UNION ALL SELECT gen_random_uuid(), '%[1]s'::uuid, '%[3]s', 'admin';
			INSERT INTO users (id, email) SELECT gen_random_uuid(), 'guest' || n || '-%[2]d@ten.test' FROM generate_series(0, 49, 4) n`,
			tenant, round, gatewaytest.Person(t, "alice@acme.test"))
		gatewaytest.Script(t, database, script)
		adds := make([]ask, 50)
		for i := range adds {
			adds[i] = ask{
				as: "alice@acme.test", method: "POST", path: "/api/v1/tenants/" + tenant + "/members",
				body: fmt.Sprintf(`{"email":"guest%d-%d@ten.test","role":"viewer"}`, i, round),
			}
		}
		got := tally(together(t, gateways, adds))
		if got["409 seat_limit_reached"] != 49 || got["201"]+got["202"] != 1 {
			t.Fatalf("round %d: 50 adds on the last seat got %v, want one success", round, got)
		}
		seats := gatewaytest.Script(t, database, fmt.Sprintf(`
			SELECT 1 FROM tenant_users WHERE tenant_id = '%[1]s' UNION ALL SELECT 1 FROM invitations WHERE tenant_id = '%[1]s' AND status = 'pending'`, tenant))
		if seats != 10 {
			t.Fatalf("round %d: %d seats are taken of 10", round, seats)
		}
	}
}

// Two admins who remove, demote or suspend each other or leave at the same moment:
// one stays. The schema's own guard is down, so that it is the gateways that hold.
func TestAnAdminIsLeftOnTwoGateways(t *testing.T) {
	t.Parallel()
	gateways, database := twoGateways(t)
	gatewaytest.Script(t, database, `ALTER TABLE tenant_users DISABLE TRIGGER tenant_users_last_admin`)
	ways := []ask{
		{method: "DELETE", path: "/members/%s"},
		{method: "PATCH", path: "/members/%s", body: `{"role":"member"}`},
		{method: "POST", path: "/leave"},
		{method: "PATCH", path: "/members/%s", body: `{"status":"suspended"}`},
	}
	alice, bob := gatewaytest.Person(t, "alice@acme.test"), gatewaytest.Person(t, "bob@acme.test")
	n := rounds(t, 200)
	tenants := make([]string, n)
	var script strings.Builder
	for i := range tenants {
		tenants[i] = uuid.NewString()
		fmt.Fprintf(&script, `
			INSERT INTO tenants (id, name, slug) VALUES ('%[1]s', 'Pair', 'pair%[2]d');
			INSERT INTO tenant_users (id, tenant_id, user_id, role)
			VALUES (gen_random_uuid(), '%[1]s', '%[3]s', 'admin'), (gen_random_uuid(), '%[1]s', '%[4]s', 'admin');`, tenants[i], i, alice, bob)
	}
	gatewaytest.Script(t, database, script.String())
	// What a loser may be told: that it would have been the last, or that the other
	// was quicker and has removed, suspended, demoted or left.
	expected := []string{"200", "204", "409 last_admin", "403 not_a_member", "403 role_required", "404 not_found"}
	for i, tenant := range tenants {
		of := func(a ask, me, other string) ask {
			a.header = map[string][]string{"Authorization": {"Bearer " + gatewaytest.Token(t, "alice@acme.test", gatewaytest.Claims{"sub": me})}}
			if a.path = "/api/v1/tenants/" + tenant + a.path; strings.Contains(a.path, "%s") {
				a.path = fmt.Sprintf(a.path, map[string]string{alice.String(): "alice@acme.test", bob.String(): "bob@acme.test"}[other])
			}
			return a
		}
		pair := []ask{of(ways[i%4], alice.String(), bob.String()), of(ways[i/4%4], bob.String(), alice.String())}
		got := tally(together(t, gateways, pair))
		for told := range got {
			if !slices.Contains(expected, told) {
				t.Errorf("round %d: %v, want one of %v", i, got, expected)
			}
		}
		left := gatewaytest.Script(t, database, `SELECT 1 FROM tenant_users WHERE role = 'admin' AND status = 'active' AND tenant_id = '`+tenant+`'`)
		if left != 1 {
			t.Fatalf("round %d, %s %s against %s %s: %d admins are left, want 1: %v",
				i, pair[0].method, pair[0].path, pair[1].method, pair[1].path, left, got)
		}
	}
}

// One person opens the invitation forty times at once, by its link and by its id:
// each is told of the same membership.
func TestParallelAcceptsOnTwoGateways(t *testing.T) {
	t.Parallel()
	gateways, database := twoGateways(t)
	for range rounds(t, 3) {
		tenant, invitation, token, guest := uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()
		gatewaytest.Script(t, database, fmt.Sprintf(`
			INSERT INTO tenants (id, name, slug, max_users) VALUES ('%[1]s', 'Two', 'two%[5]s', 2);
			INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), '%[1]s', '%[6]s', 'admin');
			INSERT INTO users (id, email) VALUES ('%[4]s', 'guest%[5]s@two.test');
			INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
			VALUES ('%[2]s', '%[1]s', 'guest%[5]s@two.test', 'member', sha256('%[3]s'), now() + interval '1 day')`,
			tenant, invitation, token, guest, guest[:8], gatewaytest.Person(t, "alice@acme.test")))
		bearer := "Bearer " + gatewaytest.Token(t, "alice@acme.test", gatewaytest.Claims{"sub": guest})
		all := make([]ask, 40)
		for i := range all {
			all[i] = ask{method: "POST", path: "/api/v1/invitations/accept", body: `{"token":"` + token + `"}`, header: map[string][]string{"Authorization": {bearer}}}
			if i%3 == 0 {
				all[i].body = `{"id":"` + invitation + `"}`
			}
		}
		members := map[string]int{}
		for _, answer := range together(t, gateways, all) {
			answer.want(t, 200, "")
			var accepted struct{ Member struct{ ID string } }
			answer.into(t, &accepted)
			members[accepted.Member.ID]++
		}
		if len(members) != 1 {
			t.Errorf("40 acceptances told of %d memberships, want 1: %v", len(members), members)
		}
		if n := gatewaytest.Script(t, database, `SELECT 1 FROM tenant_users WHERE tenant_id = '`+tenant+`'`); n != 2 {
			t.Errorf("%d members, want the admin and one more", n)
		}
		if n := gatewaytest.Script(t, database, `SELECT 1 FROM audit_log WHERE action = 'invitation.accepted' AND tenant_id = '`+tenant+`'`); n != 1 {
			t.Errorf("the log tells of %d acceptances, want 1", n)
		}
	}
}
