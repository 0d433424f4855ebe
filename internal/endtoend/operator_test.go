package endtoend_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// What operators do at the command line: each command, its exit code, and that a
// gateway which runs already goes by it.
func TestOperatorCommands(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, gatewaytest.Shipped(t), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"DATABASE_URL=" + database, "JWT_SECRET=" + gatewaytest.Secret, "UPSTREAM_URL=http://127.0.0.1:1"}
	run := func(code int, says, line string) gatewaytest.Output {
		t.Helper()
		out := gatewaytest.Command(t, "", env, strings.Fields(strings.ReplaceAll(line, "FILE", file))...)
		if out.Code != code || !strings.Contains(out.Stdout+out.Stderr, says) {
			t.Errorf("tenantgate %s: exit %d\n%s%s\nwant exit %d and %q", line, out.Code, out.Stdout, out.Stderr, code, says)
		}
		return out
	}
	var made struct{ Slug, Status string }
	out := run(0, "", "tenant create --name Wayne --slug wayne --admin erin@nowhere.test --max-users 2 --json")
	if err := json.Unmarshal([]byte(out.Stdout), &made); err != nil || made.Slug != "wayne" || made.Status != "active" {
		t.Errorf("tenant create --json: %v, %+v", err, made)
	}
	run(2, "slug", "tenant create --name Wayne --slug wayne --admin erin@nowhere.test")
	run(2, "reserved", "tenant create --name Wayne --slug admin --admin erin@nowhere.test")
	run(3, "not found", "tenant create --name Wayne --slug wayne2 --admin nobody@nowhere.test")
	run(0, "wayne", "tenant list")
	run(0, "viewer", "member add wayne bob@acme.test --role viewer")
	run(2, "already", "member add wayne bob@acme.test")
	run(2, "seat", "member add wayne carol@acme.test")
	run(2, "admin", "member remove wayne erin@nowhere.test")
	run(0, `"role":"member"`, "member role wayne bob@acme.test member --json")
	run(3, "not found", "member role wayne carol@acme.test member")
	run(3, "not found", "member list nosuch")
	run(0, "bob@acme.test", "member list wayne")
	run(1, "", "member list")

	token := strings.TrimSpace(run(0, "", "token issue --user bob@acme.test --tenant wayne").Stdout)
	call := ask{path: "/api/v1/tenant/users/count", header: map[string][]string{"Authorization": {"Bearer " + token}}}
	send(t, gateway, call).want(t, 200, "")
	run(0, "allowed", "explain POST /api/v1/calls --user bob@acme.test --tenant wayne --config FILE")
	run(4, "role_required", "explain GET /api/v1/billing/summary --user bob@acme.test --tenant wayne --config FILE")
	run(4, "not_a_member", "explain GET /api/v1/calls --user carol@acme.test --tenant wayne --config FILE --json")
	run(4, "token_missing", "explain GET /api/v1/calls --config FILE")
	run(4, "bad_request", "explain GET /api/v1%2Fcalls --config FILE")
	run(0, "public", "explain GET /assets/logo.svg --config FILE")

	run(0, "suspended", "tenant suspend wayne")
	tenancytest.Eventually(t, 10*time.Second, "the suspension reaches the gateway", func() bool { return send(t, gateway, call).code() == "tenant_suspended" })
	run(4, "tenant_suspended", "explain GET /api/v1/calls --user bob@acme.test --tenant wayne --config FILE")
	run(0, "active", "tenant activate wayne")
	run(0, "removed", "member remove wayne bob@acme.test")
	tenancytest.Eventually(t, 10*time.Second, "the removal reaches the gateway", func() bool { return send(t, gateway, call).code() == "not_a_member" })
}
