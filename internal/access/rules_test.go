package access_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// policy is a table of rules and the words to question it with.
type policy struct {
	t     *testing.T
	rules *access.Rules
}

// newPolicy reads rules as the Caddyfile spells them.
func newPolicy(t *testing.T, lines ...string) policy {
	t.Helper()
	rules, err := access.Compile(parseRules(t, lines))
	if err != nil {
		t.Fatalf("Compile(%q): %v", lines, err)
	}
	return policy{t, rules}
}

func parseRules(t *testing.T, lines []string) []access.Rule {
	t.Helper()
	var rules []access.Rule
	for _, line := range lines {
		words := strings.Split(line, " ")
		rule := access.Rule{Methods: []string{"*"}, Path: words[len(words)-1]}
		if words[0] == "require" {
			role, err := tenancy.ParseRole(words[1])
			if err != nil {
				t.Fatal(err)
			}
			rule.Role, words = role, words[1:]
		}
		if len(words) == 3 {
			rule.Methods = strings.Split(words[1], ",")
		}
		rules = append(rules, rule)
	}
	return rules
}

func (p policy) public(method, path string) {
	p.t.Helper()
	if rule := p.rules.Match(method, path); !rule.Public() {
		p.t.Errorf("%s %s: got %v, want it to be public", method, path, rule)
	}
}

func (p policy) allow(role, method, path string) {
	p.t.Helper()
	if rule := p.rules.Match(method, path); rule.Public() || !roleNamed(role).AtLeast(rule.Role) {
		p.t.Errorf("%s %s: got %v, want the %s to be allowed", method, path, rule, role)
	}
}

func (p policy) deny(role, method, path string) {
	p.t.Helper()
	if rule := p.rules.Match(method, path); roleNamed(role).AtLeast(rule.Role) {
		p.t.Errorf("%s %s: got %v, want the %s to be denied", method, path, rule, role)
	}
}

// closed says that nobody may, by no rule.
func (p policy) closed(method, path string) {
	p.t.Helper()
	if rule := p.rules.Match(method, path); rule.Role != access.Nobody {
		p.t.Errorf("%s %s: got %v, want no rule", method, path, rule)
	}
}

func roleNamed(name string) tenancy.Role {
	if name == "anonymous" {
		return tenancy.RoleNone
	}
	role, err := tenancy.ParseRole(name)
	if err != nil {
		panic(err)
	}
	return role
}

func TestRulesOfTheShippedCaddyfile(t *testing.T) {
	t.Parallel()
	p := newPolicy(t,
		"public /assets/*",
		"public /healthz",
		"require viewer GET,HEAD,OPTIONS /api/*",
		"require member POST,PUT,PATCH,DELETE /api/*",
		"require admin * /api/v1/billing/*",
	)
	p.public("GET", "/healthz")
	p.public("GET", "/assets/app.js")
	p.public("GET", "/assets/fonts/a.woff2")
	p.deny("anonymous", "GET", "/api/x")
	p.allow("viewer", "GET", "/api/x")
	p.deny("viewer", "DELETE", "/api/x")
	p.allow("member", "DELETE", "/api/x")
	p.deny("member", "GET", "/api/v1/billing/invoices")
	p.allow("admin", "GET", "/api/v1/billing/invoices")
	p.deny("member", "GET", "/api/v1/billing")
	p.deny("member", "GET", "/api/v1/billing/")
	p.allow("viewer", "GET", "/api/v1/billing-plans")
	p.allow("admin", "PURGE", "/api/v1/billing/cache")
	p.closed("PURGE", "/api/x")
	p.closed("GET", "/")
	p.closed("GET", "/apis")
	p.closed("GET", "/healthz/deep")
	p.closed("GET", "/HEALTHZ")
}

func TestMostSpecificPathDecides(t *testing.T) {
	t.Parallel()
	p := newPolicy(t,
		"require admin * /*",
		"public /docs/*",
		"require member * /docs/internal/*",
		"public GET /docs/internal/licence",
		"require viewer GET /docs/internal/*",
	)
	p.public("GET", "/docs/intro")
	p.deny("viewer", "POST", "/docs/internal/x")
	p.allow("member", "POST", "/docs/internal/x")
	p.allow("viewer", "GET", "/docs/internal/x")
	p.deny("anonymous", "GET", "/docs/internal/x")
	p.public("GET", "/docs/internal/licence")
	p.deny("viewer", "POST", "/docs/internal/licence")
	p.deny("member", "GET", "/other")
	p.allow("admin", "GET", "/")
}

func TestMethodThatASpecificPathDoesNotNameFallsToTheBroaderRule(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, "require viewer GET /api/*", "require admin POST /api/keys")
	p.allow("viewer", "GET", "/api/keys")
	p.deny("member", "POST", "/api/keys")
	p.closed("HEAD", "/api/keys")
	p.closed("OPTIONS", "/api/keys")
	p.closed("get", "/api/keys")
}

func TestRequiredPathsReachOverATrailingSlash(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, "require viewer * /api/*", "require admin * /api/keys", "require member * /api/calls/")
	p.deny("member", "GET", "/api/keys")
	p.deny("member", "GET", "/api/keys/")
	p.allow("viewer", "GET", "/api/keys/1")
	p.deny("viewer", "GET", "/api/calls")
	p.deny("viewer", "GET", "/api/calls/")

	p = newPolicy(t, "require viewer * /api/x", "require admin * /api/x/", "require member * /api/x/*")
	p.allow("viewer", "GET", "/api/x")
	p.deny("member", "GET", "/api/x/")
	p.allow("member", "GET", "/api/x/y")
}

func TestPublicPathsDoNotReachOverATrailingSlash(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, "require admin * /*", "public /status", "public /assets/*", "public /app/")
	p.public("GET", "/status")
	p.deny("member", "GET", "/status/")
	p.public("GET", "/assets/a")
	p.public("GET", "/assets/a/")
	p.deny("member", "GET", "/assets")
	p.deny("member", "GET", "/assets/")
	p.public("GET", "/app/")
	p.deny("member", "GET", "/app")

	p = newPolicy(t, "require admin * /status", "public GET /status/*", "require member * /status/*")
	p.deny("member", "GET", "/status/")
	p.public("GET", "/status/x")
	p = newPolicy(t, "public GET /status/*", "require member * /status/*")
	p.deny("viewer", "GET", "/status")
	p.allow("member", "GET", "/status")
}

// An upstream that ignores case must not serve by a broader rule what a rule in
// another case is about.
func TestRulesThatAskForMoreReachOverCase(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, "require viewer * /api/*", "require admin * /api/keys/*", "require member * /api/Calls", "public /assets/*")
	for _, path := range []string{"/api/Keys/1", "/api/KEYS", "/api/keys/ABC", "/api/key\u017f/1", "/api/\u212aeys/1"} {
		p.deny("member", "GET", path)
		p.allow("admin", "GET", path)
	}
	p.deny("viewer", "GET", "/api/calls")
	p.allow("viewer", "GET", "/api/Other")
	p.public("GET", "/assets/App.JS")
	p.closed("GET", "/API/keys/1") // nothing opens by its case
	p.closed("GET", "/Assets/app.js")
	p.public("GET", "/assets/Login")

	p = newPolicy(t, "require viewer * /*", "public /assets/*", "require admin * /ASSETS/login")
	p.public("GET", "/assets/App.JS")
	p.deny("member", "GET", "/assets/login")
	p.deny("anonymous", "GET", "/Assets/x")
}

func TestAllPaths(t *testing.T) {
	t.Parallel()
	for _, all := range []string{"*", "/*"} {
		p := newPolicy(t, "public "+all)
		p.public("GET", "/")
		p.public("BREW", "/a/b/")
		p = newPolicy(t, "require member * "+all, "public /")
		p.public("GET", "/")
		p.deny("viewer", "GET", "/a")
	}
	newPolicy(t).closed("GET", "/")
}

func TestPathsThatAnUpstreamMayReadAnotherWayAreClosed(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, "public /*", "require admin * /api/keys")
	for _, path := range []string{"", "*", "api/keys", "//api/keys", "/api//keys", "/api/keys//", "/x/../api/keys", "/api/./keys", "/api/keys/.", "/..", "/."} {
		p.closed("GET", path)
	}
	p.public("GET", "/.well-known/x")
	p.public("GET", "/a..b/...")
}

func TestRulesThatCannotBeMeantAreRefusedByName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line, want string
	}{
		{"public assets", `path "assets" does not begin with /`},
		{"public /a*", `path "/a*": * may only stand for`},
		{"public /*/x", `path "/*/x": * may only stand for`},
		{"public /**", `path "/**": * may only stand for`},
		{"public /*/", `path "/*/": * may only stand for`},
		{"public /a?b", `path "/a?b": none of`},
		{"public /a#b", `path "/a#b": none of`},
		{"public /a%20b", `path "/a%20b": none of`},
		{"public /a;b", `path "/a;b": none of`},
		{`public /a\b`, `path "/a\\b": none of`},
		{"public /users/{id}", `path "/users/{id}": none of`},
		{"public /a//b", `path "/a//b": empty segments`},
		{"public //*", `path "//*": empty segments`},
		{"public /a/../b", `path "/a/../b": empty segments and dot`},
		{"public /./*", `path "/./*": empty segments and dot`},
		{"public /a\x00", `path "/a\x00" holds bytes`},
		{"public /\xff", `path "/\xff" holds bytes`},
		{"require admin get /a", `unknown method "get"`},
		{"require admin GETT /a", `unknown method "GETT"`},
		{"require admin ANY /a", `unknown method "ANY"`},
		{"require admin CONNECT /a", `unknown method "CONNECT"`},
		{"require admin GET, /a", `unknown method ""`},
		{"require admin GET,* /a", "* is all methods and stands alone"},
	}
	for _, test := range tests {
		_, err := access.Compile(parseRules(t, []string{"public /fine", test.line}))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Compile(%q) = %v, want an error with %q", test.line, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "/fine") {
			t.Errorf("Compile(%q) = %v, which blames a good rule", test.line, err)
		}
	}
	for _, rule := range []access.Rule{{Path: "/a"}, {Role: access.Nobody, Methods: []string{"*"}, Path: "/a"}} {
		if _, err := access.Compile([]access.Rule{rule}); err == nil {
			t.Errorf("Compile(%+v) succeeded", rule)
		}
	}
}

func TestContradictionsAreRefusedByName(t *testing.T) {
	t.Parallel()
	tests := [][2]string{
		{"public /a", "require admin * /a"},
		{"public *", "require admin * /*"},
		{"require viewer GET,HEAD /a/*", "require admin POST,HEAD /a/*"},
		{"require viewer * /a/", "require member * /a/"},
	}
	for _, lines := range tests {
		rules := parseRules(t, lines[:])
		_, err := access.Compile(rules)
		if err == nil || !strings.Contains(err.Error(), rules[0].String()) || !strings.Contains(err.Error(), rules[1].String()) {
			t.Errorf("Compile(%q) = %v, want an error that names both", lines, err)
		}
	}
	newPolicy(t, "require viewer GET /a", "require viewer HEAD,GET /a", "require admin * /a", "require admin * /a/")
}

func TestRuleIsSpelledAsInTheCaddyfile(t *testing.T) {
	t.Parallel()
	lines := []string{"public /a", "public GET,HEAD /a", "require admin * /a/*"}
	for i, rule := range parseRules(t, lines) {
		if diff := cmp.Diff(lines[i], rule.String()); diff != "" {
			t.Errorf("String (-want +got):\n%s", diff)
		}
	}
}
