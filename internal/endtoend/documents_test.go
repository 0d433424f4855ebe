package endtoend_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/contract"
	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// blocks returns the fenced blocks of a document whose fence says kind.
func blocks(t *testing.T, name, kind string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s", name, kind)
	}
	return found
}

// against runs a program against a gateway with the demo's data.
func against(t *testing.T, name string, args ...string) {
	t.Helper()
	gateway, _ := start(t)
	command := exec.CommandContext(t.Context(), name, args...)
	for i, arg := range command.Args {
		command.Args[i] = strings.ReplaceAll(arg, "$GATEWAY", gateway.URL)
	}
	command.Env = append(os.Environ(), "GATEWAY="+gateway.URL, "PASSWORD="+devserver.Password)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

// TestTheFeaturesAreWhole holds the document against the contract and the schema.
func TestTheFeaturesAreWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "MULTI_TENANT_FEATURES.md"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range document.Operations {
		if row := "| " + operation.Method + " `" + operation.Path + "` |"; strings.Count(string(text), row) != 1 {
			t.Errorf("%s: want one row %q", operation.OperationID, row)
		}
	}
	if rows := len(regexp.MustCompile("(?m)^\\| [A-Z]+ `/").FindAll(text, -1)); rows != len(document.Operations) {
		t.Errorf("%d rows of endpoints, want one for each of %d operations", rows, len(document.Operations))
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllSubmatch(sql, -1) {
			if !strings.Contains(string(text), "`"+string(table[1])+"`") {
				t.Errorf("%s: the table %s is not in the schema", filepath.Base(file), table[1])
			}
		}
	}
}

func TestTheExamplesRun(t *testing.T) {
	t.Parallel()
	against(t, "bash", "-euxo", "pipefail", "-c", strings.Join(blocks(t, "MULTI_TENANT_API_TESTING.md", "sh"), "\n"))
}

// TestThePostmanCollectionPasses needs npm, which .ci/run installs.
func TestThePostmanCollectionPasses(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("npx"); err != nil {
		missing(t, "npx is missing: the Postman collection was not run")
	}
	collection, err := filepath.Abs(filepath.Join("..", "..", "docs", "tenantgate.postman_collection.json"))
	if err != nil {
		t.Fatal(err)
	}
	against(t, "npx", "--yes", "newman@6.2.2", "run", collection, "--env-var", "gateway=$GATEWAY", "--env-var", "password="+devserver.Password)
}

func TestUsersAreBroughtAlong(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	run := func(sql string) { t.Helper(); gatewaytest.Script(t, database, sql) }
	rows := func(kind string) int64 {
		t.Helper()
		return gatewaytest.Script(t, database, blocks(t, "bringing-users.md", "sql "+kind)[0])
	}
	run(blocks(t, "bringing-users.md", "sql legacy")[0])
	run(`INSERT INTO legacy_companies VALUES (1, 'One'), (2, 'Two');
		INSERT INTO legacy_users (company_id, mail, full_name, is_owner, confirmed) VALUES
		(1, 'Ann@one.test', 'Ann', true, true), (1, 'ann@ONE.test', NULL, false, true), (1, 'kelvin@one.test', 'K', false, false), (2, 'bo@two.test', 'Bo', false, true)`)
	run("UPDATE legacy_users SET mail = U&'\\212Aelvin@one.test' WHERE full_name = 'K'")
	if got := rows("check"); got != 2 {
		t.Errorf("the checks find %d, want the address that is not ASCII and the one that two share", got)
	}
	run(`UPDATE legacy_users SET mail = 'kelvin@one.test' WHERE full_name = 'K'; DELETE FROM legacy_users WHERE full_name IS NULL`)
	if got := rows("check"); got != 0 {
		t.Errorf("the checks still find %d", got)
	}
	run(blocks(t, "bringing-users.md", "sql move")[0])
	if got := rows("after"); got != 1 {
		t.Errorf("%d tenants without an admin, want company-2", got)
	}
	env := []string{"DATABASE_URL=" + database}
	if out := gatewaytest.Command(t, "", env, "member", "role", "company-2", "bo@two.test", "admin"); out.Code != 0 {
		t.Errorf("member role: exit %d %s", out.Code, out.Stderr)
	}
	if got := rows("after"); got != 0 {
		t.Errorf("%d tenants without an admin, want none", got)
	}
	for who, want := range map[string]string{"ann@one.test": "allowed", "bo@two.test": "allowed"} {
		file := filepath.Join(t.TempDir(), "Caddyfile")
		if err := os.WriteFile(file, gatewaytest.Shipped(t), 0o600); err != nil {
			t.Fatal(err)
		}
		out := gatewaytest.Command(t, "", append(env, "UPSTREAM_URL=http://127.0.0.1:1"), "explain", "GET", "/api/v1/calls", "--user", who, "--config", file)
		if !strings.Contains(out.Stdout, want) {
			t.Errorf("%s: got %s%s, want %s", who, out.Stdout, out.Stderr, want)
		}
	}
}
