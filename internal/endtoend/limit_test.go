package endtoend_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// limited asks until it is refused, which is after so many times and a few more,
// for uses come back with time. Until then the answer is as given.
func limited(t *testing.T, gateway *gatewaytest.Gateway, a ask, burst, status int, code string) {
	t.Helper()
	for n := range 2 * burst {
		answer := send(t, gateway, a)
		if answer.status != 429 {
			answer.want(t, status, code)
			continue
		}
		answer.want(t, 429, "rate_limited")
		if n < burst || answer.header.Get("Retry-After") == "" {
			t.Errorf("%s: refused after %d, Retry-After %q, want it after %d at the earliest", a.path, n, answer.header.Get("Retry-After"), burst)
		}
		return
	}
	t.Errorf("%s: not limited after %d times", a.path, 2*burst)
}

// What a caller may ask for without having a right to it is counted by caller:
// one who has used all up is refused, and nobody else.
func TestAcceptancesAndDomainLookUpsAreLimited(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	accept := ofAlice(post("/invitations/accept", `{"token":"no such token"}`))
	limited(t, gateway, accept, 60, 410, "invitation_gone")
	domain := ofAlice(ask{method: "POST", path: path(t, "globex", "/domain/verify")}) // she is a viewer there
	limited(t, gateway, domain, 30, 403, "role_required")
	for _, a := range []ask{accept, domain} {
		a.as = "bob@acme.test"
		if other := send(t, gateway, a); other.status == 429 {
			t.Errorf("%s: somebody else is refused as well", a.path)
		}
	}
}

// ofAlice makes a request hers.
func ofAlice(a ask) ask {
	a.as = "alice@acme.test"
	return a
}

// Refresh tokens that are no good are counted by client; those that are good are not.
func TestRefreshesInVainAreLimited(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	refresh := func(token string) ask { return post("/auth/refresh", `{"refresh_token":"`+token+`"}`) }
	token := in(t, send(t, gateway, login("alice@acme.test", devserver.Password)), 200).RefreshToken
	for range 30 {
		token = in(t, send(t, gateway, refresh(token)), 200).RefreshToken
	}
	limited(t, gateway, refresh("no such token"), 100, 401, "token_invalid")
}
