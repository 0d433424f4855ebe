package access

import (
	"errors"
	"fmt"
	"strings"
)

// Rules is a compiled table of rules, public ones and others alike. It is
// read-only and safe for concurrent use.
type Rules struct {
	root   node
	folded insensitive
}

// node is a path without its trailing slash; the root is the empty one. Walking
// down it costs as much as the path has segments, however many rules there are.
type node struct {
	children map[string]*node
	exact    table // rules for the path
	slashed  table // rules for the path and a slash
	beneath  table // rules for the path and "/*"
}

// table holds the rules of one pattern.
type table struct {
	byMethod map[string]*Rule
	any      *Rule
}

var noRule = Rule{Role: Nobody}

// Compile builds the table. It returns an error that names every rule that
// could not be meant, and every two that say different things about one method
// of one path.
func Compile(rules []Rule) (*Rules, error) {
	compiled := new(Rules)
	var wrong []error
	for i := range rules {
		rule := rules[i]
		if err := rule.validate(); err != nil {
			wrong = append(wrong, fmt.Errorf("rule %q: %w", rule, err))
			continue
		}
		if err := compiled.root.place(rule.Path).add(&rule); err != nil {
			wrong = append(wrong, err)
		}
		compiled.folded.enter(&rule)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return compiled, nil
}

// place returns the table of a valid pattern, making the way to it.
func (n *node) place(pattern string) *table {
	pattern = strings.TrimPrefix(pattern, "/")
	at := n
	for segment := range strings.SplitSeq(pattern, "/") {
		switch segment {
		case "*":
			return &at.beneath
		case "":
			return &at.slashed
		}
		at = at.child(segment)
	}
	return &at.exact
}

func (n *node) child(segment string) *node {
	if n.children == nil {
		n.children = make(map[string]*node)
	}
	if n.children[segment] == nil {
		n.children[segment] = new(node)
	}
	return n.children[segment]
}

// add enters the rule for each of its methods.
func (t *table) add(rule *Rule) error {
	for _, method := range rule.Methods {
		if other := t.of(method); other != nil && other.Role != rule.Role {
			return fmt.Errorf("rules %q and %q contradict each other about %s %s", other, rule, method, rule.Path)
		}
		t.set(method, rule)
	}
	return nil
}

// of returns the rule that names the method, or "*".
func (t *table) of(method string) *Rule {
	if method == anyMethod {
		return t.any
	}
	return t.byMethod[method]
}

func (t *table) set(method string, rule *Rule) {
	switch {
	case method == anyMethod:
		t.any = rule
	case t.byMethod == nil:
		t.byMethod = map[string]*Rule{method: rule}
	default:
		t.byMethod[method] = rule
	}
}

// find returns the rule for the method, one that names it before one for all.
func (t *table) find(method string) *Rule {
	if rule := t.byMethod[method]; rule != nil {
		return rule
	}
	return t.any
}

// required is find among the rules that ask for a role.
func (t *table) required(method string) *Rule {
	if rule := t.byMethod[method]; rule != nil && !rule.Public() {
		return rule
	}
	if t.any != nil && !t.any.Public() {
		return t.any
	}
	return nil
}

// Match returns the rule with the most specific path that covers the method and
// the decoded path of a request that has been sanitised. An exact path is more
// specific than one that is exact but for its trailing slash, that more than
// any wildcard, and a longer wildcard more than a shorter; of one path, a rule
// that names the method comes before one for all methods.
//
// Where no rule covers the request, it returns one that asks for Nobody. So it
// does for a path with empty or dot segments: an upstream that merges them would
// serve another path than the one the rules saw. And where the path in another
// case comes to a rule that asks for more, it returns that: an upstream that
// ignores case would serve what that rule is about. The rule is not to be changed.
func (r *Rules) Match(method, path string) Rule {
	if !canonical(path) {
		return noRule
	}
	rule := r.root.match(method, path)
	if other, differs := r.folded.demand(method, path); differs && other.Role > rule.Role {
		return other
	}
	return rule
}

// match finds the most specific rule of a canonical path.
func (n *node) match(method, path string) Rule {
	at, broad := n, n.beneath.find(method)
	for rest := path[1:]; rest != ""; {
		segment, after, slash := strings.Cut(rest, "/")
		if at = at.children[segment]; at == nil {
			return first(broad)
		}
		if after == "" {
			literal, twin := &at.exact, &at.slashed
			if slash {
				literal, twin = twin, literal
			}
			return first(literal.find(method), twin.required(method), at.beneath.required(method), broad)
		}
		if rule := at.beneath.find(method); rule != nil {
			broad = rule
		}
		rest = after
	}
	return first(n.slashed.find(method), broad)
}

// first returns the first rule there is.
func first(rules ...*Rule) Rule {
	for _, rule := range rules {
		if rule != nil {
			return *rule
		}
	}
	return noRule
}
