package caddymodule_test

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/logging"

	"github.com/tenantgate/tenantgate/caddymodule"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// configuration is a whole one, for caddy.Load.
func configuration(t *testing.T, database string, port int, options ...string) []byte {
	t.Helper()
	config, err := adapt(t, "{\nadmin off\npersist_config off\ndefault_bind 127.0.0.1\ntenantgate {\ndatabase "+database+"\ntoken {\nsecret \""+secret+"\"\n}\n"+
		strings.Join(options, "\n")+"\n}\n}\nhttp://:"+strconv.Itoa(port)+" {\ntenant_api\ntenant_gate\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(config)
}

func load(t *testing.T, config []byte) *caddymodule.App {
	t.Helper()
	if err := caddy.Load(config, true); err != nil {
		t.Fatal(err)
	}
	app, err := caddy.ActiveContext().App("tenantgate")
	if err != nil {
		t.Fatal(err)
	}
	return app.(*caddymodule.App)
}

// stop ends what runs, and waits until all of it has been given back.
func stop(t *testing.T) {
	t.Helper()
	if err := caddy.Stop(); err != nil {
		t.Error(err)
	}
	tenancytest.Eventually(t, 20*time.Second, "everything given back after the end", func() bool {
		tokens, backends := caddymodule.Pooled()
		return tokens == 0 && backends == 0
	})
}

func wantPooled(t *testing.T, when string, tokens, backends int) {
	t.Helper()
	if gotTokens, gotBackends := caddymodule.Pooled(); gotTokens != tokens || gotBackends != backends {
		t.Errorf("%s: %d tokens and %d backends are open, want %d and %d", when, gotTokens, gotBackends, tokens, backends)
	}
}

func TestReloadKeepsWhatHasNotChanged(t *testing.T) {
	database, port := tenancytest.Postgres(t), tenancytest.FreePort(t)
	caddymodule.SetDrain(t, 3*time.Second) // time enough for a ping on a busy machine
	t.Cleanup(func() { stop(t) })
	first := load(t, configuration(t, database, port))
	second := load(t, configuration(t, database, port, "members invite", "sanitize {\nreport_only on\n}"))
	tokens, backend := first.Shared()
	if newTokens, newBackend := second.Shared(); newTokens != tokens || newBackend != backend {
		t.Errorf("a reload that changes neither made new tokens: %v, a new backend: %v", newTokens != tokens, newBackend != backend)
	}
	third := load(t, configuration(t, database, port, "cache {\nlease 1s\n}"))
	newTokens, newBackend := third.Shared()
	if newTokens != tokens || newBackend == backend {
		t.Errorf("a reload that changes the cache kept tokens: %v, the backend: %v; want true, false", newTokens == tokens, newBackend == backend)
	}
	// Requests of the configuration before may be under way.
	if err := second.Ping(t); err != nil {
		t.Errorf("right after a reload, the connections of before: %v", err)
	}
	tenancytest.Eventually(t, 20*time.Second, "the backend of before is closed", func() bool {
		_, backends := caddymodule.Pooled()
		return backends == 1
	})
	if err := third.Ping(t); err != nil {
		t.Errorf("the configuration in force: %v", err)
	}
}

func TestFailedStartLeavesNothingOpen(t *testing.T) {
	database, port := tenancytest.Postgres(t), tenancytest.FreePort(t)
	// Taken without SO_REUSEPORT, so that Caddy cannot have it.
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	unmigrated := tenancytest.EmptyPostgres(t)
	for name, config := range map[string][]byte{
		"a port that is taken":        configuration(t, database, taken.Addr().(*net.TCPAddr).Port),
		"a database without a schema": configuration(t, unmigrated, port),
	} {
		if err := caddy.Load(config, true); err == nil {
			t.Errorf("%s: started", name)
		}
		wantPooled(t, name, 0, 0)
	}
	app := load(t, configuration(t, database, port))
	t.Cleanup(func() { stop(t) })
	if err := caddy.Load(configuration(t, unmigrated, port), true); err == nil {
		t.Errorf("a reload to a database without a schema succeeded")
	}
	wantPooled(t, "after a reload that failed", 1, 1)
	if err := app.Ping(t); err != nil {
		t.Errorf("what ran before a reload that failed: %v", err)
	}
}

func TestSharedPartsLogToTheConfigurationInForce(t *testing.T) {
	database, port := tenancytest.Postgres(t), tenancytest.FreePort(t)
	redis := "redis redis://127.0.0.1:" + strconv.Itoa(tenancytest.FreePort(t)) // nobody is there
	logTo := func(config []byte, file string) []byte {
		return []byte(strings.Replace(string(config), `{`, `{"logging":{"logs":{"default":{"writer":{"output":"file","filename":"`+file+`"}}}},`, 1))
	}
	caddymodule.SetDrain(t, time.Millisecond)
	before, after := t.TempDir()+"/before.log", t.TempDir()+"/after.log"
	load(t, logTo(configuration(t, database, port, redis), before))
	t.Cleanup(func() { stop(t) })
	app := load(t, logTo(configuration(t, database, port, redis), after))
	app.AskRedis(t)
	text, err := os.ReadFile(after)
	if err != nil || !strings.Contains(string(text), "redis is away") {
		t.Errorf("log of the configuration in force: %v\n%s\nwant a line about Redis", err, text)
	}
}
