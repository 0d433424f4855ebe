package devserver_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
)

// What the README tells people to paste is what is tested against the gateway.
func TestReadmeHasTheWalkthrough(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(readme)
	for _, step := range devserver.Walkthrough("http://localhost:8080") {
		_, after, found := strings.Cut(rest, "\n```sh\n"+step.Command+"\n```\n")
		if !found {
			t.Errorf("README.md: want, after the step before, the command of %q:\n%s", step.Title, step.Command)
			continue
		}
		rest = after
	}
}
