package endtoend_test

import (
	"fmt"
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
	const rounds, most = 15, 60
	for name, try := range map[string]func(email string) ask{
		"signing in":  func(email string) ask { return login(email, "not the password") },
		"registering": func(email string) ask { return register(email, "not the password", `{"join":"globex"}`) },
		"resetting":   func(email string) ask { return post("/auth/password/reset", `{"email":"`+email+`"}`) },
	} {
		// The quickest of each: other tests make answers late, and none early. What is
		// late by itself is so in every round, however many there are.
		known, unknown, apart := time.Hour, time.Hour, true
		for i := 0; i < rounds || i < most && apart; i++ {
			known = min(known, timeOf(t, gateway, try("bob@acme.test")))
			unknown = min(unknown, timeOf(t, gateway, try(fmt.Sprintf("nobody%d@acme.test", i))))
			difference := (known - unknown).Abs()
			apart = difference > 5*time.Millisecond && difference > min(known, unknown)*6/10
		}
		if apart {
			t.Errorf("%s: %v for a known address, %v for an unknown one", name, known, unknown)
		}
		t.Logf("%s: %v for a known address, %v for an unknown one", name, known, unknown)
	}
}

func timeOf(t *testing.T, gateway *gatewaytest.Gateway, a ask) time.Duration {
	t.Helper()
	began := time.Now()
	send(t, gateway, a)
	return time.Since(began)
}
