package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/caddymodule"
)

// validate does what `tenantgate validate` does. It must not run beside another
// configuration: Caddy's logs and storage are the process's.
func validate(t *testing.T, config string) error {
	t.Helper()
	var parsed *caddy.Config
	if err := caddy.StrictUnmarshalJSON([]byte(config), &parsed); err != nil {
		return err
	}
	tokensBefore, backendsBefore := caddymodule.Pooled()
	err := caddy.Validate(parsed)
	if tokens, backends := caddymodule.Pooled(); tokens > tokensBefore || backends > backendsBefore {
		t.Errorf("%d tokens and %d backends are left open, %d and %d were before", tokens, backends, tokensBefore, backendsBefore)
	}
	return err
}

// with returns a valid configuration but for what is said about one place.
func with(option, gate string) string {
	global := map[string]string{
		"database": "database postgres://gateway@127.0.0.1:1/none",
		"token":    "token {\nsecret \"" + secret + "\"\n}",
	}
	word, _, _ := strings.Cut(option, " ")
	global[word] = option
	var text strings.Builder
	for _, line := range global {
		text.WriteString(line + "\n")
	}
	return "{\nadmin off\npersist_config off\ntenantgate {\n" + text.String() + "}\n}\n:8080 {\ntenant_api\ntenant_gate {\n" + gate + "\n}\n}\n"
}

func TestValidConfigurationsConnectToNothing(t *testing.T) {
	for _, option := range []string{
		"members invite",
		"redis redis://nobody:none@127.0.0.1:1/0",
		"redis redis+cluster://127.0.0.1:1",
		"token {\nsecret \"" + secret + "\"\ntrust https://idp.example {\njwks https://127.0.0.1:1/keys\naudience x\n}\n}",
		"token {\nsecret \"" + secret + "\"\ntrust https://idp.example {\njwks http://127.0.0.1:1/keys\naudience x\n}\n}",
	} {
		config, err := adapt(t, with(option, "public /a"))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, config); err != nil {
			t.Errorf("%s: %v", option, err)
		}
	}
	if tokens, backends := caddymodule.Pooled(); tokens != 0 || backends != 0 {
		t.Errorf("validation leaves %d tokens and %d backends open, want none", tokens, backends)
	}
}

func TestValidationNamesTheSetting(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := func(lines string) string { return "token {\n" + lines + "\n}" }
	trust := func(lines string) string {
		return token("secret \"" + secret + "\"\ntrust https://idp.example {\n" + lines + "\n}")
	}
	tests := []struct{ option, gate, want string }{
		{"database hunter2://gateway:hunter2@db", "", "database: DATABASE_URL"},
		{"database postgres://gateway:hunter2%zz@db/x", "", "database: DATABASE_URL"},
		{"database {env.NO_SUCH_VARIABLE}", "", "database: DATABASE_URL is empty"},
		{"redis http://:hunter2@redis", "", "redis (REDIS_URL)"},
		{"redis redis://:hunter2@redis:port", "", "redis (REDIS_URL)"},
		{"members invited", "", "members:"},
		{token(""), "", "token: set secret (JWT_SECRET) or signing_key"},
		{token("secret {env.NO_SUCH_VARIABLE}"), "", "token: set secret (JWT_SECRET) or signing_key"},
		{token("secret hunter2"), "", "token secret (JWT_SECRET)"},
		{token("signing_key /no/such/file.pem"), "", "token signing_key: open /no/such/file.pem"},
		{token("signing_key " + empty), "", "signing_key"},
		{token("secret \"" + secret + "\"\nleeway 1h"), "", "token leeway"},
		{token("secret \"" + secret + "\"\naccess_ttl 1500ms"), "", "token access_ttl"},
		{token("secret \"" + secret + "\"\nrefresh_ttl 0s"), "", "token refresh_ttl"},
		{trust("jwks http://idp.example/keys\naudience x"), "", `token trust "https://idp.example": jwks`},
		{trust("jwks file:///etc/passwd\naudience x"), "", "jwks"},
		{trust("jwks https://idp.example/keys"), "", "audience"},
		{trust("audience x"), "", "jwks and key"},
		{trust("jwks https://idp.example/keys\nkey /x.pem\naudience x"), "", "key"},
		{trust("key /no/such/file.pem\naudience x"), "", `token trust "https://idp.example": key: open /no/such/file.pem`},
		{trust("jwks https://idp.example/keys\naudience x\nalgorithms HS256"), "", `algorithms: "HS256"`},
		{trust("jwks https://idp.example/keys\naudience x\nalgorithms none"), "", `algorithms: "none"`},
		{"cors https://*.example.com", "", `cors: "https://*.example.com"`},
		{"cors https://app.example.com/path", "", `cors: "https://app.example.com/path"`},
		{"cors *", "", `cors: "*"`},
		{"cache {\nttl 0s\n}", "", "cache ttl"},
		{"cache {\nlease 0s\n}", "", "cache lease"},
		{"sanitize {\nallow_methods CONNECT\n}", "", `sanitize allow_methods "CONNECT"`},
		{"sanitize {\nallow_methods GET,HEAD\n}", "", `sanitize allow_methods "GET,HEAD"`},
		{"sanitize {\nallow_encoded %00\n}", "", `sanitize allow_encoded "%00"`},
		{"sanitize {\nprotect *\n}", "", `sanitize protect "*"`},
		{"", "require owner GET /x", `require owner /x: unknown role "owner"`},
		{"", "require none GET /x", `unknown role "none"`},
		{"", "require admin get /x", `unknown method "get"`},
		{"", "require admin GETT /x", `unknown method "GETT"`},
		{"", "require admin GET,* /x", "stands alone"},
		{"", "require admin GET x", `path "x" does not begin with /`},
		{"", "public /a/*/b", `path "/a/*/b"`},
		{"", "public /a/../b", `path "/a/../b"`},
		{"", "require admin GET /x\nrequire viewer GET /x", `"require admin GET /x" and "require viewer GET /x" contradict`},
		{"", "public /x\nrequire viewer * /x", "contradict"},
	}
	for _, test := range tests {
		config, err := adapt(t, with(test.option, test.gate))
		if err != nil {
			t.Fatalf("%s %s: %v", test.option, test.gate, err)
		}
		refused(t, fmt.Sprintf("%s %s", test.option, test.gate), validate(t, config), test.want)
	}
}

func TestValidationOfJSON(t *testing.T) {
	tests := []struct{ app, gate, want string }{
		{`"databse": "x"`, ``, `unknown field \"databse\"`},
		{`"token": {"secrets": "hunter2"}`, ``, `unknown field \"secrets\"`},
		{`"sanitize": {"protected": []}`, ``, `unknown field \"protected\"`},
		{``, `"permit": []`, `unknown field \"permit\"`},
		{`"cache": {"memberships": -1}`, ``, "cache memberships"},
		{`"cache": {"tokens": -1}`, ``, "cache tokens"},
		{`"cache": {"ttl": -1}`, ``, "cache ttl"},
		{`"cache": {"stale_if_error": "-1s"}`, ``, "cache stale_if_error"},
		{`"cache": {"memberships": "many"}`, ``, "memberships"},
		{`"token": {"secret": "` + secret + `", "leeway": "-1s"}`, ``, "token leeway"},
		{``, `"require": [{"role": "admin", "methods": ["GET"]}]`, "require admin: no paths"},
		{``, `"require": [{"role": "admin", "paths": ["/x"]}]`, "no method"},
		{``, `"public": [""]`, `path ""`},
	}
	for _, test := range tests {
		app := map[string]json.RawMessage{"database": json.RawMessage(`"postgres://gateway@127.0.0.1:1/none"`), "token": json.RawMessage(`{"secret":"` + secret + `"}`)}
		gate := map[string]json.RawMessage{"handler": json.RawMessage(`"tenant_gate"`)}
		merge(t, app, test.app)
		merge(t, gate, test.gate)
		config, err := json.Marshal(map[string]any{"admin": map[string]any{"disabled": true}, "apps": map[string]any{
			"tenantgate": app,
			"http": map[string]any{"servers": map[string]any{"srv0": map[string]any{
				"listen": []string{":8080"}, "routes": []any{map[string]any{"handle": []any{gate}}},
			}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, test.app+test.gate, validate(t, string(config)), strings.ReplaceAll(test.want, `\"`, `"`))
	}
}

func merge(t *testing.T, into map[string]json.RawMessage, members string) {
	t.Helper()
	if err := json.Unmarshal([]byte("{"+members+"}"), &into); err != nil {
		t.Fatal(err)
	}
}

func TestHandlersNeedTheApp(t *testing.T) {
	config, err := adapt(t, "{\nadmin off\n}\n:8080 {\ntenant_gate\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "no global option", validate(t, config), "the global option tenantgate")
}

// refused wants an error with the text in it, and no secret.
func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: valid, want an error with %q", what, want)
	case !strings.Contains(err.Error(), want):
		t.Errorf("%s: got error %q, want %q in it", what, err, want)
	case strings.Contains(err.Error(), "hunter2"):
		t.Errorf("%s: the error gives a secret away: %q", what, err)
	}
}
