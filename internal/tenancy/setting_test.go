package tenancy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestCheckSetting(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 101)
	for _, c := range []struct{ key, value, pointer string }{
		{"join_policy", `"closed"`, ""},
		{"join_policy", `"domain"`, ""},
		{"join_policy", `"open"`, ""},
		{"join_policy", `"Open"`, "/value"},
		{"join_policy", `null`, "/value"},
		{"join_policy", `["open"]`, "/value"},
		{"default_role", `"viewer"`, ""},
		{"default_role", `"member"`, ""},
		{"default_role", `"admin"`, "/value"}, // an open door for admins
		{"default_role", `1`, "/value"},
		{"allowed_email_domains", `[]`, ""},
		{"allowed_email_domains", `["acme.example","globex.example"]`, ""},
		{"allowed_email_domains", `["acme.example","acme.example"]`, "/value/1"},
		{"allowed_email_domains", `["Acme.example"]`, "/value/0"},
		{"allowed_email_domains", `["acme.example","@x"]`, "/value/1"},
		{"allowed_email_domains", `["ok.example",""]`, "/value/1"},
		{"allowed_email_domains", `null`, "/value"},
		{"allowed_email_domains", `"acme.example"`, "/value"},
		{"session_length", `300`, ""},
		{"session_length", `31536000`, ""},
		{"session_length", `299`, "/value"},
		{"session_length", `31536001`, "/value"},
		{"session_length", `3600.5`, "/value"},
		{"session_length", `"3600"`, "/value"},
		{"branding", `{}`, ""},
		{"branding", `{"name":"Acme","logo_url":"https://acme.example/l.png","theme":"dark","colors":{"primary":"#0f766e","accent":"#FFFFFF"}}`, ""},
		{"branding", `null`, "/value"},
		{"branding", `{"css":"x"}`, "/value"},
		{"branding", `{"name":""}`, "/value/name"},
		{"branding", `{"name":"` + long + `"}`, "/value/name"},
		{"branding", `{"name":"a\u0000"}`, "/value/name"},
		{"branding", `{"logo_url":"http://acme.example/l.png"}`, "/value/logo_url"},
		{"branding", `{"logo_url":"javascript:alert(1)"}`, "/value/logo_url"},
		{"branding", `{"logo_url":"https://a:b@acme.example/"}`, "/value/logo_url"},
		{"branding", `{"logo_url":"https://acme.example/\"onload="}`, "/value/logo_url"},
		{"branding", `{"theme":"blue"}`, "/value/theme"},
		{"branding", `{"colors":{"primary":"red"}}`, "/value/colors/primary"},
		{"branding", `{"colors":{"third":"#000000"}}`, "/value/colors"},
		{"custom.anything", `{"a":[1,null]}`, ""},
		{"custom.", `1`, "/key"},
		{"custom.A", `1`, "/key"},
		{"custom." + strings.Repeat("x", 57), `1`, ""},
		{"custom." + strings.Repeat("x", 58), `1`, "/key"},
		{"unknown", `1`, "/key"},
		{"custom.large", `"` + strings.Repeat("x", 64<<10) + `"`, "/value"},
	} {
		err := tenancy.CheckSetting(c.key, json.RawMessage(c.value))
		pointer := ""
		if invalid, ok := errors.AsType[*tenancy.InvalidError](err); ok && len(invalid.Violations) == 1 {
			pointer = invalid.Violations[0].Pointer
		} else if err != nil {
			t.Errorf("%s = %.40s: %v, want an InvalidError with one violation", c.key, c.value, err)
		}
		if pointer != c.pointer {
			t.Errorf("%s = %.40s: refused at %q, want %q", c.key, c.value, pointer, c.pointer)
		}
	}
}

func TestSettingsOf(t *testing.T) {
	t.Parallel()
	none := tenancy.Settings{JoinPolicy: tenancy.JoinClosed, DefaultRole: tenancy.RoleMember}
	if diff := cmp.Diff(none, tenancy.SettingsOf(nil)); diff != "" {
		t.Errorf("nothing set (-want +got):\n%s", diff)
	}
	set := map[string]json.RawMessage{"join_policy": json.RawMessage(`"domain"`), "default_role": json.RawMessage(`"viewer"`),
		"allowed_email_domains": json.RawMessage(`["acme.example"]`), "session_length": json.RawMessage(`3600`)}
	want := tenancy.Settings{JoinPolicy: tenancy.JoinDomain, DefaultRole: tenancy.RoleViewer,
		AllowedEmailDomains: []string{"acme.example"}, SessionLength: time.Hour}
	if diff := cmp.Diff(want, tenancy.SettingsOf(set)); diff != "" {
		t.Errorf("all set (-want +got):\n%s", diff)
	}
	// As SQL may have written them.
	wrong := map[string]json.RawMessage{"join_policy": json.RawMessage(`"ajar"`), "default_role": json.RawMessage(`"admin"`),
		"allowed_email_domains": json.RawMessage(`"acme.example"`), "session_length": json.RawMessage(`-1`)}
	if diff := cmp.Diff(none, tenancy.SettingsOf(wrong)); diff != "" {
		t.Errorf("all wrong (-want +got):\n%s", diff)
	}
}

func TestMayJoin(t *testing.T) {
	t.Parallel()
	domains := []string{"acme.example"}
	for _, c := range []struct {
		policy   tenancy.JoinPolicy
		email    tenancy.Email
		verified bool
		want     bool
	}{
		{tenancy.JoinClosed, "a@acme.example", true, false},
		{tenancy.JoinOpen, "a@other.example", false, true},
		{tenancy.JoinDomain, "a@acme.example", true, true},
		{tenancy.JoinDomain, "a@acme.example", false, false},
		{tenancy.JoinDomain, "a@sub.acme.example", true, false},
		{tenancy.JoinDomain, "a@xacme.example", true, false},
		{"ajar", "a@acme.example", true, false},
	} {
		settings := tenancy.Settings{JoinPolicy: c.policy, AllowedEmailDomains: domains}
		if got := settings.MayJoin(c.email, c.verified); got != c.want {
			t.Errorf("%s, %s, verified %v: %v, want %v", c.policy, c.email, c.verified, got, c.want)
		}
	}
}
