package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// reference decides by reading every rule: the documentation of Rule and Match,
// word for word.
func reference(rules []access.Rule, method, path string) tenancy.Role {
	folded := slices.Clone(rules)
	for i := range folded {
		folded[i].Path = strings.ToLower(folded[i].Path)
	}
	return max(sensitive(rules, method, path), sensitive(folded, method, strings.ToLower(path)))
}

func sensitive(rules []access.Rule, method, path string) tenancy.Role {
	role, best := access.Nobody, []int{0}
	for _, rule := range rules {
		named := slices.Contains(rule.Methods, method)
		if !named && rule.Methods[0] != "*" {
			continue
		}
		if rank := specificity(rule, path); rank != nil {
			rank = append(rank, count(named))
			if order := slices.Compare(rank, best); order > 0 || order == 0 && rule.Role > role {
				role, best = rule.Role, rank
			}
		}
	}
	return role
}

// specificity ranks how closely the rule's path covers the path; nil: not at all.
func specificity(rule access.Rule, path string) []int {
	prefix, wildcard := strings.CutSuffix(rule.Path, "*")
	switch {
	case rule.Path == path:
		return []int{3, 0}
	case !wildcard && !rule.Public() && strings.TrimSuffix(rule.Path, "/") == strings.TrimSuffix(path, "/"):
		return []int{2, 0}
	case !wildcard:
		return nil
	case prefix == "/":
		return []int{1, 0}
	case strings.HasPrefix(path, prefix) && path != prefix, !rule.Public() && (path == prefix || path+"/" == prefix):
		return []int{1, len(prefix)}
	}
	return nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestMatchAgreesWithReadingEveryRule(t *testing.T) {
	t.Parallel()
	path := rapid.Custom(func(t *rapid.T) string {
		segments := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "A"}), 0, 3).Draw(t, "segments")
		if len(segments) == 0 {
			return "/"
		}
		return "/" + strings.Join(segments, "/") + rapid.SampledFrom([]string{"", "/"}).Draw(t, "slash")
	})
	rule := rapid.Custom(func(t *rapid.T) access.Rule {
		pattern := path.Draw(t, "path")
		if rapid.Bool().Draw(t, "wildcard") {
			pattern = strings.TrimSuffix(pattern, "/") + "/*"
		}
		return access.Rule{
			Role:    rapid.SampledFrom([]tenancy.Role{tenancy.RoleNone, tenancy.RoleViewer, tenancy.RoleMember, tenancy.RoleAdmin}).Draw(t, "role"),
			Methods: rapid.SampledFrom([][]string{{"*"}, {"GET"}, {"POST"}, {"GET", "POST"}}).Draw(t, "methods"),
			Path:    pattern,
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var rules []access.Rule
		compiled, err := access.Compile(nil)
		for _, next := range rapid.SliceOfN(rule, 0, 12).Draw(t, "rules") {
			if more, contradiction := access.Compile(append(slices.Clone(rules), next)); contradiction == nil {
				rules, compiled = append(rules, next), more
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			method := rapid.SampledFrom([]string{"GET", "POST", "HEAD"}).Draw(t, "method")
			target := path.Draw(t, "target")
			if got, want := compiled.Match(method, target).Role, reference(rules, method, target); got != want {
				t.Fatalf("%s %s under %v: got %v, want %v", method, target, rules, got, want)
			}
		}
	})
}

func TestMatchDoesNotAllocate(t *testing.T) {
	rules := manyRules(t, 100)
	if allocations := testing.AllocsPerRun(100, func() { rules.Match("GET", "/api/v1/resource7/items/9") }); allocations != 0 {
		t.Errorf("Match allocated %v times, want none", allocations)
	}
}

func manyRules(t testing.TB, n int) *access.Rules {
	t.Helper()
	rules := []access.Rule{{Role: tenancy.RoleViewer, Methods: []string{"GET"}, Path: "/api/*"}}
	for i := 1; i < n; i++ {
		rules = append(rules, access.Rule{Role: tenancy.RoleAdmin, Methods: []string{"*"}, Path: fmt.Sprintf("/api/v1/resource%d/*", i)})
	}
	compiled, err := access.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			rules := manyRules(b, n)
			b.ReportAllocs()
			for b.Loop() {
				rules.Match("GET", "/api/v1/resource7/items/9")
			}
		})
	}
}
