package endtoend_test

import "testing"

// What a caller may ask for without having a right to it is counted by caller:
// one who has used all up is refused, and nobody else.
func TestAcceptancesAndDomainLookUpsAreLimited(t *testing.T) {
	t.Parallel()
	gateway, _ := start(t)
	for name, limited := range map[string]struct {
		burst   int
		ask     ask
		status  int
		refused string
	}{
		"acceptances": {60, post("/invitations/accept", `{"token":"no such token"}`), 410, "invitation_gone"},
		"domains":     {30, ask{method: "POST", path: path(t, "globex", "/domain/verify")}, 403, "role_required"},
	} {
		a := limited.ask
		a.as = "alice@acme.test" // a viewer of globex
		for range limited.burst {
			send(t, gateway, a).want(t, limited.status, limited.refused)
		}
		over := send(t, gateway, a)
		over.want(t, 429, "rate_limited")
		if over.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
		a.as = "bob@acme.test"
		if other := send(t, gateway, a); other.status == 429 {
			t.Errorf("%s: somebody else is refused as well", name)
		}
	}
}
