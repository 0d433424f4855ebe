package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Nobody is above every role: what asks for it is refused to all. It is what no
// rule comes to, so that a path which was forgotten is closed.
const Nobody tenancy.Role = 255

// Rule says what role the methods of a path ask for.
type Rule struct {
	// Role is the least role. tenancy.RoleNone makes the path public: no token is
	// asked for.
	Role tenancy.Role
	// Methods lists registered methods in upper case, or "*" alone for every
	// method, unregistered ones too. GET does not imply HEAD or OPTIONS.
	Methods []string
	// Path is matched against the decoded path of the request, case-sensitively
	// but for what [Rules.Match] says. It is exact, or ends in "/*" for all that lies beneath; "/*" and "*" are all
	// paths.
	//
	// Upstreams differ in whether a trailing slash matters, so a rule that asks
	// for a role reaches over it and a public one does not: require /x covers
	// /x and /x/, and so does require /x/ (to tell the two apart, write both);
	// require /x/* covers /x and /x/ besides what lies beneath. public /x covers
	// /x alone, and public /x/* neither /x nor /x/.
	Path string
}

// Public reports whether the rule lets requests through without a token.
func (r Rule) Public() bool { return r.Role == tenancy.RoleNone }

// String returns the rule as the Caddyfile spells it.
func (r Rule) String() string {
	methods := strings.Join(r.Methods, ",")
	switch {
	case !r.Public():
		return "require " + r.Role.String() + " " + methods + " " + r.Path
	case methods == anyMethod:
		return "public " + r.Path
	default:
		return "public " + methods + " " + r.Path
	}
}

const anyMethod = "*"

// registered are the methods a rule may name: those of the IANA registry (RFC
// 9110, section 16.1.1) but CONNECT and PRI, which never reach a rule. A list,
// because "require admin GETT /billing" would leave GET to a broader rule.
var registered = strings.Fields(`ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY DELETE GET HEAD LABEL LINK LOCK
	MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND
	PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF
	VERSION-CONTROL`)

// validate says what about the rule could not be meant.
func (r Rule) validate() error {
	if r.Role > tenancy.RoleAdmin {
		return fmt.Errorf("unknown role %s", r.Role)
	}
	return errors.Join(validateMethods(r.Methods), validatePath(r.Path))
}

func validateMethods(methods []string) error {
	if len(methods) == 0 {
		return errors.New("no method: name some, or * for all")
	}
	for _, method := range methods {
		if method == anyMethod && len(methods) > 1 {
			return errors.New("* is all methods and stands alone")
		}
		if method != anyMethod && !slices.Contains(registered, method) {
			return fmt.Errorf("unknown method %q: want a registered one in upper case, or * for all", method)
		}
	}
	return nil
}

// validatePath refuses what a decoded, sanitised path never holds, and what
// reads like the patterns of other routers: such a rule would match nothing
// and leave its path to a broader one.
func validatePath(path string) error {
	if path == "*" {
		return nil
	}
	fixed, _ := strings.CutSuffix(path, "/*")
	switch {
	case path == "" || path[0] != '/':
		return fmt.Errorf("path %q does not begin with /", path)
	case strings.Contains(fixed, "*"):
		return fmt.Errorf("path %q: * may only stand for all that lies beneath, as in /api/*", path)
	case strings.ContainsAny(path, `?#%;\{}`):
		return fmt.Errorf(`path %q: none of ? # %% ; \ { } can be in a path that is matched`, path)
	case !utf8.ValidString(path) || strings.ContainsFunc(path, isControl):
		return fmt.Errorf("path %q holds bytes that no path has", path)
	case !canonical(path):
		return fmt.Errorf("path %q: empty segments and dot segments never match", path)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// canonical reports whether path begins with a slash and has neither empty
// segments (but for a last one) nor dot segments (RFC 3986, section 3.3).
func canonical(path string) bool {
	if path == "" || path[0] != '/' || strings.Contains(path, "//") {
		return false
	}
	if !strings.Contains(path, "/.") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}
