package attack_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// startErrorRoute starts a gateway whose upstream is away, and whose error route
// leads to one that folds names.
func startErrorRoute(t testing.TB) *stage {
	t.Helper()
	pages, port := startFolding(t), tenancytest.FreePort(t)
	pages.claims = nil // the gate, which takes them off, is not on this route
	caddyfile := string(gatewaytest.Shipped(t))
	site := siteAgain(t, caddyfile, port, "http://"+loopback(tenancytest.FreePort(t))) // nobody listens there
	site = replaceOnce(t, site, "\thandle_errors 413 {", "\thandle_errors 502 {\n\t\treverse_proxy "+pages.url+"\n\t}\n\thandle_errors 413 {")
	database := gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: pages.url, Caddyfile: caddyfile + site})
	return newStage(t, "error route", loopback(port), pages, g, database)
}

// An error route is handed the request as the server has it. What was stripped
// for the upstream must not reach whoever makes the error page either.
func TestErrorRoutes(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, name := range forgeable {
		for _, separator := range []string{"-", "_", "."} {
			spelled := strings.ReplaceAll(name, "-", separator)
			if spelled == "X-Tenant" {
				continue
			}
			requests := places(spelled)
			requests["hop-by-hop option"] = "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}" + lines("Connection: close, "+spelled)
			for route, path := range map[string]string{"guarded": "/api/v1/calls", "public": "/assets/app.js"} {
				for place, request := range requests {
					attacks = append(attacks, attack{
						class: "error routes", name: strconv.Quote(spelled) + " in a " + place + ", " + route, source: foldingSource,
						bytes: strings.Replace(request, "/api/v1/calls", path, 1), arrives: once(noEvil, header("Trailer", "")),
					})
				}
			}
		}
	}
	play(t, []*stage{startErrorRoute(t)}, attacks)
}
