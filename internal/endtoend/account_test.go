package endtoend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/mailbox"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const publicURL = "https://app.example.com"

// startWithMail runs a gateway whose mails end in a mailbox.
func startWithMail(t *testing.T, change ...func(*gatewaytest.Options)) (*gatewaytest.Gateway, *gatewaytest.Upstream, *mailbox.Mailbox) {
	t.Helper()
	box, err := mailbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	gateway, upstream := start(t, append(change, func(o *gatewaytest.Options) {
		o.Env = append(o.Env, "SMTP_URL="+box.SMTPURL, "MAIL_FROM=Gate <gate@example.com>", "PUBLIC_URL="+publicURL, "LOG_LEVEL=debug")
	})...)
	return gateway, upstream, box
}

// signedIn is what a registration and a login answer.
type signedIn struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	User         struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	} `json:"user"`
	Tenant *struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
	} `json:"tenant"`
	Role     string `json:"role"`
	Awaiting string `json:"awaiting"`
}

func post(path, body string) ask { return ask{method: "POST", path: "/api/v1" + path, body: body} }

// bearer is the header of a token.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func register(email, password, tenant string) ask {
	return post("/auth/register", fmt.Sprintf(`{"email":%q,"password":%q,"name":"Somebody","tenant":%s}`, email, password, tenant))
}

func login(email, password string) ask {
	return post("/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
}

// in expects an answer with tokens.
func in(t *testing.T, answer told, status int) signedIn {
	t.Helper()
	answer.want(t, status, "")
	var s signedIn
	answer.into(t, &s)
	return s
}

// link waits for a mail whose subject this is, and returns the token of its link.
func link(t *testing.T, box *mailbox.Mailbox, to, subject, before string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for known := 0; ; known++ {
		if _, err := box.Await(ctx, to, known); err != nil {
			t.Fatalf("no mail %q came to %s", subject, to)
		}
		for _, letter := range box.Letters(to) {
			if letter.Subject != subject {
				continue
			}
			_, rest, found := strings.Cut(letter.Text, publicURL+before)
			if before != "" && !found {
				t.Fatalf("no link in %q", letter.Text)
			}
			token, _, _ := strings.Cut(rest, "\n")
			return token
		}
	}
}

// toldEmail is the address that the last request told the upstream.
func toldEmail(t *testing.T, upstream *gatewaytest.Upstream) string {
	t.Helper()
	received := upstream.Take()
	if len(received) == 0 {
		t.Fatal("nothing has reached the upstream")
	}
	return strings.Join(received[len(received)-1].Values("X-User-Email"), ",")
}

func TestAccountFromRegistrationToReset(t *testing.T) {
	t.Parallel()
	gateway, upstream, box := startWithMail(t)
	const email, first, second, third = "new@example.com", "correct horse battery", "staple wrong donkey", "a third one altogether"

	me := in(t, send(t, gateway, register(email, first, `{"create":{"name":"Engines","slug":"engines"}}`)), 201)
	if me.Tenant == nil || me.Tenant.Slug != "engines" || me.Role != "admin" || me.AccessToken == "" || me.RefreshToken == "" {
		t.Fatalf("registered as %+v, want an admin of engines with tokens", me)
	}
	call := ask{path: "/api/v1/calls", header: bearer(me.AccessToken)}
	send(t, gateway, call).want(t, 200, "")
	if got := toldEmail(t, upstream); got != "" {
		t.Errorf("the upstream was told the claimed address %q", got)
	}

	proof := link(t, box, email, "Confirm your address", "/auth/verify#token=")
	confirm := post("/auth/email/verify/confirm", `{"token":"`+proof+`"}`)
	send(t, gateway, confirm).want(t, 401, "token_missing")
	confirm.as = "alice@acme.test"
	send(t, gateway, confirm).want(t, 410, "link_gone")
	confirm.as, confirm.header = "", bearer(me.AccessToken)
	send(t, gateway, confirm).want(t, 204, "")
	send(t, gateway, confirm).want(t, 410, "link_gone")
	if answer := send(t, gateway, ask{path: "/api/v1/me", header: bearer(me.AccessToken)}); !strings.Contains(answer.body, `"email_verified":true`) {
		t.Errorf("after the proof: %s", answer.body)
	}
	tenancytest.Eventually(t, 10*time.Second, "the upstream is told the proven address", func() bool {
		send(t, gateway, call).want(t, 200, "")
		return toldEmail(t, upstream) == email
	})

	change := post("/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, "not the one", second))
	change.header = bearer(me.AccessToken)
	send(t, gateway, change).want(t, 422, "validation_failed")
	other := in(t, send(t, gateway, login(email, first)), 200)
	change.body = fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, first, second)
	send(t, gateway, change).want(t, 204, "")
	send(t, gateway, login(email, first)).want(t, 401, "credentials_invalid")
	send(t, gateway, post("/auth/refresh", `{"refresh_token":"`+other.RefreshToken+`"}`)).want(t, 401, "token_invalid")
	send(t, gateway, ask{path: "/api/v1/me", header: bearer(other.AccessToken)}).want(t, 401, "token_invalid")
	mine := in(t, send(t, gateway, post("/auth/refresh", `{"refresh_token":"`+me.RefreshToken+`"}`)), 200)
	link(t, box, email, "Your password was changed", "")

	send(t, gateway, post("/auth/password/reset", `{"email":"`+email+`"}`)).want(t, 202, "")
	reset := link(t, box, email, "Set a new password", "/auth/reset#token=")
	send(t, gateway, post("/auth/password/reset/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, reset, third))).want(t, 204, "")
	send(t, gateway, post("/auth/password/reset/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, reset, third))).want(t, 410, "link_gone")
	send(t, gateway, post("/auth/refresh", `{"refresh_token":"`+mine.RefreshToken+`"}`)).want(t, 401, "token_invalid")
	send(t, gateway, ask{path: "/api/v1/calls", header: bearer(mine.AccessToken)}).want(t, 401, "token_invalid")
	last := in(t, send(t, gateway, login("NEW@example.com", third)), 200)

	logs := gateway.Log()
	for what, secret := range map[string]string{
		"an access token": me.AccessToken, "a refresh token": me.RefreshToken, "another refresh token": last.RefreshToken,
		"the token of a proof": proof, "the token of a reset": reset, "a password": third, "an address": email,
	} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %s", what)
		}
	}
}

func TestReplayedRefreshTokenEndsTheSession(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	session := in(t, send(t, gateway, login("alice@acme.test", "demo-password")), 200)
	refresh := post("/auth/refresh", `{"refresh_token":"`+session.RefreshToken+`"}`)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		won   []signedIn
		start = make(chan struct{})
	)
	for range 20 {
		group.Go(func() {
			<-start
			answer := send(t, gateway, refresh)
			mu.Lock()
			defer mu.Unlock()
			if answer.status == 200 {
				won = append(won, in(t, answer, 200))
			} else {
				answer.want(t, 401, "token_invalid")
			}
		})
	}
	close(start)
	group.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of 20 refreshes succeeded, want 1", len(won))
	}
	send(t, gateway, post("/auth/refresh", `{"refresh_token":"`+won[0].RefreshToken+`"}`)).want(t, 401, "token_invalid")
	for _, token := range []string{session.AccessToken, won[0].AccessToken} {
		send(t, gateway, ask{path: "/api/v1/calls", tenant: "acme", header: bearer(token)}).want(t, 401, "token_invalid")
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	desk := in(t, send(t, gateway, login("alice@acme.test", "demo-password")), 200)
	phone := login("alice@acme.test", "demo-password")
	phone.header = http.Header{"User-Agent": {"A phone\tand <more>"}}
	there := in(t, send(t, gateway, phone), 200)
	var list struct {
		Sessions []struct {
			ID        string `json:"id"`
			UserAgent string `json:"user_agent"`
			Current   bool   `json:"current"`
		} `json:"sessions"`
	}
	send(t, gateway, ask{path: "/api/v1/me/sessions", header: bearer(desk.AccessToken)}).into(t, &list)
	if len(list.Sessions) != 2 || list.Sessions[0].UserAgent != "A phoneand <more>" || list.Sessions[0].Current || !list.Sessions[1].Current {
		t.Fatalf("sessions %+v, want the phone and this one", list.Sessions)
	}
	end := ask{method: "DELETE", path: "/api/v1/me/sessions/" + list.Sessions[0].ID, as: "bob@acme.test"}
	send(t, gateway, end).want(t, 404, "not_found")
	end.as, end.header = "", bearer(desk.AccessToken)
	send(t, gateway, end).want(t, 204, "")
	send(t, gateway, ask{path: "/api/v1/calls", tenant: "acme", header: bearer(there.AccessToken)}).want(t, 401, "token_invalid")
	again := in(t, send(t, gateway, login("alice@acme.test", "demo-password")), 200)
	all := post("/auth/logout", `{"all":true}`)
	all.header = bearer(desk.AccessToken)
	send(t, gateway, all).want(t, 204, "")
	for _, token := range []string{desk.AccessToken, again.AccessToken} {
		send(t, gateway, ask{path: "/api/v1/me", header: bearer(token)}).want(t, 401, "token_invalid")
	}
}

// members lists the members of an object, two levels deep: what of an answer shows
// without its values.
func shape(t *testing.T, answer told) []string {
	t.Helper()
	var object map[string]any
	answer.into(t, &object)
	delete(object, "errors")
	var names []string
	for name, value := range object {
		names = append(names, name)
		if inner, is := value.(map[string]any); is {
			for deeper := range maps.Keys(inner) {
				names = append(names, name+"."+deeper)
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestRegistrationDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	gateway, _, box := startWithMail(t)
	const password = "correct horse battery"
	known := send(t, gateway, register("bob@acme.test", password, `{"join":"umbrella"}`))
	unknown := send(t, gateway, register("bob@nobody.test", password, `{"join":"umbrella"}`))
	claim, fresh := in(t, known, 201), in(t, unknown, 201)
	if a, b := shape(t, known), shape(t, unknown); !slices.Equal(a, b) {
		t.Errorf("known address: %v, unknown address: %v", a, b)
	}
	for _, session := range []signedIn{claim, fresh} { // whatever either may try
		send(t, gateway, ask{path: "/api/v1/me", header: bearer(session.AccessToken)}).want(t, 200, "")
		send(t, gateway, login(session.User.Email, password)).want(t, 200, "")
		send(t, gateway, ask{method: "POST", path: "/api/v1/auth/email/verify", header: bearer(session.AccessToken)}).want(t, 202, "")
	}
	owner := in(t, send(t, gateway, login("bob@acme.test", "demo-password")), 200)
	if owner.User.ID == claim.User.ID || owner.User.ID != gatewaytest.Person(t, "bob@acme.test").String() {
		t.Errorf("the owner signs in as %s, the claimant is %s", owner.User.ID, claim.User.ID)
	}
	link(t, box, "bob@acme.test", "You have an account already", "")
	link(t, box, "bob@nobody.test", "Confirm your address", "/auth/verify#token=")
	for _, letter := range box.Letters("bob@acme.test") {
		if strings.Contains(letter.Text, "token=") {
			t.Errorf("the owner was sent a link that would give the address away: %s", letter.Text)
		}
	}
	// Who has the account's password is its owner.
	again := in(t, send(t, gateway, register("bob@acme.test", "demo-password", `{"create":{"name":"Bob","slug":"bobs"}}`)), 201)
	if again.User.ID != owner.User.ID || again.Role != "admin" {
		t.Errorf("registering with one's own password: %+v, want one's own account", again)
	}
}

func TestJoinPolicies(t *testing.T) {
	t.Parallel()
	var dsn string
	gateway, _, box := startWithMail(t, func(o *gatewaytest.Options) {
		dsn = gatewaytest.Database(t)
		o.DatabaseURL = dsn
	})
	// Row-level security holds for the owner too, but not for a superuser.
	tenancytest.Exec(t, dsn, `INSERT INTO tenant_configs (tenant_id, key, value) VALUES
		($1, 'join_policy', '"domain"'), ($1, 'allowed_email_domains', '["acme.test"]'), ($1, 'default_role', '"viewer"')`, gatewaytest.Tenant(t, "acme"))
	const password = "correct horse battery"
	for name, a := range map[string]ask{
		"closed":           register("x1@acme.test", password, `{"join":"globex"}`),
		"suspended":        register("x2@acme.test", password, `{"join":"initech"}`),
		"none":             register("x3@acme.test", password, `{"join":"no-such-tenant"}`),
		"another domain":   register("x4@evil.test", password, `{"join":"acme"}`),
		"a subdomain":      register("x5@sub.acme.test", password, `{"join":"acme"}`),
		"a domain like it": register("x6@acme.test.evil.test", password, `{"join":"acme"}`),
	} {
		if answer := send(t, gateway, a); answer.status != 403 || answer.code() != "join_refused" {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
	}
	me := in(t, send(t, gateway, register("newcomer@acme.test", password, `{"join":"acme"}`)), 201)
	if me.Tenant != nil || me.Awaiting != "email_verification" {
		t.Fatalf("joined on an unproven address: %+v", me)
	}
	call := ask{path: "/api/v1/calls", tenant: "acme", header: bearer(me.AccessToken)}
	send(t, gateway, call).want(t, 403, "not_a_member")
	proof := post("/auth/email/verify/confirm", `{"token":"`+link(t, box, "newcomer@acme.test", "Confirm your address", "/auth/verify#token=")+`"}`)
	proof.header = bearer(me.AccessToken)
	send(t, gateway, proof).want(t, 204, "")
	send(t, gateway, call).want(t, 200, "")
}

func TestRegistrationByInvitation(t *testing.T) {
	t.Parallel()
	gateway, _, box := startWithMail(t)
	const password = "correct horse battery"
	invite := ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/invitations"), body: `{"email":"guest@nobody.test","role":"viewer"}`}
	send(t, gateway, invite).want(t, 201, "")
	token := link(t, box, "guest@nobody.test", "An invitation", "/auth/register#invitation=")
	with := func(email string) ask { return register(email, password, `{"invitation":"`+token+`"}`) }
	send(t, gateway, with("else@nobody.test")).want(t, 410, "invitation_gone")
	guest := in(t, send(t, gateway, with("guest@nobody.test")), 201)
	if guest.Tenant == nil || guest.Tenant.Slug != "acme" || guest.Role != "viewer" {
		t.Errorf("registered as %+v, want a viewer of acme", guest)
	}
	if me := send(t, gateway, ask{path: "/api/v1/me", header: bearer(guest.AccessToken)}); !strings.Contains(me.body, `"email_verified":true`) {
		t.Errorf("the invitation did not prove the address: %s", me.body)
	}
	send(t, gateway, register("guest@nobody.test", "another password", `{"invitation":"`+token+`"}`)).want(t, 409, "address_taken")
	invite.body = `{"email":"bob@acme.test","role":"viewer"}`
	invite.as, invite.path = "dave@globex.test", path(t, "globex", "/invitations")
	send(t, gateway, invite).want(t, 201, "")
	token = link(t, box, "bob@acme.test", "An invitation", "/auth/register#invitation=")
	send(t, gateway, with("bob@acme.test")).want(t, 409, "address_taken")
}

// Addresses that look alike are other people's, or nobody's.
func TestLookAlikeAddresses(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	for email, want := range map[string]int{
		"ALICE@ACME.test": 200, "alice@acme.test": 200,
		"alice+x@acme.test": 401, "al%69ce@acme.test": 401, "alice%2F@acme.test": 401,
		"аlice@acme.test": 422, "alice@acme.te\u017ft": 422, "alice@\u212Acme.test": 422, "alice @acme.test": 422, "alice@acme.test.": 422, "alice\u0000@acme.test": 422,
	} {
		quoted, _ := json.Marshal(email)
		if got := send(t, gateway, post("/auth/login", `{"email":`+string(quoted)+`,"password":"demo-password"}`)).status; got != want {
			t.Errorf("signing in as %q: %d, want %d", email, got, want)
		}
	}
}

func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	for name, redis := range map[string]bool{"in process": false, "in Redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway, _, _ := startWithMail(t, func(o *gatewaytest.Options) {
				if redis {
					o.RedisURL = tenancytest.Redis(t).URL()
				}
			})
			refusedAfter := func(email string) int {
				for n := range 40 {
					a := login(email, "wrong password")
					a.header = http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", n)}} // believed of nobody
					answer := send(t, gateway, a)
					if answer.status == 429 {
						answer.want(t, 429, "rate_limited")
						if answer.header.Get("Retry-After") == "" {
							t.Error("no Retry-After")
						}
						return n
					}
					answer.want(t, 401, "credentials_invalid")
				}
				return -1
			}
			if known, unknown := refusedAfter("bob@acme.test"), refusedAfter("bob@nobody.test"); known != 20 || unknown != 20 {
				t.Errorf("refused after %d guesses at a known address and %d at an unknown one, want 20 and 20", known, unknown)
			}
			for range 30 { // those who know their password are not slowed down
				send(t, gateway, login("carol@acme.test", "demo-password")).want(t, 200, "")
			}
		})
	}
}
