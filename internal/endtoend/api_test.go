package endtoend_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// keys returns the names of a JSON object's members, in order.
func keys(t *testing.T, a told, within string) []string {
	t.Helper()
	var object map[string]any
	a.into(t, &object)
	if within != "" {
		object, _ = object[within].(map[string]any)
	}
	return slices.Sorted(maps.Keys(object))
}

func wantKeys(t *testing.T, a told, within, names string) {
	t.Helper()
	want := strings.Fields(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, keys(t, a, within)); diff != "" {
		t.Errorf("members of the answer (-want +got):\n%s", diff)
	}
}

func TestSignInAndSwitch(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t)
	login := send(t, gateway, ask{method: "POST", path: "/api/v1/auth/login", body: `{"email":"Alice@ACME.test","password":"` + devserver.Password + `"}`})
	login.want(t, 200, "")
	var in struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	login.into(t, &in)
	if in.ExpiresIn < 890 || in.ExpiresIn > 900 {
		t.Errorf("expires_in: got %d, want 15 minutes", in.ExpiresIn)
	}
	bearer := map[string][]string{"Authorization": {"Bearer " + in.AccessToken}}

	tenant := send(t, gateway, ask{path: "/api/v1/tenant", header: bearer})
	tenant.want(t, 200, "")
	wantKeys(t, tenant, "", "id name slug domain status max_users role created_at config")
	count := send(t, gateway, ask{path: "/api/v1/tenant/users/count", header: bearer})
	if want := fmt.Sprintf(`{"tenant_id":%q,"count":4,"max_users":25,"available":21}`, gatewaytest.Tenant(t, "acme")); count.body != want {
		t.Errorf("count: got %s, want %s", count.body, want)
	}
	if store := tenant.header.Get("Cache-Control"); store != "no-store" {
		t.Errorf("Cache-Control: got %q, want no-store", store)
	}

	switched := send(t, gateway, ask{method: "POST", path: path(t, "globex", "/switch"), header: bearer})
	switched.want(t, 200, "")
	wantKeys(t, switched, "", "tenant role access_token token_type expires_in")
	var next struct {
		AccessToken string `json:"access_token"`
	}
	switched.into(t, &next)
	for token, slug := range map[string]string{in.AccessToken: "acme", next.AccessToken: "globex"} {
		send(t, gateway, ask{path: "/api/v1/calls", header: map[string][]string{"Authorization": {"Bearer " + token}}}).want(t, 200, "")
		if got := only(t, upstream).Values("X-Tenant-Slug"); len(got) != 1 || got[0] != slug {
			t.Errorf("the token for %s: got %q at the upstream", slug, got)
		}
	}
	// A token that names no tenant goes by what was stored.
	send(t, gateway, ask{as: "alice@acme.test", path: "/api/v1/calls"}).want(t, 200, "")
	if got := only(t, upstream).Values("X-Tenant-Slug"); len(got) != 1 || got[0] != "globex" {
		t.Errorf("the stored tenant: got %q, want globex", got)
	}

	me := send(t, gateway, ask{path: "/api/v1/me", header: bearer})
	wantKeys(t, me, "", "id email email_verified name role current_tenant_id")
	for _, wrong := range []string{
		`{"email":"alice@acme.test","password":"wrong-password"}`, `{"email":"nobody@acme.test","password":"wrong-password"}`,
	} {
		answer := send(t, gateway, ask{method: "POST", path: "/api/v1/auth/login", body: wrong})
		answer.want(t, 401, "credentials_invalid")
	}
}

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	redis := tenancytest.Redis(t)
	database := gatewaytest.Database(t)
	options := func(o *gatewaytest.Options) { o.DatabaseURL, o.RedisURL = database, redis.URL() }
	gateway, _ := start(t, options)
	peggy := ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}
	send(t, gateway, peggy).want(t, 403, "not_a_member")

	add := ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/members"), body: `{"email":"Peggy@globex.test","role":"viewer"}`}
	added := send(t, gateway, add)
	added.want(t, 201, "")
	wantKeys(t, added, "member", "id user_id email name role status joined_at")
	send(t, gateway, peggy).want(t, 200, "")
	send(t, gateway, add).want(t, 409, "already_member")

	remove := ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/peggy%40globex.test")}
	if answer := send(t, gateway, remove); answer.status != 204 || answer.body != "" {
		t.Errorf("removing: got %d %q, want 204 and nothing", answer.status, answer.body)
	}
	send(t, gateway, peggy).want(t, 403, "not_a_member")
	send(t, gateway, remove).want(t, 404, "not_found")

	invited := send(t, gateway, ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/members"), body: `{"email":"new@acme.test","role":"admin"}`})
	invited.want(t, 202, "")
	wantKeys(t, invited, "invitation", "id email role status invited_by created_at expires_at")
	var count struct{ Count, Available int }
	send(t, gateway, ask{as: "alice@acme.test", path: "/api/v1/tenant/users/count", tenant: "acme"}).into(t, &count)
	if count.Count != 4 || count.Available != 20 {
		t.Errorf("seats: got %+v, want 4 members and 20 seats left: the invitation holds one", count)
	}

	send(t, gateway, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/alice@acme.test")}).want(t, 409, "last_admin")
	send(t, gateway, ask{as: "bob@acme.test", method: "DELETE", path: path(t, "acme", "/members/carol@acme.test")}).want(t, 403, "role_required")
	send(t, gateway, ask{as: "dave@globex.test", method: "DELETE", path: path(t, "acme", "/members/carol@acme.test")}).want(t, 403, "role_required")
	send(t, gateway, ask{as: "frank@initech.test", method: "POST", path: path(t, "initech", "/members"), body: `{"email":"x@y.test","role":"viewer"}`}).want(t, 403, "tenant_suspended")
}

func TestSeatsAreLimited(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	statuses := make(chan int, 12)
	for i := range cap(statuses) {
		go func() {
			answer, err := try(t, gateway, ask{as: "ursula@umbrella.test", method: "POST", path: path(t, "umbrella", "/members"),
				body: fmt.Sprintf(`{"email":"guest%d@umbrella.test","role":"viewer"}`, i)})
			if err != nil {
				answer.status = -1
			}
			statuses <- answer.status
		}()
	}
	got := map[int]int{}
	for range cap(statuses) {
		got[<-statuses]++
	}
	if diff := cmp.Diff(map[int]int{202: 2, 409: 10}, got); diff != "" {
		t.Errorf("12 at once for 2 of 3 seats (-want +got):\n%s", diff)
	}
}

func TestTenantLists(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	var listed struct {
		Tenants []struct {
			Slug, Role string
			Current    bool
		}
		NextCursor *string `json:"next_cursor"`
	}
	answer := send(t, gateway, ask{path: "/api/v1/tenants"})
	answer.into(t, &listed)
	if len(listed.Tenants) != 1 || listed.Tenants[0].Slug != "umbrella" || listed.NextCursor != nil {
		t.Errorf("for strangers: got %s, want umbrella alone", answer.body)
	}
	slugs := ""
	cursor := ""
	for range 5 {
		answer := send(t, gateway, ask{as: "alice@acme.test", path: "/api/v1/tenants?limit=1" + cursor})
		answer.want(t, 200, "")
		listed.NextCursor = nil
		answer.into(t, &listed)
		for _, tenant := range listed.Tenants {
			slugs += tenant.Slug + ":" + tenant.Role + " "
		}
		if listed.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *listed.NextCursor
	}
	if slugs != "acme:admin globex:viewer " {
		t.Errorf("alice's tenants by pages of one: got %q", slugs)
	}
	all := send(t, gateway, ask{as: "root@tenantgate.test", path: "/api/v1/tenants?scope=all"})
	all.into(t, &listed)
	if len(listed.Tenants) != 4 {
		t.Errorf("all tenants: got %d, want 4", len(listed.Tenants))
	}
}
