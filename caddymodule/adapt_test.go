package caddymodule_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/google/go-cmp/cmp"
)

// adapt returns the JSON of a Caddyfile, indented.
func adapt(t testing.TB, caddyfile string) (string, error) {
	t.Helper()
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		return "", err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, config, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return pretty.String(), nil
}

// golden calls compare with both halves of each file in a folder.
func golden(t *testing.T, folder string, compare func(t *testing.T, caddyfile, want string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.caddyfiletest"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/%s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			caddyfile, want, found := strings.Cut(string(text), "\n----------\n")
			if !found {
				t.Fatalf("%s has no line ----------", file)
			}
			compare(t, caddyfile+"\n", strings.TrimSpace(want))
		})
	}
}

func TestCaddyfileBecomesJSON(t *testing.T) {
	t.Parallel()
	golden(t, "adapt", func(t *testing.T, caddyfile, want string) {
		got, err := adapt(t, caddyfile)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("JSON (-want +got):\n%s", diff)
		}
	})
}

func TestCaddyfileIsRefused(t *testing.T) {
	t.Parallel()
	golden(t, "refused", func(t *testing.T, caddyfile, want string) {
		got, err := adapt(t, caddyfile)
		if err == nil {
			t.Fatalf("adapted, want the error %q; got\n%s", want, got)
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %q, want %q in it", err, want)
		}
	})
}

func TestShippedCaddyfile(t *testing.T) {
	for name, value := range map[string]string{
		"UPSTREAM_URL": "http://127.0.0.1:9000", "CORS_ORIGINS": "https://app.example.com,https://admin.example.com",
		"API_PORT": "", "API_BIND": "", "CADDY_ADMIN": "", "LOG_LEVEL": "",
		// These must stay out of the JSON, which people print and store.
		"DATABASE_URL": "postgres://gateway:hunter2@db/tenantgate", "REDIS_URL": "redis://:hunter2@redis", "JWT_SECRET": "hunter2",
	} {
		t.Setenv(name, value)
		if value == "" {
			os.Unsetenv(name)
		}
	}
	caddyfile, err := os.ReadFile("../Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	got, err := adapt(t, string(caddyfile))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret of the environment is in the JSON:\n%s", got)
	}
	want, err := os.ReadFile("testdata/shipped.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
		t.Errorf("JSON of the shipped Caddyfile (-want +got; testdata/shipped.json has what is wanted):\n%s", diff)
	}
	t.Setenv("API_BIND", "127.0.0.1 ::1")
	if got, err = adapt(t, string(caddyfile)); err != nil || !strings.Contains(got, `"127.0.0.1:8080",`) || !strings.Contains(got, `"[::1]:8080"`) {
		t.Errorf("with API_BIND: error %v, want to listen on both:\n%s", err, got)
	}
}

// handlers lists the handlers of a configuration in the order they run in.
func handlers(t *testing.T, config string) (names []string) {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(config), &document); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				walk(item)
			}
		case map[string]any:
			if name, ok := value["handler"].(string); ok && name != "subroute" {
				names = append(names, name)
			}
			walk(value["handle"])
			walk(value["routes"])
		}
	}
	walk(document.(map[string]any)["apps"].(map[string]any)["http"].(map[string]any)["servers"].(map[string]any)["srv0"])
	return names
}

func TestGateStandsBeforeWhatAnswers(t *testing.T) {
	t.Parallel()
	early := []string{"rewrite /old /new", "request_header X-Seen yes"}
	late := []string{"handle /a/* {\n respond a\n}", "handle_path /p/* {\n respond p\n}", "route /b/* {\n respond b\n}", "respond /c c", "file_server", "reverse_proxy 127.0.0.1:1"}
	for _, wrong := range []bool{false, true} {
		lines := append(append(append([]string{}, early...), "tenant_api", "tenant_gate"), late...)
		if wrong {
			lines = append(append(append([]string{}, late...), "tenant_gate", "tenant_api"), early...)
		}
		config, err := adapt(t, ":8080 {\n"+strings.Join(lines, "\n")+"\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		got := handlers(t, config)
		if want := []string{"rewrite", "headers", "tenant_api", "tenant_gate"}; len(got) < 8 || !cmp.Equal(got[:4], want) {
			t.Errorf("written in the wrong order: %v; handlers run as %v, want %v first", wrong, got, want)
		}
	}
}

// words are those that take one value and may be said once, with the block they
// stand in.
var words = []struct{ block, word, value string }{
	{"%s", "database", "postgres://db"},
	{"%s", "members", "direct"},
	{"%s", "assertion", "on"},
	{"token {\n%s\n}", "signing_key", "key.pem"},
	{"token {\n%s\n}", "issuer", "us"},
	{"token {\n%s\n}", "audience", "us"},
	{"token {\n%s\n}", "leeway", "0s"},
	{"token {\n%s\n}", "access_ttl", "5m"},
	{"token {\n%s\n}", "refresh_ttl", "5h"},
	{"token {\ntrust https://idp.example {\n%s\n}\n}", "jwks", "https://idp.example/keys"},
	{"token {\ntrust https://idp.example {\n%s\n}\n}", "key", "key.pem"},
	{"token {\ntrust https://idp.example {\n%s\n}\n}", "provision", "off"},
	{"cache {\n%s\n}", "memberships", "5"},
	{"cache {\n%s\n}", "tokens", "5"},
	{"cache {\n%s\n}", "ttl", "5s"},
	{"cache {\n%s\n}", "lease", "5s"},
	{"cache {\n%s\n}", "stale_if_error", "0s"},
	{"sanitize {\n%s\n}", "report_only", "off"},
}

func TestWordsTakeOneValueOnce(t *testing.T) {
	t.Parallel()
	for _, w := range words {
		for lines, want := range map[string]string{
			w.word:                           "'" + w.word + "' takes one value",
			w.word + ` ""`:                   "'" + w.word + "' takes one value",
			w.word + " " + w.value + " more": "'" + w.word + "' takes one value",
			w.word + " " + w.value + "\n" + w.word + " x": "'" + w.word + "' is said twice",
			w.word + " " + w.value:                        "",
		} {
			_, err := adapt(t, "{\ntenantgate {\n"+fmt.Sprintf(w.block, lines)+"\n}\n}\n")
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q: got error %v, want %q", lines, err, want)
			}
		}
	}
}
