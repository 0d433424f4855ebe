package access

import (
	"strings"
	"unicode/utf8"
)

// fold makes one of the paths that differ in case alone: ToLower by itself leaves
// letters apart that share a capital, as "s" and "ſ" do.
func fold(path string) string {
	for i := range len(path) {
		if c := path[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.ToLower(strings.ToUpper(path))
		}
	}
	return path
}

// insensitive holds rules as an upstream takes them that ignores case.
type insensitive struct {
	root  node
	cased bool // one of the rules has letters that fold
}

// enter adds a rule. Of two that become one, that counts which asks for more.
func (i *insensitive) enter(rule *Rule) {
	path := fold(rule.Path)
	i.cased = i.cased || path != rule.Path
	t := i.root.place(path)
	for _, method := range rule.Methods {
		if other := t.of(method); other == nil || other.Role < rule.Role {
			t.set(method, rule)
		}
	}
}

// demand returns what the path asks for where case is ignored, or false where
// that is the same question.
func (i *insensitive) demand(method, path string) (Rule, bool) {
	folded := fold(path)
	if folded == path && !i.cased {
		return Rule{}, false
	}
	return i.root.match(method, folded), true
}
