package endtoend_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// What changes while a gateway runs, and what it has to do without.

// What is under way when the configuration changes is finished under the old one.
func TestReloadWaitsForARequestUnderWay(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t)
	conn, err := net.Dial("tcp", gateway.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	bob := gatewaytest.Token(t, "bob@acme.test")
	const forwarded = `tenantgate_requests_total{outcome="forwarded"}`
	write("POST /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Tenant: acme\r\nAuthorization: Bearer " + bob + "\r\nContent-Length: 10\r\n\r\nhello")
	tenancytest.Eventually(t, 10*time.Second, "the upload is let through", func() bool { return metric(t, gateway, forwarded) == 1 })
	reload(t, gateway, replaced(t, "require member POST", "require admin POST"))
	send(t, gateway, ask{as: "bob@acme.test", method: "POST", path: "/api/v1/calls", tenant: "acme"}).want(t, 403, "role_required")
	write("world")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("the upload that was under way: %v, %v, want 200", answer, err)
	}
	answer.Body.Close()
	if got := only(t, upstream); !strings.HasSuffix(got.Raw, "helloworld") {
		t.Errorf("the upstream got\n%s\nwant the whole body", got.Raw)
	}
}

// reload has the gateway take over a Caddyfile. The connections of the tests' client
// belong to the configuration before, which is about to close them and answers on
// them until then.
func reload(t *testing.T, gateway *gatewaytest.Gateway, caddyfile string) {
	t.Helper()
	if out := gateway.Reload(t, caddyfile); out.Code != 0 {
		t.Fatalf("reloading: exit %d\n%s", out.Code, out.Stderr)
	}
	connections.CloseIdleConnections()
}

func TestReloadChangesTheSecret(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	const next = "the next secret of the tests, long enough too"
	old := gatewaytest.Token(t, "bob@acme.test")
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(old, claims); err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"] = "at+jwt"
	fresh, err := token.SignedString([]byte(next))
	if err != nil {
		t.Fatal(err)
	}
	call := func(token string) told {
		return send(t, gateway, ask{path: "/api/v1/calls", tenant: "acme", header: bearer(token)})
	}
	for range 2 {
		call(old).want(t, 200, "")
		call(fresh).want(t, 401, "token_invalid")
		reload(t, gateway, replaced(t, "secret {env.JWT_SECRET}", `secret "`+next+`"`))
		call(old).want(t, 401, "token_invalid") // known a moment ago
		call(fresh).want(t, 200, "")
		reload(t, gateway, string(gatewaytest.Shipped(t)))
	}
}

// A configuration that cannot be meant is refused by name, and changes nothing.
func TestReloadRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	for name, bad := range map[string]struct{ config, says string }{
		"an unknown word":    {replaced(t, "members direct", "membres direct"), "membres"},
		"a bad value":        {replaced(t, "members direct", "members anybody"), "anybody"},
		"an unknown role":    {replaced(t, "require viewer", "require owner"), "owner"},
		"a short secret":     {replaced(t, "secret {env.JWT_SECRET}", "secret short"), "secret"},
		"another's database": {replaced(t, "database {env.DATABASE_URL}", "database postgres://u:hidden-password@127.0.0.1:1/x"), "database"},
		"no Caddyfile":       {"{", "Caddyfile"},
	} {
		out := gateway.Reload(t, bad.config)
		if out.Code == 0 || !strings.Contains(out.Stderr, bad.says) || strings.Contains(out.Stderr, "hidden-password") {
			t.Errorf("%s: exit %d\n%s\nwant a failure that says %q", name, out.Code, out.Stderr, bad.says)
		}
		send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 200, "")
		send(t, gateway, ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 403, "not_a_member")
	}
}

// Redis is optional: a gateway starts without the one it was told of, and keeps
// its password to itself.
func TestStartsWithoutItsRedis(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.RedisURL = "redis://:hidden-password@127.0.0.1:1/0" })
	for range 10 {
		send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 200, "")
	}
	if ready := send(t, gateway, ask{path: "/readyz"}); ready.status != 200 || !strings.Contains(ready.body, `"redis":"unavailable"`) {
		t.Errorf("/readyz: %d %s, want 200 that says so", ready.status, ready.body)
	}
	if strings.Contains(gateway.Log(), "hidden-password") {
		t.Error("the log has the password of Redis")
	}
}

// A Postgres that hangs says nothing, not even no: it keeps nobody waiting for
// long, and lets nobody through.
func TestPostgresHangs(t *testing.T) {
	t.Parallel()
	database, wire := tenancytest.WireTo(t, gatewaytest.Database(t))
	gateway, upstream := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	bob := ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}
	send(t, gateway, bob).want(t, 200, "")
	upstream.Take()
	wire.Hold()
	for _, a := range []ask{{as: "dave@globex.test", path: "/api/v1/calls"}, {as: "dave@globex.test", path: "/api/v1/tenant"}, {path: "/readyz"}} {
		asked := time.Now()
		answer := send(t, gateway, a) // within the client's 10 s
		answer.want(t, 503, "membership_unavailable")
		if answer.header.Get("Retry-After") == "" {
			t.Errorf("%s: a 503 without Retry-After", a.path)
		}
		t.Logf("%s was refused after %v", a.path, time.Since(asked))
	}
	if seen := upstream.Take(); len(seen) != 0 {
		t.Errorf("%d requests that nobody could decide about have reached the upstream", len(seen))
	}
	send(t, gateway, ask{path: "/assets/logo.svg"}).want(t, 200, "")
	wire.Mend()
	tenancytest.Eventually(t, 20*time.Second, "members are served again", func() bool { return send(t, gateway, bob).status == 200 })
}
