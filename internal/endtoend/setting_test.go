package endtoend_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/mailbox"
)

// settings are two gateways: what an admin sets at one is asked for at the other,
// at once and without waiting.
type settings struct {
	t        *testing.T
	gateways [2]*gatewaytest.Gateway
	box      *mailbox.Mailbox
	people   int
}

func startSettings(t *testing.T) *settings {
	t.Helper()
	box, err := mailbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	gateways, _ := twoGateways(t, func(o *gatewaytest.Options) {
		o.Env = append(o.Env, "SMTP_URL="+box.SMTPURL, "MAIL_FROM=Gate <gate@example.com>", "PUBLIC_URL="+publicURL)
	})
	return &settings{t: t, gateways: gateways, box: box}
}

// set sets a key of acme, or takes it away where the value is empty.
func (s *settings) set(key, value string) {
	s.t.Helper()
	a := ask{as: "alice@acme.test", method: "PUT", path: path(s.t, "acme", "/config/"+key), body: `{"value":` + value + `}`}
	if value == "" {
		a.method, a.body = "DELETE", ""
	}
	if answer := send(s.t, s.gateways[0], a); answer.status >= 300 {
		s.t.Fatalf("setting %s to %s: %d %s", key, value, answer.status, answer.body)
	}
}

// join registers somebody of that domain with acme, at the other gateway.
func (s *settings) join(domain string) (told, string) {
	s.t.Helper()
	s.people++
	email := fmt.Sprintf("new%d@%s", s.people, domain)
	return send(s.t, s.gateways[1], register(email, "correct horse battery", `{"join":"acme"}`)), email
}

func (s *settings) listed() bool {
	s.t.Helper()
	return strings.Contains(send(s.t, s.gateways[1], ask{path: "/api/v1/tenants"}).body, `"slug":"acme"`)
}

func TestJoinPolicyTakesEffectEverywhere(t *testing.T) {
	t.Parallel()
	s := startSettings(t)
	refused, _ := s.join("acme.test")
	refused.want(t, 403, "join_refused")
	s.set("join_policy", `"open"`)
	if !s.listed() {
		t.Error("a tenant that has opened is not listed")
	}
	joined, email := s.join("acme.test")
	if me := in(t, joined, 201); me.Tenant == nil || me.Role != "member" {
		t.Errorf("joined as %+v, want a member", me)
	}
	// They may be anybody, and the list says so until they have proven who.
	member := ask{as: "alice@acme.test", path: path(t, "acme", "/members/"+email)}
	if shown := send(t, s.gateways[1], member); !strings.Contains(shown.body, `"email_verified":false`) {
		t.Errorf("somebody unproven is shown as %s", shown.body)
	}
	proof := post("/auth/email/verify/confirm", `{"token":"`+link(t, s.box, email, "Confirm your address", "/auth/verify#token=")+`"}`)
	proof.header = bearer(in(t, send(t, s.gateways[1], login(email, "correct horse battery")), 200).AccessToken)
	send(t, s.gateways[1], proof).want(t, 204, "")
	if shown := send(t, s.gateways[0], member); shown.status != 200 || strings.Contains(shown.body, "email_verified") {
		t.Errorf("somebody proven is shown as %s", shown.body)
	}

	s.set("join_policy", `"closed"`)
	if s.listed() {
		t.Error("a tenant that has closed is listed")
	}
	refused, _ = s.join("acme.test")
	refused.want(t, 403, "join_refused")
	s.set("join_policy", `"open"`)
	s.set("join_policy", "") // closed by default
	refused, _ = s.join("acme.test")
	refused.want(t, 403, "join_refused")
}

func TestDefaultRoleTakesEffectEverywhere(t *testing.T) {
	t.Parallel()
	s := startSettings(t)
	s.set("join_policy", `"open"`)
	for _, role := range []string{"viewer", "member", "viewer", ""} {
		if s.set("default_role", quoted(role)); role == "" {
			role = "member"
		}
		joined, _ := s.join("nowhere.test")
		me := in(t, joined, 201)
		if me.Role != role {
			t.Errorf("joined as %q, want %q", me.Role, role)
		}
		call := ask{method: "POST", path: "/api/v1/calls", tenant: "acme", body: `{}`, header: bearer(me.AccessToken)}
		if answer := send(t, s.gateways[0], call); (answer.status == 403) != (role == "viewer") {
			t.Errorf("a %s who writes gets %d %s", role, answer.status, answer.code())
		}
	}
}

// quoted is a JSON string, or nothing.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	text, _ := json.Marshal(s)
	return string(text)
}

func TestAllowedEmailDomainsTakeEffectEverywhere(t *testing.T) {
	t.Parallel()
	s := startSettings(t)
	s.set("join_policy", `"domain"`)
	for _, turn := range []struct{ domains, allowed, refused string }{
		{`["first.test"]`, "first.test", "second.test"},
		{`["second.test","third.test"]`, "third.test", "first.test"},
		{`["first.test"]`, "first.test", "third.test"},
		{`[]`, "", "first.test"},
	} {
		s.set("allowed_email_domains", turn.domains)
		refused, _ := s.join(turn.refused)
		refused.want(t, 403, "join_refused")
		if turn.allowed == "" {
			continue
		}
		joined, _ := s.join(turn.allowed)
		if me := in(t, joined, 201); me.Tenant != nil || me.Awaiting != "email_verification" {
			t.Errorf("%s: joined as %+v, want to be asked for a proof", turn.domains, me)
		}
	}
	// Whoever waits for their proof is held to what is set when it comes.
	s.set("allowed_email_domains", `["late.test"]`)
	joined, email := s.join("late.test")
	me := in(t, joined, 201)
	s.set("allowed_email_domains", `["other.test"]`)
	proof := post("/auth/email/verify/confirm", `{"token":"`+link(t, s.box, email, "Confirm your address", "/auth/verify#token=")+`"}`)
	proof.header = bearer(me.AccessToken)
	send(t, s.gateways[1], proof).want(t, 204, "")
	send(t, s.gateways[1], ask{path: "/api/v1/calls", tenant: "acme", header: bearer(me.AccessToken)}).want(t, 403, "not_a_member")
}

func TestSessionLengthTakesEffectEverywhere(t *testing.T) {
	t.Parallel()
	s := startSettings(t)
	lifetime := func(a ask) (expires int, refresh string) {
		t.Helper()
		answer := send(t, s.gateways[1], a)
		answer.want(t, 200, "")
		var in struct {
			ExpiresIn    int    `json:"expires_in"`
			RefreshToken string `json:"refresh_token"`
		}
		answer.into(t, &in)
		return in.ExpiresIn, in.RefreshToken
	}
	signIn := login("alice@acme.test", "demo-password")
	before, refresh := lifetime(signIn)
	if before < 890 {
		t.Fatalf("a token lasts %d s, want the 15 minutes of the operator", before)
	}
	s.set("session_length", "300")
	if got, _ := lifetime(signIn); got > 300 || got < 290 {
		t.Errorf("a session of 300 s begins with a token of %d s", got)
	}
	// One that has begun is shortened, too.
	got, next := lifetime(post("/auth/refresh", `{"refresh_token":"`+refresh+`"}`))
	if got > 300 || got < 280 {
		t.Errorf("a session that was shortened to 300 s goes on with a token of %d s", got)
	}
	s.set("session_length", "")
	if got, _ := lifetime(post("/auth/refresh", `{"refresh_token":"`+next+`"}`)); got < 890 {
		t.Errorf("without a length a token lasts %d s, want 15 minutes", got)
	}
}

func TestBrandingIsReadEverywhere(t *testing.T) {
	t.Parallel()
	s := startSettings(t)
	for _, brand := range []string{"One", "Two"} {
		s.set("branding", `{"name":"`+brand+`","colors":{"primary":"#0f766e"},"theme":"dark"}`)
		shown := send(t, s.gateways[1], ask{as: "carol@acme.test", path: "/api/v1/tenant", tenant: "acme"})
		if !strings.Contains(shown.body, `"name":"`+brand+`"`) {
			t.Errorf("branding is %s, want %s", shown.body, brand)
		}
	}
}
