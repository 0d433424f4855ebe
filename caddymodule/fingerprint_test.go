package caddymodule_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/tenantgate/tenantgate/caddymodule"
)

func TestFingerprintsSayWhatAReloadKeeps(t *testing.T) {
	t.Setenv("TENANTGATE_TEST_SECRET", secret)
	signing, trusted := filepath.Join(t.TempDir(), "signing.pem"), filepath.Join(t.TempDir(), "trusted.pem")
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	off, on, hour := false, true, caddy.Duration(time.Hour)
	app := func() *caddymodule.App {
		return &caddymodule.App{
			Database: "postgres://gateway@db/one",
			Token: caddymodule.TokenConfig{
				Secret: secret, SigningKey: signing,
				Trust: []caddymodule.TrustConfig{{Issuer: "https://idp.example", Key: trusted, Audience: []string{"x"}}},
			},
		}
	}
	tests := []struct {
		name            string
		change          func(*caddymodule.App)
		tokens, backend bool // kept
	}{
		{"nothing", func(*caddymodule.App) {}, true, true},
		{"the same by a placeholder", func(a *caddymodule.App) { a.Token.Secret = "{env.TENANTGATE_TEST_SECRET}" }, true, true},
		{"the default, said", func(a *caddymodule.App) { a.Assertion, a.Cache.Tokens = &on, 100_000 }, true, true},
		{"members", func(a *caddymodule.App) { a.Members = "invite" }, true, true},
		{"cors", func(a *caddymodule.App) { a.CORS = []string{frontend} }, true, true},
		{"sanitize", func(a *caddymodule.App) { a.Sanitize.ReportOnly = &on }, true, true},
		{"refresh_ttl", func(a *caddymodule.App) { a.Token.RefreshTTL = &hour }, true, true},
		{"secret", func(a *caddymodule.App) { a.Token.Secret += "!" }, false, true},
		{"audience", func(a *caddymodule.App) { a.Token.Audience = "other" }, false, true},
		{"access_ttl", func(a *caddymodule.App) { a.Token.AccessTTL = &hour }, false, true},
		{"cache tokens", func(a *caddymodule.App) { a.Cache.Tokens = 5 }, false, true},
		{"audience of a trusted issuer", func(a *caddymodule.App) { a.Token.Trust[0].Audience = []string{"y"} }, false, true},
		{"algorithms of a trusted issuer", func(a *caddymodule.App) { a.Token.Trust[0].Algorithms = []string{"RS256"} }, false, true},
		{"provision of a trusted issuer", func(a *caddymodule.App) { a.Token.Trust[0].Provision = &on }, false, true},
		{"issuer, which assertions carry", func(a *caddymodule.App) { a.Token.Issuer = "other" }, false, false},
		{"contents of the signing key's file", func(*caddymodule.App) { write(signing, "two") }, false, false},
		{"contents of a trusted key's file", func(*caddymodule.App) { write(trusted, "two") }, false, true},
		{"database", func(a *caddymodule.App) { a.Database = "postgres://gateway@db/two" }, true, false},
		{"redis", func(a *caddymodule.App) { a.Redis = "redis://127.0.0.1:1" }, true, false},
		{"cache memberships", func(a *caddymodule.App) { a.Cache.Memberships = 5 }, true, false},
		{"cache lease", func(a *caddymodule.App) { a.Cache.Lease = &hour }, true, false},
		{"assertion", func(a *caddymodule.App) { a.Assertion = &off }, true, false},
	}
	for _, test := range tests {
		write(signing, "one")
		write(trusted, "one")
		tokens, backend := app().Fingerprints(t)
		changed := app()
		test.change(changed)
		otherTokens, otherBackend := changed.Fingerprints(t)
		if (tokens == otherTokens) != test.tokens || (backend == otherBackend) != test.backend {
			t.Errorf("%s changes: tokens kept: %v, backend kept: %v; want %v, %v",
				test.name, tokens == otherTokens, backend == otherBackend, test.tokens, test.backend)
		}
	}
}
