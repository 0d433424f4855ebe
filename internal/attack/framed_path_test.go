package attack_test

import (
	"net/http"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// No target arrives that rules could read in another way than the upstream.
func TestFramedPath(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	for _, path := range append([]string{
		"/api/v1/calls HTTP/1.1", "/api/v1/calls HTTP/1.1\r\nX-Tenant-ID: evil\r\n\r\n", "/api/v1/calls?x HTTP/1.1", "/assets/ /../api/v1/billing",
		"https://gateway.test/api/v1/billing", "https://evil.example/assets/app.js",
	}, confusing...) {
		for _, as := range []string{"", "{bob}"} {
			attacks = append(attacks, framedAttack{
				class: "path (frames)", name: as + " " + path, source: pathSource,
				message: func(s *stage) message {
					m := ask("GET", path)
					if as != "" {
						m = m.as(s, as)
					}
					return m
				},
			})
		}
	}
	admin := from(alice, "acme", tenancy.RoleAdmin)
	for _, path := range []string{"/api/v1/billing/invoices", "/api/v1/bil%6cing/invoices", "/%61pi/%76%31/billing/invoices"} {
		add := func(as string, status int, arrives func(testing.TB, []arrival) string) {
			attacks = append(attacks, framedAttack{
				class: "path (frames)", name: "spelling " + as + " " + path, source: "RFC 3986, section 6.2.2", status: status, arrives: arrives,
				message: func(s *stage) message { return ask("GET", path).as(s, as) },
			})
		}
		add("{bob}", http.StatusForbidden, nil)
		add("X-Tenant: acme\r\nAuthorization: Bearer {alice-token}", http.StatusOK, once(admin, target("/api/v1/billing/invoices")))
	}
	for _, path := range []string{"/api/v1/Billing/invoices", "/API/v1/billing/invoices"} {
		attacks = append(attacks, framedAttack{
			class: "path (frames)", name: "another case " + path, source: pathSource, status: http.StatusForbidden,
			message: func(s *stage) message { return ask("GET", path).as(s, "{bob}") },
		})
	}
	playFramed(t, foldingUpstream, attacks)
}
