package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// caddyfile is a Caddyfile by lines. What is measured is the shipped one with as
// few changes as possible, so that its settings are.
type caddyfile []string

func readCaddyfile(file string) (caddyfile, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the shipped Caddyfile: %w", err)
	}
	return strings.Split(string(bytes.TrimSpace(text)), "\n"), nil
}

func (c caddyfile) write(file string) error {
	return os.WriteFile(file, []byte(strings.Join(c, "\n")+"\n"), 0o600)
}

// replace returns the file with every line whose first word matches, and the
// block that it opens, replaced by other lines, at that place. found counts.
func (c caddyfile) replace(matches func(word string) bool, by ...string) (changed caddyfile, found int) {
	for i := 0; i < len(c); i++ {
		word, _, _ := strings.Cut(strings.TrimSpace(c[i]), " ")
		if !matches(word) {
			changed = append(changed, c[i])
			continue
		}
		found++
		changed = append(changed, by...)
		for depth := braces(c[i]); depth > 0 && i+1 < len(c); {
			i++
			depth += braces(c[i])
		}
	}
	return changed, found
}

// braces counts the blocks that a line opens less those it closes. A
// placeholder's braces close on its own line.
func braces(line string) int {
	code, _, _ := strings.Cut(line, " # ")
	if strings.HasPrefix(strings.TrimSpace(code), "#") {
		return 0
	}
	return strings.Count(code, "{") - strings.Count(code, "}")
}

// must is replace where the word has to be there.
func (c caddyfile) must(word string, by ...string) caddyfile {
	changed, found := c.replace(func(w string) bool { return w == word }, by...)
	if found == 0 {
		panic("the shipped Caddyfile has no " + word + ": the benchmark knows another one")
	}
	return changed
}

// plain takes all that is ours out of it: Caddy's reverse_proxy is left, with
// the same servers, timeouts and access log. It is the floor.
func (c caddyfile) plain() caddyfile {
	changed, _ := c.stock().replace(func(word string) bool { return strings.HasPrefix(word, "tenant") })
	return changed
}

// stock has the proxy speak to its upstream by Caddy's own transport.
func (c caddyfile) stock() caddyfile { return c.must("transport") }

// silent takes the site's access log out: the "log" that opens no block.
func (c caddyfile) silent() caddyfile {
	var changed caddyfile
	for _, line := range c {
		if strings.TrimSpace(line) != "log" {
			changed = append(changed, line)
		}
	}
	return changed
}

// trusting has the outside issuers' tokens accepted, of every algorithm.
func (c caddyfile) trusting(k *keys) caddyfile {
	lines := []string{"secret {env.JWT_SECRET}"}
	for _, alg := range outside {
		lines = append(lines,
			"trust "+issuerOf(alg)+" {", "key "+k.public[alg], "audience "+audience, "algorithms "+alg, "}")
	}
	return c.must("secret", lines...)
}

// patient has the caches hold what they have read for as long as a run takes.
func (c caddyfile) patient() caddyfile {
	return c.must("ttl", "ttl 2h")
}

// roomy has a million memberships kept. They are kept in parts, of which those that
// more than their share falls to drive some out where there is room for just so many.
func (c caddyfile) roomy() caddyfile {
	return c.must("memberships", "memberships 1100000")
}

// ruled gives the gate that many rules, of which the last is for the small path.
func (c caddyfile) ruled(n int) caddyfile {
	lines := []string{"tenant_gate {"}
	for i := range n - 1 {
		lines = append(lines, fmt.Sprintf("require member GET,POST /api/v%d/calls/%d/*", i%10, i))
	}
	return c.must("tenant_gate", append(lines, "require viewer * /api/*", "}")...)
}

// proxying has the proxy speak to its upstream with other settings of transport http.
func (c caddyfile) proxying(settings ...string) caddyfile {
	lines := append([]string{"reverse_proxy {", "to {$UPSTREAM_URL}", "transport tenant_http {"}, settings...)
	return c.must("reverse_proxy", append(lines, "}", "}")...)
}

// answering has the gate's site answer itself, for nginx to ask (auth_request):
// with what it would tell an upstream.
func (c caddyfile) answering() caddyfile {
	lines := []string{"header {"}
	for _, name := range identityNames {
		lines = append(lines, fmt.Sprintf(">%s {http.request.header.%s}", name, name)) // ">": when the gate has run
	}
	return c.must("reverse_proxy", append(lines, "}", "respond 204")...)
}

// identityNames are what an upstream is told, by all who tell.
var identityNames = []string{"X-Tenant-Slug", "X-Tenant-Role", "X-User-ID", "X-User-Email", "X-Tenantgate-Assertion"}

// overTLS serves HTTP/2, which browsers speak over TLS alone.
func (c caddyfile) overTLS(k *keys) caddyfile {
	var changed caddyfile
	for _, line := range c {
		if strings.HasPrefix(line, ":{$API_PORT") {
			line = "https://localhost:{$API_PORT}, https://127.0.0.1:{$API_PORT} {\n\ttls " + k.certificate + " " + k.tls
		}
		changed = append(changed, line)
	}
	return changed
}
