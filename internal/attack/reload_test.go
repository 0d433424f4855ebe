package attack_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Caches outlive a reload. What was verified or decided under the configuration
// before must not be believed under one that asks for more.
func TestDecisionsAcrossReloads(t *testing.T) {
	t.Parallel()
	one := startIssuer(t, "https://one.example")
	shipped := trusting(t, one)
	upstream, database := startKeepAlive(t), gatewaytest.Database(t)
	for name, c := range map[string]struct{ from, to, theirs, ours string }{
		"an audience of ours":        {"\t\t\taudience tenantgate\n", "\t\t\taudience another\n", "200", "401"},
		"an audience of theirs":      {"audience https://one.example-api", "audience https://two.example-api", "401", "200"},
		"an issuer no longer":        {"trust https://one.example", "trust https://two.example", "401", "200"},
		"our own name":               {"\t\t\taudience tenantgate\n", "\t\t\taudience tenantgate\n\t\t\tissuer another\n", "200", "401"},
		"an algorithm of theirs":     {"\t\t\t\tprovision on\n", "\t\t\t\tprovision on\n\t\t\t\talgorithms ES256\n", "401", "200"},
		"a rule":                     {"require viewer GET,HEAD,OPTIONS /api/*", "require admin GET,HEAD,OPTIONS /api/*", "403", "403"},
		"a rule that is more narrow": {"\t\tforward_token off\n", "\t\trequire admin * /api/v1/calls\n\t\tforward_token off\n", "403", "403"},
		"no rule":                    {"\t\trequire viewer GET,HEAD,OPTIONS /api/*\n", "", "403", "403"},
	} {
		t.Run(name, func(t *testing.T) {
			defer results.count(t, "decisions")
			g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: upstream.url, Caddyfile: shipped})
			s := newStage(t, name, g.Addr, upstream, g, database)
			ours, theirs := s.fill("{bob-token}"), one.token(t, "1", bob)
			for range 2 { // cold, and warm
				wantStatus(t, "our token, before", s.status(t, ours), "200")
				wantStatus(t, "their token, before", s.status(t, theirs), "200")
			}
			reload := func(caddyfile string) {
				t.Helper()
				if output := g.Reload(t, caddyfile); output.Code != 0 {
					t.Fatalf("reloading: %s", output.Stderr)
				}
				s.honest.CloseIdleConnections() // the gateway is about to close them, too
			}
			reload(replaceOnce(t, shipped, c.from, c.to))
			wantStatus(t, "our token, after", s.status(t, ours), c.ours)
			wantStatus(t, "their token, after", s.status(t, theirs), c.theirs)
			reload(shipped)
			wantStatus(t, "our token, when all is as it was", s.status(t, ours), "200")
			wantStatus(t, "their token, when all is as it was", s.status(t, theirs), "200")
		})
	}
}

// Two sites of one gateway have rules of their own, and caches in common.
func TestDecisionsOfTwoSites(t *testing.T) {
	t.Parallel()
	caddyfile := string(gatewaytest.Shipped(t))
	port, open, closed := tenancytest.FreePort(t), startFolding(t), startFolding(t)
	strict := siteAgain(t, caddyfile, port, closed.url)
	strict = replaceOnce(t, strict, "require viewer GET,HEAD,OPTIONS /api/*", "require admin GET,HEAD,OPTIONS /api/*")
	strict = replaceOnce(t, strict, "public /assets/* /healthz", "public /healthz")
	database := gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: open.url, Caddyfile: caddyfile + strict})
	first, second := newStage(t, "open", g.Addr, open, g, database), newStage(t, "closed", loopback(port), closed, g, database)
	token := first.fill("{bob-token}")
	for range 3 {
		for _, c := range []struct {
			of   *stage
			path string
			want string
		}{
			{first, "/api/v1/calls", "200"}, {second, "/api/v1/calls", "403"}, {first, "/assets/app.js", "200"}, {second, "/assets/app.js", "403"},
		} {
			t.Run(c.of.name+" "+c.path, func(t *testing.T) {
				defer results.count(t, "decisions")
				status, _, _ := strings.Cut(c.of.ask(t, c.path, token, "acme"), " ")
				wantStatus(t, c.path+" at the site that is "+c.of.name, status, c.want)
			})
		}
	}
	if seen := closed.take(); len(seen) > 0 {
		t.Errorf("the closed site let pass %s", describe(seen))
	}
}
