package endtoend_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestBadInputChangesNothing(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	tables := []string{"tenants", "users", "tenant_users", "invitations", "audit_log", "tenant_configs", "sessions"}
	before := tenancytest.Count(t, database, tables...)
	members := path(t, "acme", "/members")
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       string
		pointer    string
	}{
		"not JSON":          {members, `{"email":`, 400, "bad_request", ""},
		"no body":           {members, ``, 400, "bad_request", ""},
		"not an object":     {members, `["a@b.test"]`, 422, "validation_failed", ""},
		"two documents":     {members, `{"email":"a@b.test","role":"viewer"}{}`, 400, "bad_request", ""},
		"wrong type":        {members, `{"email":7,"role":"viewer"}`, 422, "validation_failed", "/email"},
		"unknown field":     {members, `{"email":"a@b.test","role":"viewer","admin":true}`, 422, "validation_failed", "/admin"},
		"same field twice":  {members, `{"email":"a@b.test","role":"viewer","role":"admin"}`, 422, "validation_failed", "/role"},
		"unknown role":      {members, `{"email":"a@b.test","role":"owner"}`, 422, "validation_failed", "/role"},
		"no role":           {members, `{"email":"a@b.test"}`, 422, "validation_failed", "/role"},
		"no address":        {members, `{"role":"viewer"}`, 422, "validation_failed", "/email"},
		"not an address":    {members, `{"email":"nobody","role":"viewer"}`, 422, "validation_failed", "/email"},
		"a Unicode address": {members, `{"email":"pe\u212agy@globex.test","role":"viewer"}`, 422, "validation_failed", "/email"},
		"a NUL":             {members, `{"email":"a\u0000@b.test","role":"viewer"}`, 422, "validation_failed", "/email"},
		"invalid UTF-8":     {members, "{\"email\":\"a\xff@b.test\",\"role\":\"viewer\"}", 400, "bad_request", ""},
		"2 MiB":             {members, `{"email":"` + strings.Repeat("a", 2<<20) + `","role":"viewer"}`, 413, "body_too_large", ""},
		"no uuid":           {"/api/v1/tenants/acme/members", `{"email":"a@b.test","role":"viewer"}`, 422, "validation_failed", "/id"},
		"a uuid in braces":  {"/api/v1/tenants/%7B019b76da-a800-7000-8000-00000000a001%7D/switch", ``, 422, "validation_failed", "/id"},
		"login: no address": {"/api/v1/auth/login", `{"password":"x"}`, 422, "validation_failed", "/email"},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json"}}
			answer := send(t, gateway, ask{as: "alice@acme.test", method: "POST", path: c.path, body: c.body, header: header})
			answer.want(t, c.status, c.code)
			var problem struct {
				Errors []struct{ Pointer, Detail string }
			}
			if err := json.Unmarshal([]byte(answer.body), &problem); err != nil {
				t.Fatal(err)
			}
			if c.pointer == "" {
				return
			}
			if len(problem.Errors) == 0 || problem.Errors[0].Pointer != c.pointer || problem.Errors[0].Detail == "" {
				t.Errorf("errors: got %+v, want one at %s that says what is wrong", problem.Errors, c.pointer)
			}
		})
	}
	t.Run("not application/json", func(t *testing.T) {
		send(t, gateway, ask{as: "alice@acme.test", method: "POST", path: members, body: "email=a@b.test",
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}).want(t, 415, "unsupported_media_type")
	})
	t.Run("a bad cursor", func(t *testing.T) {
		for _, query := range []string{"cursor=!!", "limit=0", "limit=101", "limit=x", "scope=mine"} {
			send(t, gateway, ask{as: "alice@acme.test", path: "/api/v1/tenants?" + query}).want(t, 422, "validation_failed")
		}
	})
	if diff := cmp.Diff(before, tenancytest.Count(t, database, tables...)); diff != "" {
		t.Errorf("rows (-before +after):\n%s", diff)
	}
}
