package devserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
)

func TestWalkthroughCanBePasted(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	for _, step := range devserver.Walkthrough("http://gateway.test:1234") {
		if step.Title == "" || titles[step.Title] || step.Want == "" {
			t.Errorf("step %q: want a title of its own and something to see", step.Title)
		}
		titles[step.Title] = true
		if !strings.Contains(step.Command, "'http://gateway.test:1234/") {
			t.Errorf("%s: got %s, want the base URL, quoted", step.Title, step.Command)
		}
		// "!" is history in bash and zsh, "#" no comment at zsh's prompt.
		for _, bad := range []string{"!", " #", "jq", "%!"} {
			if strings.Contains(step.Command, bad) {
				t.Errorf("%s: got %q in %s", step.Title, bad, step.Command)
			}
		}
		if output, err := exec.CommandContext(t.Context(), "sh", "-n", "-c", step.Command).CombinedOutput(); err != nil {
			t.Errorf("%s: the shell says %v: %s", step.Title, err, output)
		}
	}
}

// The gateway of this test knows nothing but the shapes of the answers: what
// runs is the shell's side, tokens taken out of answers and put into requests.
func TestWalkthroughCarriesTokens(t *testing.T) {
	t.Parallel()
	var requests []string
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests = append(requests, fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization")))
		switch {
		case strings.Contains(string(body), "alice@acme.test"):
			fmt.Fprint(w, `{"access_token":"of.alice_-1","token_type":"Bearer","expires_in":900}`)
		case strings.Contains(string(body), "password"):
			fmt.Fprint(w, "{\n  \"expires_in\": 900,\n  \"access_token\": \"of.peggy\"\n}\n")
		case strings.HasSuffix(r.URL.Path, "/switch"):
			fmt.Fprint(w, `{"tenant":{"id":"1"},"role":"viewer","access_token":"of.globex","expires_in":900}`)
		}
	}))
	defer gateway.Close()
	var script []string
	for _, step := range devserver.Walkthrough(gateway.URL) {
		script = append(script, step.Command)
	}
	output, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(script, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("running the commands: %v\n%s", err, output)
	}
	acme, globex := tenant(t, "acme").ID.String(), tenant(t, "globex").ID.String()
	want := []string{
		"POST /api/v1/auth/login ",
		"GET /api/v1/tenant Bearer of.alice_-1",
		"GET /api/v1/calls Bearer of.alice_-1",
		"POST /api/v1/debug/headers Bearer of.alice_-1",
		"POST /api/v1/tenants/" + globex + "/switch Bearer of.alice_-1",
		"GET /api/v1/calls Bearer of.globex",
		"POST /api/v1/tenants/" + acme + "/members Bearer of.alice_-1",
		"POST /api/v1/auth/login ",
		"GET /api/v1/calls Bearer of.peggy",
		"DELETE /api/v1/tenants/" + acme + "/members/peggy@globex.test Bearer of.alice_-1",
		"GET /api/v1/calls Bearer of.peggy",
		"POST /api/v1/tenants/" + acme + "/switch Bearer of.alice_-1",
	}
	if got := strings.Join(requests, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("requests: got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if !strings.Contains(string(output), "a token of 11 bytes") {
		t.Errorf("output: got\n%s\nwant the length of alice's token", output)
	}
}
