package endtoend_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/mailbox"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// browsers are the names that Chromium goes by, CHROMIUM (a path) before all.
var browsers = []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"}

// TestConsole drives the console in a real Chromium against the built gateway: the
// tests in frontend/e2e. `make test` builds the console and installs Chromium where
// that can be done, and says so where it cannot.
func TestConsole(t *testing.T) {
	frontend := filepath.Join(gatewaytest.Root(t), "frontend")
	if _, err := os.Stat(filepath.Join(frontend, "out", "index.html")); err != nil {
		missing(t, "the console is not built: make console")
	}
	chromium := findBrowser(t)
	box, err := mailbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	database, faults := faultyDatabase(t)
	gateway := gatewaytest.Start(t, gatewaytest.Options{
		DatabaseURL: database, RedisURL: tenancytest.Redis(t).URL(), UpstreamURL: callCenter(t),
		Env: []string{"SMTP_URL=" + box.SMTPURL, "MAIL_FROM=Tenantgate <gate@example.test>", "PUBLIC_URL=" + publicURL},
	})

	run := exec.CommandContext(t.Context(), "npm", "run", "--silent", "e2e")
	run.Dir = frontend
	run.Env = append(os.Environ(), "CONSOLE_URL="+gateway.URL, "MAIL_URL="+box.PageURL, "FAULT_URL="+faults, "CHROMIUM="+chromium, "CI=1", "NO_COLOR=1")
	run.WaitDelay = 10 * time.Second
	output, err := run.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("the tests in frontend/e2e: %v", err)
	}
}

// faultyDatabase returns the URL of a database, and the URL of what breaks the way to
// it: POST /cut, and POST /mend.
func faultyDatabase(t *testing.T) (database, faults string) {
	t.Helper()
	database, wire := tenancytest.WireTo(t, gatewaytest.Database(t))
	hands := http.NewServeMux()
	for path, act := range map[string]func(){"POST /cut": wire.Cut, "POST /mend": wire.Mend} {
		hands.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			act()
			w.WriteHeader(http.StatusNoContent)
		})
	}
	server := httptest.NewServer(hands)
	t.Cleanup(server.Close)
	return database, server.URL
}

func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "there is no Chromium: CHROMIUM names one, and `make test` installs it on Debian")
	return ""
}

// missing passes over a test whose program is not on a developer's machine. Where
// CI runs it has to be: nothing is to land untested.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// callCenter starts the demo service, and returns its URL.
func callCenter(t *testing.T) string {
	t.Helper()
	service, err := devserver.NewCallCenter(func(*http.Request) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	upstream, err := devserver.ServeUpstream(t.Context(), service.Handler())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := upstream.Close(); err != nil {
			t.Errorf("stopping the demo service: %v", err)
		}
	})
	return upstream.URL
}
