package endtoend_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// operator runs commands as an operator does, and says what they should come to.
type operator struct {
	t   *testing.T
	env []string
}

func (o operator) run(code int, says, line string) gatewaytest.Output {
	o.t.Helper()
	out := gatewaytest.Command(o.t, "", o.env, strings.Fields(line)...)
	if out.Code != code || !strings.Contains(out.Stdout+out.Stderr, says) {
		o.t.Errorf("tenantgate %s: exit %d\n%s%s\nwant exit %d and %q", line, out.Code, out.Stdout, out.Stderr, code, says)
	}
	return out
}

// file writes a file of its own.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOperatorsOnUsers(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	o := operator{t, []string{"DATABASE_URL=" + database}}
	var all []struct {
		Email, Status string
		Verified      bool `json:"email_verified"`
	}
	if err := json.Unmarshal([]byte(o.run(0, "", "user list --json").Stdout), &all); err != nil || len(all) != 9 || !all[0].Verified || all[0].Status != "active" {
		t.Errorf("user list --json: %v, %+v, want the nine of the demo", err, all)
	}
	o.run(0, "carol@acme.test", "user list")
	var shown struct {
		Email, Status string
		Tenants       []struct{ Slug, Role string }
	}
	if err := json.Unmarshal([]byte(o.run(0, "", "user show Alice@ACME.test --json").Stdout), &shown); err != nil ||
		shown.Email != "alice@acme.test" || fmt.Sprint(shown.Tenants) != "[{acme admin} {globex viewer}]" {
		t.Errorf("user show --json: %v, %+v", err, shown)
	}
	o.run(0, "globex, active, as viewer", "user show alice@acme.test")
	o.run(3, "not found", "user show nobody@acme.test")
	o.run(3, "not found", "user suspend nobody@acme.test")
	o.run(2, "", "user show nobody")
	o.run(1, "", "user show")
	o.run(1, "", "user suspendd bob@acme.test")

	// Alice is the only admin of acme; bob is nobody's.
	o.run(2, "admin", "user suspend alice@acme.test")
	o.run(0, "active", "user show alice@acme.test")
	call := ask{as: "bob@acme.test", tenant: "acme", path: "/api/v1/calls"}
	send(t, gateway, call).want(t, 200, "")
	for range 2 {
		o.run(0, `"status":"suspended"`, "user suspend bob@acme.test --json")
	}
	tenancytest.Eventually(t, 10*time.Second, "the suspension reaches the gateway", func() bool { return send(t, gateway, call).code() == "token_invalid" })
	o.run(0, "active", "user activate bob@acme.test")
	tenancytest.Eventually(t, 10*time.Second, "the end of it reaches the gateway", func() bool { return send(t, gateway, call).status == 200 })
	if n := gatewaytest.Script(t, database, `SELECT 1 FROM audit_log WHERE action = 'user.changed'`); n != 2 {
		t.Errorf("the log tells of %d changes, want the suspension and its end", n)
	}
}

// Whoever has no account is invited, and takes a seat.
func TestOperatorsInvite(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	gateway, _, box := startWithMail(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	o := operator{t, []string{"DATABASE_URL=" + database}}
	o.run(0, "invited as viewer of umbrella", "member add umbrella new@umbrella.test --role viewer")
	o.run(2, "already", "member add umbrella new@umbrella.test")
	var made struct {
		Invitation struct{ Email, Role, Status string }
	}
	out := o.run(0, "", "member add umbrella second@umbrella.test --json")
	if err := json.Unmarshal([]byte(out.Stdout), &made); err != nil || made.Invitation.Email != "second@umbrella.test" || made.Invitation.Status != "pending" {
		t.Errorf("member add --json: %v, %+v", err, made)
	}
	o.run(2, "seat", "member add umbrella third@umbrella.test")
	o.run(2, "", "member add umbrella third")
	o.run(3, "not found", "member add nosuch third@umbrella.test")
	token := link(t, box, "new@umbrella.test", "An invitation", "/auth/register#invitation=")
	if me := in(t, send(t, gateway, register("new@umbrella.test", "correct horse battery", `{"invitation":"`+token+`"}`)), 201); me.Role != "viewer" {
		t.Errorf("came in as %+v, want a viewer", me)
	}
}

func TestOperatorsIssueTokensByKey(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) {
		o.DatabaseURL, o.Caddyfile = database, replaced(t, "secret {env.JWT_SECRET}", "signing_key "+key, "audience tenantgate", "audience tenantgate\n\t\t\tissuer https://gate.example")
	})
	o := operator{t, []string{"DATABASE_URL=" + database, "JWT_SECRET="}}
	token := strings.TrimSpace(o.run(0, "", "token issue --user bob@acme.test --tenant acme --issuer https://gate.example --signing-key "+key).Stdout)
	send(t, gateway, ask{path: "/api/v1/calls", header: bearer(token)}).want(t, 200, "")
	o.run(1, "secret", "token issue --user bob@acme.test")
	o.run(1, "signing_key", "token issue --user bob@acme.test --signing-key /nowhere/key.pem")
}

// Explain goes by the exceptions of the file, and by what has ended.
func TestExplainKnowsExceptionsAndEndedSessions(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	o := operator{t, []string{"DATABASE_URL=" + database, "JWT_SECRET=" + gatewaytest.Secret, "UPSTREAM_URL=http://127.0.0.1:1"}}
	plain := " --user bob@acme.test --tenant acme --config " + file(t, string(gatewaytest.Shipped(t)))
	excepting := func(words string) string {
		return " --user bob@acme.test --tenant acme --config " + file(t, replaced(t, "tenantgate {", "tenantgate {\n\t\tsanitize {\n\t\t\t"+words+"\n\t\t}"))
	}
	o.run(4, "bad_request", "explain GET /api/v1/calls%2F7"+plain)
	o.run(0, "allowed", "explain GET /api/v1/calls%2F7"+excepting("allow_encoded %2F"))
	o.run(4, "method_not_allowed", "explain PROPFIND /api/v1/billing/x"+plain)
	o.run(4, "role_required", "explain PROPFIND /api/v1/billing/x"+excepting("allow_methods PROPFIND"))
	o.run(0, "allowed", "explain GET /api/v1/calls%2F7"+excepting("report_only on"))

	session := uuid.NewString()
	gatewaytest.Script(t, database, fmt.Sprintf(`INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ('%s', '%s', now(), now() + interval '1 hour')`,
		session, gatewaytest.Person(t, "bob@acme.test")))
	of := "explain GET /api/v1/calls --session " + session + plain
	o.run(0, "allowed", of)
	gatewaytest.Script(t, database, `UPDATE sessions SET ended_at = now() WHERE id = '`+session+`'; UPDATE users SET tokens_not_before = now() WHERE email = 'bob@acme.test'`)
	o.run(4, "token_invalid", of)
	o.run(0, "allowed", "explain GET /api/v1/calls"+plain) // one that is issued now
	o.run(1, "--session", "explain GET /api/v1/calls --session x"+plain)
}
