package endtoend_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func onDatabase(url string) func(*gatewaytest.Options) {
	return func(o *gatewaytest.Options) { o.DatabaseURL = url }
}

// TestStreamsEndWithSQL: what ends the membership is no request of ours.
func TestStreamsEndWithSQL(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	_, upstream, streamers := startStreamers(t, onDatabase(database))
	bob := holdAll(t, upstream, streamers, "bob@acme.test")
	alice := holdAll(t, upstream, streamers, "alice@acme.test")
	tenancytest.Exec(t, database, "DELETE FROM tenant_users WHERE tenant_id = $1 AND user_id = $2",
		gatewaytest.Tenant(t, "acme"), gatewaytest.Person(t, "bob@acme.test"))
	wantClosed(t, upstream, time.Now(), bob, "not_a_member", 403, 4403)
	wantOpen(t, alice)
}

func TestStreamsEndOnOtherReplicas(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	one, _, _ := startStreamers(t, onDatabase(database))
	_, upstream, streamers := startStreamers(t, onDatabase(database))
	bob := holdAll(t, upstream, streamers, "bob@acme.test")
	alice := holdAll(t, upstream, streamers, "alice@acme.test")
	if answer := send(t, one, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	wantClosed(t, upstream, time.Now(), bob, "not_a_member", 403, 4403)
	wantOpen(t, alice)
}

// TestStreamsEndWhereNobodyCanConfirmThem: the replica that has them is cut off
// from Postgres, another one is not.
func TestStreamsEndWhereNobodyCanConfirmThem(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	over, wire := tenancytest.WireTo(t, database)
	one, _ := start(t, onDatabase(database))
	two, upstream, streamers := startStreamers(t, onDatabase(over))
	bob := holdAll(t, upstream, streamers[:1], "bob@acme.test")
	wire.Cut()
	if answer := send(t, one, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	wantClosed(t, upstream, time.Now(), bob, "membership_unavailable", 503, 1013)
	wire.Mend()
	tenancytest.Eventually(t, 10*time.Second, "it serves again", func() bool {
		return send(t, two, ask{as: "alice@acme.test", path: "/api/v1/calls?id=again", tenant: "acme"}).status == 404
	})
	send(t, two, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 403, "not_a_member")
}
