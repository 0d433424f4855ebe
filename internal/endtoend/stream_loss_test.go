package endtoend_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// loss is a way in which bob, a member of acme, loses access, and what the end of
// his streams says of it.
type loss struct {
	name      string
	do        func(t *testing.T, session uuid.UUID) // the session of his token
	code      string
	status    int
	everybody bool   // in acme: alice, too
	undo      string // SQL
}

// losses are all but removal, which TestStreamsEndWithTheMembership has. Those
// that end everybody's streams come last.
func losses(t *testing.T, gateway *gatewaytest.Gateway, database string) []loss {
	acme, bob := gatewaytest.Tenant(t, "acme"), gatewaytest.Person(t, "bob@acme.test")
	sql := func(text string) func(*testing.T, uuid.UUID) {
		return func(t *testing.T, _ uuid.UUID) { tenancytest.Exec(t, database, text) }
	}
	api := func(status int, a func(session uuid.UUID) ask) func(*testing.T, uuid.UUID) {
		return func(t *testing.T, session uuid.UUID) { send(t, gateway, a(session)).want(t, status, "") }
	}
	alice := func(method, path, body string) func(uuid.UUID) ask {
		return func(uuid.UUID) ask { return ask{as: "alice@acme.test", method: method, path: path, body: body} }
	}
	logout := func(body string) func(uuid.UUID) ask {
		return func(session uuid.UUID) ask {
			return ask{as: "bob@acme.test", method: "POST", path: "/api/v1/auth/logout", body: body, claims: gatewaytest.Claims{"sid": session.String()}}
		}
	}
	member := path(t, "acme", "/members/bob@acme.test")
	const ofAcme = "UPDATE tenants SET status = "
	in, his, who := " WHERE id = '"+acme.String()+"'", " WHERE user_id = '"+bob.String()+"'", " WHERE id = '"+bob.String()+"'"
	again := "UPDATE tenant_users SET role = 'member', status = 'active'" + his
	return []loss{
		{"demoted", api(200, alice("PATCH", member, `{"role":"viewer"}`)), "role_required", 403, false, again},
		{"demoted-by-sql", sql("UPDATE tenant_users SET role = 'viewer'" + his), "role_required", 403, false, again},
		{"suspended-here", api(200, alice("PATCH", member, `{"status":"suspended"}`)), "not_a_member", 403, false, again},
		{"suspended-here-by-sql", sql("UPDATE tenant_users SET status = 'suspended'" + his), "not_a_member", 403, false, again},
		{"suspended-by-sql", sql("UPDATE users SET status = 'suspended'" + who), "token_invalid", 401, false, "UPDATE users SET status = 'active'" + who},
		{"signed-out", api(204, logout(`{}`)), "token_invalid", 401, false, ""},
		{"session-ended", api(204, func(session uuid.UUID) ask {
			return ask{as: "bob@acme.test", method: "DELETE", path: "/api/v1/me/sessions/" + session.String()}
		}), "token_invalid", 401, false, ""},
		{"session-ended-by-sql", sql("UPDATE sessions SET ended_at = now()" + his), "token_invalid", 401, false, ""},
		{"signed-out-everywhere", api(204, logout(`{"all":true}`)), "token_invalid", 401, false, ""},
		{"tenant-suspended", api(200, alice("POST", path(t, "acme", "/suspend"), "")), "tenant_suspended", 403, true, ofAcme + "'active'" + in},
		{"tenant-suspended-by-sql", sql(ofAcme + "'suspended'" + in), "tenant_suspended", 403, true, ofAcme + "'active'" + in},
		{"tenant-deleted", api(204, alice("DELETE", path(t, "acme", ""), "")), "not_a_member", 403, true, ofAcme + "'active'" + in},
		{"tenant-deleted-by-sql", sql(ofAcme + "'deleted'" + in), "not_a_member", 403, true, ofAcme + "'active'" + in},
	}
}

// TestStreamsEndWithWhateverEndsAccess, by the API and behind its back, and no one
// else's do.
func TestStreamsEndWithWhateverEndsAccess(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	tenancytest.Exec(t, database, "UPDATE users SET role = 'platform_admin' WHERE id = $1", gatewaytest.Person(t, "alice@acme.test"))
	gateway, upstream, streamers := startStreamers(t, onDatabase(database), func(o *gatewaytest.Options) {
		o.Caddyfile = replaced(t, "require viewer GET,HEAD,OPTIONS /api/*", "require member GET,HEAD,OPTIONS /api/*")
	})
	over := func(name string) []*streamer { // of that name, for no two streams have one id
		h1 := *streamers[0]
		h1.protocol += "-" + name
		return []*streamer{&h1}
	}
	alice := holdAll(t, upstream, over("all"), "alice@acme.test")
	for _, l := range losses(t, gateway, database) {
		session := uuid.Must(uuid.NewV7())
		tenancytest.Exec(t, database, "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, now(), now() + interval '1 day')",
			session, gatewaytest.Person(t, "bob@acme.test"))
		claims := gatewaytest.Claims{"sid": session.String()}
		tenancytest.Eventually(t, 10*time.Second, "bob is served before he is "+l.name, func() bool {
			return send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/none", tenant: "acme", claims: claims}).status == 404
		})
		bob := holdAll(t, upstream, over(l.name), "bob@acme.test", claims)
		l.do(t, session)
		wantClosed(t, upstream, time.Now(), bob, l.code, l.status, 4403)
		if !l.everybody {
			wantOpen(t, alice)
		}
		if l.undo != "" {
			tenancytest.Exec(t, database, l.undo)
		}
	}
}
