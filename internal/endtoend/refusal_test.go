package endtoend_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const nowhere = "019b76da-a800-7000-8000-0000000fffff"

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	tenancytest.Exec(t, database, `UPDATE tenants SET domain = 'globex.example' WHERE slug = 'globex'`)
	tenancytest.Exec(t, database, `UPDATE users SET status = 'suspended' WHERE email = 'ursula@umbrella.test'`)
	gateway, upstream := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	past := time.Now().Add(-time.Hour).Unix()
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"sub": gatewaytest.Person(t, "bob@acme.test").String(), "iss": "tenantgate", "aud": "tenantgate", "exp": time.Now().Add(time.Hour).Unix(),
	})
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	alice, bob := gatewaytest.Token(t, "alice@acme.test"), gatewaytest.Token(t, "bob@acme.test")
	session := func(token string, more ...string) http.Header {
		h := http.Header{"Cookie": {"tenantgate_session=" + token}, "X-Tenant": {"acme"}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	for name, c := range map[string]struct {
		ask
		status int
		code   string
	}{
		"viewer reads":            {ask{as: "carol@acme.test", path: "/api/v1/calls", tenant: "acme"}, 200, ""},
		"viewer writes":           {ask{as: "carol@acme.test", method: "POST", path: "/api/v1/calls", tenant: "acme"}, 403, "role_required"},
		"viewer deletes":          {ask{as: "carol@acme.test", method: "DELETE", path: "/api/v1/calls/1", tenant: "acme"}, 403, "role_required"},
		"member writes":           {ask{as: "bob@acme.test", method: "POST", path: "/api/v1/calls", tenant: "acme"}, 200, ""},
		"member reads billing":    {ask{as: "bob@acme.test", path: "/api/v1/billing/summary", tenant: "acme"}, 403, "role_required"},
		"member reads billing /":  {ask{as: "bob@acme.test", path: "/api/v1/billing", tenant: "acme"}, 403, "role_required"},
		"admin reads billing":     {ask{as: "alice@acme.test", path: "/api/v1/billing/summary", tenant: "acme"}, 200, ""},
		"no rule":                 {ask{as: "alice@acme.test", path: "/elsewhere", tenant: "acme"}, 403, "role_required"},
		"stranger":                {ask{as: "erin@nowhere.test", path: "/api/v1/calls", tenant: "acme"}, 403, "not_a_member"},
		"member elsewhere":        {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "globex"}, 403, "not_a_member"},
		"no such tenant (id)":     {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: nowhere}, 403, "not_a_member"},
		"no such tenant (slug)":   {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "nowhere"}, 403, "not_a_member"},
		"platform admin":          {ask{as: "root@tenantgate.test", path: "/api/v1/calls", tenant: "acme"}, 403, "not_a_member"},
		"suspended tenant":        {ask{as: "frank@initech.test", path: "/api/v1/calls", tenant: "initech"}, 403, "tenant_suspended"},
		"suspended user":          {ask{as: "ursula@umbrella.test", path: "/api/v1/calls", tenant: "umbrella"}, 401, "token_invalid"},
		"no tenant named":         {ask{as: "erin@nowhere.test", path: "/api/v1/calls"}, 400, "tenant_required"},
		"X-Tenant is nonsense":    {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "No Such!"}, 400, "bad_request"},
		"X-Tenant twice":          {ask{as: "bob@acme.test", path: "/api/v1/calls", header: http.Header{"X-Tenant": {"acme", "globex"}}}, 400, "tenant_conflict"},
		"the claim names it":      {ask{as: "bob@acme.test", path: "/api/v1/calls", claims: gatewaytest.Claims{"tenant_id": gatewaytest.Tenant(t, "acme").String()}}, 200, ""},
		"expired":                 {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme", claims: gatewaytest.Claims{"exp": past, "iat": past - 60}}, 401, "token_expired"},
		"no expiry":               {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme", claims: gatewaytest.Claims{"exp": nil}}, 401, "token_invalid"},
		"wrong audience":          {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme", claims: gatewaytest.Claims{"aud": "else"}}, 401, "token_invalid"},
		"wrong issuer":            {ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme", claims: gatewaytest.Claims{"iss": "else"}}, 401, "token_invalid"},
		"no token":                {ask{path: "/api/v1/calls", tenant: "acme"}, 401, "token_missing"},
		"alg none":                {ask{path: "/api/v1/calls", tenant: "acme", header: bearer(unsigned)}, 401, "token_invalid"},
		"signature cut":           {ask{path: "/api/v1/calls", tenant: "acme", header: bearer(bob[:len(bob)-4])}, 401, "token_invalid"},
		"two tokens":              {ask{path: "/api/v1/calls", tenant: "acme", header: http.Header{"Authorization": {"Bearer " + bob, "Bearer " + bob}}}, 400, "bad_request"},
		"two people":              {ask{as: "bob@acme.test", path: "/api/v1/calls", header: session(alice)}, 400, "bad_request"},
		"one person twice":        {ask{as: "bob@acme.test", path: "/api/v1/calls", header: session(bob)}, 200, ""},
		"cookie reads":            {ask{path: "/api/v1/calls", header: session(bob)}, 200, ""},
		"cookie writes, silent":   {ask{method: "POST", path: "/api/v1/calls", header: session(bob)}, 403, "origin_refused"},
		"cookie writes, cross":    {ask{method: "POST", path: "/api/v1/calls", header: session(bob, "Origin", "https://evil.example")}, 403, "origin_refused"},
		"cookie writes, own":      {ask{method: "POST", path: "/api/v1/calls", header: session(bob, "Origin", gateway.URL)}, 200, ""},
		"an encoded slash":        {ask{as: "bob@acme.test", path: "/api/v1%2Fbilling/summary", tenant: "acme"}, 400, "bad_request"},
		"a dot segment, encoded":  {ask{as: "bob@acme.test", path: "/assets/%2e%2e/api/v1/billing/summary", tenant: "acme"}, 400, "bad_request"},
		"public":                  {ask{path: "/assets/logo.svg"}, 200, ""},
		"TRACE":                   {ask{as: "bob@acme.test", method: "TRACE", path: "/api/v1/calls", tenant: "acme"}, 405, "method_not_allowed"},
		"API: unknown route":      {ask{as: "bob@acme.test", path: "/api/v1/tenants/x/y/z"}, 404, "not_found"},
		"API: wrong method":       {ask{as: "bob@acme.test", method: "DELETE", path: "/api/v1/tenant"}, 405, "method_not_allowed"},
		"API: not a platform adm": {ask{as: "alice@acme.test", path: "/api/v1/tenants?scope=all"}, 403, "role_required"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := send(t, gateway, c.ask)
			answer.want(t, c.status, c.code)
			reached := len(upstream.Take())
			if want := map[bool]int{true: 1}[c.status == 200]; reached != want {
				t.Errorf("the upstream got %d requests, want %d", reached, want)
			}
			if c.status == 200 {
				return
			}
			if kind := answer.header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("Content-Type: got %q", kind)
			}
			if answer.header.Get("X-Request-ID") == "" || !strings.Contains(answer.body, answer.header.Get("X-Request-ID")) {
				t.Errorf("the request id is not in both header and body")
			}
			if challenged := strings.HasPrefix(answer.header.Get("WWW-Authenticate"), "Bearer"); challenged != (c.status == 401) {
				t.Errorf("WWW-Authenticate: got %q with %d", answer.header.Get("WWW-Authenticate"), c.status)
			}
		})
	}
	t.Run("host and X-Tenant disagree", func(t *testing.T) {
		head := "GET /api/v1/calls HTTP/1.1\r\nHost: Globex.Example.:8080\r\nConnection: close\r\nAuthorization: Bearer " + alice + "\r\n"
		if answer := gateway.Raw(t, head+"X-Tenant: acme\r\n\r\n", 2*time.Second); !strings.Contains(answer, "tenant_conflict") {
			t.Errorf("got %s", answer)
		}
		upstream.Take()
		gateway.Raw(t, head+"\r\n", 2*time.Second)
		if got := only(t, upstream).Values("X-Tenant-Slug"); len(got) != 1 || got[0] != "globex" {
			t.Errorf("the host's tenant: got %q, want globex", got)
		}
	})
}

// TestStrangersCannotTellTenantsApart compares the answers byte by byte.
func TestStrangersCannotTellTenantsApart(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	strip := func(a told) string { return strings.ReplaceAll(a.body, a.header.Get("X-Request-ID"), "") }
	for _, ask := range []func(tenant string) ask{
		func(tenant string) ask { return ask{as: "erin@nowhere.test", path: "/api/v1/calls", tenant: tenant} },
		func(tenant string) ask {
			return ask{as: "erin@nowhere.test", method: "POST", path: "/api/v1/tenants/" + tenant + "/switch"}
		},
		func(tenant string) ask {
			return ask{as: "erin@nowhere.test", method: "DELETE", path: "/api/v1/tenants/" + tenant + "/members/bob@acme.test"}
		},
	} {
		there, not := send(t, gateway, ask(gatewaytest.Tenant(t, "acme").String())), send(t, gateway, ask(nowhere))
		if there.status != 403 || not.status != 403 || strip(there) != strip(not) {
			t.Errorf("got %d %s and %d %s, want the same 403", there.status, there.body, not.status, not.body)
		}
	}
}
