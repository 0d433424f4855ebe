package endtoend_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const demoPassword = "demo-password"

// pair is two gateways of one database.
type pair struct {
	database string
	one, two *gatewaytest.Gateway
}

func startPair(t *testing.T) pair {
	t.Helper()
	database := gatewaytest.Database(t)
	one, _ := start(t, onDatabase(database))
	two, _ := start(t, onDatabase(database))
	return pair{database, one, two}
}

// signIn signs bob in at the first gateway, and has the second one serve him.
func (p pair) signIn(t *testing.T) signedIn {
	t.Helper()
	session := in(t, send(t, p.one, login("bob@acme.test", demoPassword)), 200)
	send(t, p.two, p.call(session)).want(t, 200, "")
	return session
}

func (p pair) call(session signedIn) ask {
	return ask{path: "/api/v1/calls", tenant: "acme", header: bearer(session.AccessToken)}
}

func (p pair) post(path, body string, session signedIn) ask {
	a := post(path, body)
	a.header = bearer(session.AccessToken)
	return a
}

// TestSessionsEndOnOtherReplicas: when the one gateway has answered, the other one
// takes no access token of what has ended, though it has just done so.
func TestSessionsEndOnOtherReplicas(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	suspension := func(word string) ask {
		return ask{as: "root@tenantgate.test", method: "POST", path: path(t, "acme", "/"+word)}
	}
	other := p.signIn(t)
	for _, test := range []struct {
		name   string
		end    func(signedIn) ask
		status int
		code   string
		spares bool // the other session
		undo   ask
	}{
		{"logout", func(s signedIn) ask { return p.post("/auth/logout", `{}`, s) }, 401, "token_invalid", true, ask{}},
		{"logout of all", func(s signedIn) ask { return p.post("/auth/logout", `{"all":true}`, s) }, 401, "token_invalid", false, ask{}},
		{"a new password", func(signedIn) ask {
			// Of the session that changes it, only others end.
			changer := in(t, send(t, p.one, login("bob@acme.test", demoPassword)), 200)
			return p.post("/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, demoPassword, demoPassword), changer)
		}, 401, "token_invalid", false, ask{}},
		{"the tenant is suspended", func(signedIn) ask { return suspension("suspend") }, 403, "tenant_suspended", false, suspension("activate")},
	} {
		session := p.signIn(t)
		send(t, p.two, p.call(other)).want(t, 200, "")
		if answer := send(t, p.one, test.end(session)); answer.status >= 300 {
			t.Fatalf("%s: got %d %s", test.name, answer.status, answer.body)
		}
		answer := send(t, p.two, p.call(session))
		if answer.status != test.status || answer.code() != test.code {
			t.Errorf("%s: got %d %q, want %d %q", test.name, answer.status, answer.code(), test.status, test.code)
		}
		if answer := send(t, p.two, p.call(other)); (answer.status == 200) != test.spares {
			t.Errorf("%s: the other session: got %d %q, want it served: %v", test.name, answer.status, answer.code(), test.spares)
		}
		if test.undo.path != "" {
			if answer := send(t, p.one, test.undo); answer.status >= 300 {
				t.Fatalf("undoing %s: got %d %s", test.name, answer.status, answer.body)
			}
			tenancytest.Eventually(t, 5*time.Second, "the undoing shows", func() bool { return send(t, p.two, p.call(session)).status == 200 })
		}
		other = p.signIn(t)
	}
}

// TestSessionsEndWithSQL: nobody tells the gateways but the change feed.
func TestSessionsEndWithSQL(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	bob, acme := gatewaytest.Person(t, "bob@acme.test"), gatewaytest.Tenant(t, "acme")
	for _, test := range []struct {
		end, undo string
		id        any
		status    int
		code      string
	}{
		{`UPDATE sessions SET ended_at = now() WHERE user_id = $1`, "", bob, 401, "token_invalid"},
		{`DELETE FROM sessions WHERE user_id = $1`, "", bob, 401, "token_invalid"},
		{`UPDATE users SET status = 'suspended' WHERE id = $1`, `UPDATE users SET status = 'active' WHERE id = $1`, bob, 401, "token_invalid"},
		{`UPDATE tenants SET status = 'suspended' WHERE id = $1`, `UPDATE tenants SET status = 'active' WHERE id = $1`, acme, 403, "tenant_suspended"},
	} {
		session := p.signIn(t)
		tenancytest.Exec(t, p.database, test.end, test.id)
		began := time.Now()
		for _, gateway := range []*gatewaytest.Gateway{p.two, p.one} {
			var answer told
			tenancytest.Eventually(t, allowed, test.end, func() bool {
				answer = send(t, gateway, p.call(session))
				return answer.status != 200
			})
			answer.want(t, test.status, test.code)
		}
		t.Logf("%v: %s", time.Since(began).Round(time.Millisecond), test.end)
		if test.undo != "" {
			tenancytest.Exec(t, p.database, test.undo, test.id)
			tenancytest.Eventually(t, 5*time.Second, "the undoing shows", func() bool {
				return send(t, p.one, p.call(session)).status == 200 && send(t, p.two, p.call(session)).status == 200
			})
		}
	}
}

// TestNoSignInOutlivesTheOldPassword: who signs in with the old password while it
// is changed has nothing in hand afterwards.
func TestNoSignInOutlivesTheOldPassword(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	password := demoPassword
	for round := range 3 {
		changer := in(t, send(t, p.one, login("bob@acme.test", password)), 200)
		next := fmt.Sprintf("another password %d", round)
		var racing sync.WaitGroup
		var mu sync.Mutex
		var sessions []signedIn
		for n := range 6 {
			gateway := []*gatewaytest.Gateway{p.one, p.two}[n%2]
			racing.Go(func() {
				answer := send(t, gateway, login("bob@acme.test", password))
				if answer.status != 200 {
					answer.want(t, 401, "credentials_invalid")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				sessions = append(sessions, in(t, answer, 200))
			})
		}
		racing.Go(func() {
			change := p.post("/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, password, next), changer)
			send(t, p.two, change).want(t, 204, "")
		})
		racing.Wait()
		for _, session := range sessions {
			send(t, p.one, p.call(session)).want(t, 401, "token_invalid")
			send(t, p.two, p.call(session)).want(t, 401, "token_invalid")
			send(t, p.one, post("/auth/refresh", `{"refresh_token":"`+session.RefreshToken+`"}`)).want(t, 401, "token_invalid")
		}
		send(t, p.one, p.call(changer)).want(t, 200, "")
		password = next
	}
}
