package endtoend_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// replaced is the shipped Caddyfile with words replaced, pair by pair.
func replaced(t *testing.T, pairs ...string) string {
	t.Helper()
	text := string(gatewaytest.Shipped(t))
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the shipped Caddyfile has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func TestItRefusesToStart(t *testing.T) {
	t.Parallel()
	good := gatewaytest.Database(t)
	newer := gatewaytest.Database(t)
	tenancytest.Exec(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)`)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // not before the parallel cases are done
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	const password = "hunter2-hunter2"
	for name, c := range map[string]struct {
		options gatewaytest.Options
		says    []string
	}{
		"unmigrated":       {gatewaytest.Options{DatabaseURL: tenancytest.EmptyPostgres(t)}, []string{"tenantgate migrate up"}},
		"newer schema":     {gatewaytest.Options{DatabaseURL: newer}, []string{"999"}},
		"no database":      {gatewaytest.Options{}, []string{"DATABASE_URL"}},
		"bad database URL": {gatewaytest.Options{DatabaseURL: "postgres://u:" + password + "@:bad:/x"}, []string{"DATABASE_URL"}},
		"wrong password":   {gatewaytest.Options{DatabaseURL: withPassword(t, good, password)}, []string{"database", "password authentication failed"}},
		"bad Redis URL":    {gatewaytest.Options{DatabaseURL: good, RedisURL: "http://u:" + password + "@x"}, []string{"redis"}},
		"short secret":     {gatewaytest.Options{DatabaseURL: good, Env: []string{"JWT_SECRET=" + password}}, []string{"secret", "32"}},
		"no secret":        {gatewaytest.Options{DatabaseURL: good, Env: []string{"JWT_SECRET="}}, []string{"secret"}},
		"unreadable key":   {gatewaytest.Options{DatabaseURL: good, Caddyfile: replaced(t, "audience tenantgate", "audience tenantgate\nsigning_key /nowhere.pem")}, []string{"/nowhere.pem"}},
		"unknown word":     {gatewaytest.Options{DatabaseURL: good, Caddyfile: replaced(t, "members direct", "membres direct")}, []string{"unknown word 'membres'"}},
		"unknown role":     {gatewaytest.Options{DatabaseURL: good, Caddyfile: replaced(t, "require viewer", "require owner")}, []string{"owner"}},
		"bad duration":     {gatewaytest.Options{DatabaseURL: good, Caddyfile: replaced(t, "ttl 5m", "ttl soon")}, []string{"soon"}},
		"rules conflict":   {gatewaytest.Options{DatabaseURL: good, Caddyfile: replaced(t, "forward_token off", "require admin GET /api/*")}, []string{"/api/*"}},
		"no upstream":      {gatewaytest.Options{DatabaseURL: good, Env: []string{"UPSTREAM_URL="}}, []string{"UPSTREAM_URL"}},
		"taken port":       {gatewaytest.Options{DatabaseURL: good, Env: []string{"API_PORT=" + port}}, []string{"address already in use"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.UpstreamURL = "http://127.0.0.1:9"
			said := gatewaytest.StartFailing(t, c.options)
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("got\n%s\nwant %q in it", said, want)
				}
			}
			if strings.Contains(said, password) {
				t.Errorf("it prints the password:\n%s", said)
			}
		})
	}
}

func withPassword(t *testing.T, url, password string) string {
	t.Helper()
	before, after, found := strings.Cut(url, "@")
	user, _, colon := strings.Cut(strings.TrimPrefix(before, "postgres://"), ":")
	if !found || !colon {
		t.Fatalf("a test database without a password")
	}
	return "postgres://" + user + ":" + password + "@" + after
}

// cli runs the binary to its end.
func cli(t *testing.T, stdin string, env []string, args ...string) (out string, code int) {
	t.Helper()
	command := exec.Command(gatewaytest.Binary(t), args...)
	command.Env = append(os.Environ(), env...)
	command.Stdin = strings.NewReader(stdin)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	_ = command.Run() // the exit code tells
	return both.String(), command.ProcessState.ExitCode()
}

func TestCommands(t *testing.T) {
	t.Parallel()
	database := []string{"DATABASE_URL=" + tenancytest.EmptyPostgres(t)}
	wants := func(out string, code int, wantCode int, want string) {
		t.Helper()
		if code != wantCode || !strings.Contains(out, want) {
			t.Errorf("got exit %d and\n%s\nwant exit %d and %q", code, out, wantCode, want)
		}
	}
	run := func(stdin string, wantCode int, want string, args ...string) {
		t.Helper()
		out, code := cli(t, stdin, database, args...)
		wants(out, code, wantCode, want)
	}
	run("", 1, "missing", "migrate", "status")
	run("", 0, "001_initial_schema.sql", "migrate", "up")
	run("", 0, "nothing to do", "migrate", "up")
	run("", 0, "applied", "migrate", "status")
	run("a long password\n", 0, "zoe@acme.test", "user", "create", "--email", "Zoe@acme.test", "--name", "Zoe", "--json")
	run("a long password\n", 2, "address", "user", "create", "--email", "zoe@acme.test")
	run("a long password\n", 2, "/email", "user", "create", "--email", "nobody")
	run("short\n", 2, "/password", "user", "create", "--email", "yan@acme.test")
	run("", 1, "no password", "user", "create", "--email", "yan@acme.test")

	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = strings.TrimPrefix(database[0], "DATABASE_URL=") })
	send(t, gateway, ask{method: "POST", path: "/api/v1/auth/login", body: `{"email":"zoe@acme.test","password":"a long password"}`}).want(t, 200, "")

	// Nothing listens there: checking a configuration needs no servers.
	out, code := cli(t, "", []string{"DATABASE_URL=postgres://u:p@127.0.0.1:1/x", "JWT_SECRET=" + gatewaytest.Secret,
		"UPSTREAM_URL=http://127.0.0.1:9", "CORS_ORIGINS="}, "validate", "--config", gatewaytest.Root(t)+"/Caddyfile")
	wants(out, code, 0, "Valid configuration")
}
