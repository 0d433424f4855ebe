package endtoend_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// only returns the one request that has reached the upstream.
func only(t *testing.T, upstream *gatewaytest.Upstream) gatewaytest.Received {
	t.Helper()
	seen := upstream.Take()
	if len(seen) != 1 {
		t.Fatalf("the upstream got %d requests, want 1", len(seen))
	}
	return seen[0]
}

func TestTheUpstreamIsToldWhoCalls(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t)
	answer := send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls?x=1", tenant: "acme", header: http.Header{"Cookie": {"a=1; theme=dark; b=2"}}})
	answer.want(t, 200, "")
	got := only(t, upstream)
	for name, want := range map[string]string{
		"X-Tenant-ID":   gatewaytest.Tenant(t, "acme").String(),
		"X-Tenant-Slug": "acme",
		"X-Tenant-Role": "member",
		"X-User-ID":     gatewaytest.Person(t, "bob@acme.test").String(),
		"X-User-Email":  "bob@acme.test",
		"X-Request-ID":  answer.header.Get("X-Request-ID"),
		"Cookie":        "a=1; theme=dark; b=2",
	} {
		if diff := cmp.Diff([]string{want}, got.Values(name)); diff != "" || want == "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, gone := range []string{"Authorization", "X-Tenant"} {
		if values := got.Values(gone); len(values) != 0 {
			t.Errorf("%s reached the upstream", gone)
		}
	}
	checkAssertion(t, gateway, got.Values("X-Tenantgate-Assertion"))

	if diff := cmp.Diff([]string{gatewaytest.Tenant(t, "acme").String()}, answer.header.Values("X-Tenant-ID")); diff != "" {
		t.Errorf("X-Tenant-ID of the answer (-want +got):\n%s", diff)
	}
	vary := strings.Join(answer.header.Values("Vary"), ", ")
	for _, part := range []string{"Accept", "Authorization", "Cookie", "X-Tenant"} {
		if !strings.Contains(vary, part) {
			t.Errorf("Vary: got %q, want %s in it", vary, part)
		}
	}
}

// checkAssertion verifies the assertion as a backend would.
func checkAssertion(t *testing.T, gateway *gatewaytest.Gateway, values []string) {
	t.Helper()
	if len(values) != 1 {
		t.Fatalf("got %d assertions, want 1", len(values))
	}
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(send(t, gateway, ask{path: "/.well-known/tenantgate/jwks.json"}).body))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	token, err := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithAudience("tenantgate-upstream"),
		jwt.WithIssuer("tenantgate"), jwt.WithExpirationRequired()).ParseWithClaims(values[0], claims, keys.Keyfunc)
	if err != nil {
		t.Fatalf("verifying the assertion: %v", err)
	}
	if token.Header["typ"] != "tenantgate-assertion+jwt" || claims["role"] != "member" ||
		claims["tenant_id"] != gatewaytest.Tenant(t, "acme").String() || claims["sub"] != gatewaytest.Person(t, "bob@acme.test").String() {
		t.Errorf("the assertion says %v %v", token.Header, claims)
	}
	issued, _ := claims.GetIssuedAt()
	expires, _ := claims.GetExpirationTime()
	if life := expires.Sub(issued.Time); life > time.Minute {
		t.Errorf("the assertion lives %v, want a minute at most", life)
	}

	send(t, gateway, ask{path: "/api/v1/calls", header: http.Header{"Authorization": {"Bearer " + values[0]}}}).want(t, 401, "token_invalid")
}

func TestForgedIdentityNeverArrives(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t)
	token := gatewaytest.Token(t, "bob@acme.test")
	const forged = "019b76da-a800-7000-8000-00000000a002"
	for _, route := range []struct {
		name, path string
		guarded    bool
	}{{"guarded", "/api/v1/calls", true}, {"public", "/assets/x", false}} {
		for name, lines := range map[string]string{
			"plain":      "X-Tenant-ID: " + forged + "\r\n",
			"underscore": "X_Tenant_ID: " + forged + "\r\n",
			"dot":        "X.Tenant.ID: " + forged + "\r\n",
			"twice":      "x-tenant-id: " + forged + "\r\nX-TENANT-ID: " + forged + "\r\n",
			"nominated":  "X-Tenant-ID: " + forged + "\r\nConnection: X-Tenant-ID, X-Tenant-Role, X-User-ID\r\n",
			"role":       "X-Tenant-Role: admin\r\nX-User-Email: root@tenantgate.test\r\nX-Tenantgate-Assertion: " + forged + "\r\n",
		} {
			t.Run(route.name+" "+name, func(t *testing.T) {
				gateway.Raw(t, "POST "+route.path+" HTTP/1.1\r\nHost: x\r\nX-Tenant: acme\r\nAuthorization: Bearer "+token+"\r\n"+
					lines+"Trailer: X-Tenant-ID, X_Tenant_ID\r\nTransfer-Encoding: chunked\r\n\r\n"+
					"5\r\nhello\r\n0\r\nX-Tenant-ID: "+forged+"\r\nX_Tenant_ID: "+forged+"\r\nX-User-ID: "+forged+"\r\n\r\n", time.Second)
				got := only(t, upstream)
				if strings.Contains(got.Raw, forged) || len(got.Values("Trailer")) != 0 {
					t.Errorf("what was forged has arrived:\n%s", got.Raw)
				}
				ours := got.Lines("x-tenant-id")
				if want := "X-Tenant-Id: " + gatewaytest.Tenant(t, "acme").String(); route.guarded && (len(ours) != 1 || ours[0] != want) {
					t.Errorf("got %q, want %q alone", ours, want)
				}
				if !route.guarded && (len(got.Lines("x-tenant")) != 0 || len(got.Lines("x-user")) != 0) {
					t.Errorf("a public path carries an identity:\n%s", got.Raw)
				}
			})
		}
	}
}

func TestForwardTokenLeavesCredentials(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t, func(o *gatewaytest.Options) {
		o.Caddyfile = strings.Replace(string(gatewaytest.Shipped(t)), "forward_token off", "forward_token on", 1)
	})
	send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 200, "")
	if values := only(t, upstream).Values("Authorization"); len(values) != 1 {
		t.Errorf("got %d Authorization lines, want 1", len(values))
	}
}

// Replicas share a key, so that an upstream needs to know one key set; its private
// half stays where it is.
func TestReplicasSignWithOneKey(t *testing.T) {
	t.Parallel()
	gateways, _ := twoGateways(t)
	keys := ask{path: "/.well-known/tenantgate/jwks.json"}
	one, two := send(t, gateways[0], keys), send(t, gateways[1], keys)
	if one.status != 200 || one.body != two.body {
		t.Errorf("got %s and %s, want the same key set", one.body, two.body)
	}
	var set struct{ Keys []map[string]any }
	one.into(t, &set)
	if len(set.Keys) != 1 || set.Keys[0]["d"] != nil || set.Keys[0]["x"] == nil {
		t.Errorf("got %s, want the public half of one key", one.body)
	}
}

func TestAssertionOff(t *testing.T) {
	t.Parallel()
	gateway, upstream := start(t, func(o *gatewaytest.Options) { o.Caddyfile = replaced(t, "assertion on", "assertion off") })
	send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", header: http.Header{"X-Tenantgate-Assertion": {"forged"}}}).want(t, 200, "")
	if lines := only(t, upstream).Lines("x-tenantgate"); len(lines) != 0 {
		t.Errorf("the upstream got %q, want no assertion", lines)
	}
	send(t, gateway, ask{path: "/.well-known/tenantgate/jwks.json"}).want(t, 404, "not_found")
}
