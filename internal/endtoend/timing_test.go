package endtoend_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// Signing in and registering take as long for an address that has an account as
// for one that has none. A hash that was left out would halve the time.
func TestTimeDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t, func(o *gatewaytest.Options) {
		o.Caddyfile = strings.Replace(string(gatewaytest.Shipped(t)), "members direct", "members direct\n\t\tlimits off", 1)
	})
	const rounds = 15
	for name, try := range map[string]func(email string) ask{
		"signing in":  func(email string) ask { return login(email, "not the password") },
		"registering": func(email string) ask { return register(email, "not the password", `{"join":"globex"}`) },
		"resetting":   func(email string) ask { return post("/auth/password/reset", `{"email":"`+email+`"}`) },
	} {
		var known, unknown []time.Duration
		for i := range rounds {
			known = append(known, timeOf(t, gateway, try("bob@acme.test")))
			unknown = append(unknown, timeOf(t, gateway, try(fmt.Sprintf("nobody%d@acme.test", i))))
		}
		slices.Sort(known)
		slices.Sort(unknown)
		a, b := known[rounds/2], unknown[rounds/2]
		if difference := (a - b).Abs(); difference > 5*time.Millisecond && difference > min(a, b)*6/10 {
			t.Errorf("%s: %v for a known address, %v for an unknown one", name, a, b)
		}
		t.Logf("%s: %v for a known address, %v for an unknown one", name, a, b)
	}
}

func timeOf(t *testing.T, gateway *gatewaytest.Gateway, a ask) time.Duration {
	t.Helper()
	began := time.Now()
	send(t, gateway, a)
	return time.Since(began)
}
