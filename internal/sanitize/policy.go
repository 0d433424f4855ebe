package sanitize

import (
	"fmt"
	"net/http"
	"strings"
)

// Options are an operator's exceptions and additions. The zero Options is the
// strictest policy without additions.
type Options struct {
	// ReportOnly lets pass what would be refused, flagged. CONNECT, doubled
	// credentials and doubled tenant selectors are refused, and names, trailers
	// and hop-by-hop fields are stripped, all the same: there is no safe way to
	// forward them.
	ReportOnly bool
	// AllowMethods are methods beyond GET, HEAD, POST, PUT, PATCH, DELETE and
	// OPTIONS, in their exact spelling. CONNECT, TRACE and PRI cannot be allowed.
	AllowMethods []string
	// AllowEncoded are escapes that a path may hold: %2F, %5C, %23, %3F, %3B, and
	// %25 for what looks encoded twice. The package comment tells what rules see.
	AllowEncoded []string
	// ProtectNames are header names to strip besides ours, in any case; one that
	// ends in "*" stands for every name that starts with what is before it.
	ProtectNames []string
}

// Policy checks and strips requests. It is read-only and safe for concurrent use.
type Policy struct {
	reportOnly bool
	methods    map[string]bool // beyond the known ones
	badMethod  *Refusal
	encoded    [256]bool // decoded bytes whose escapes are allowed
	names      *nameSet
}

// New makes a Policy. It fails on a method, an escape or a name that cannot be
// meant; the error names it and the setting as the Caddyfile calls it.
func New(o Options) (*Policy, error) {
	p := &Policy{reportOnly: o.ReportOnly, methods: make(map[string]bool, len(o.AllowMethods)), names: builtin}
	if err := p.allowMethods(o.AllowMethods); err != nil {
		return nil, err
	}
	if err := p.allowEncoded(o.AllowEncoded); err != nil {
		return nil, err
	}
	if len(o.ProtectNames) > 0 {
		for _, pattern := range o.ProtectNames {
			if err := validPattern(pattern); err != nil {
				return nil, fmt.Errorf("protect %q: %w", pattern, err)
			}
		}
		p.names = newNameSet(o.ProtectNames)
	}
	return p, nil
}

// Claim is what a request says of itself, in canonical form. Nothing in it is
// verified.
type Claim struct {
	// Host is what [Host] makes of the request's host; empty where it has none
	// (HTTP/1.0), or none that is valid (report only).
	Host string
	// Bearer is the credential of "Authorization: Bearer"; Cookie is that of the
	// session cookie. Whether both may be there is for the caller to say, who can
	// tell whether they mean the same person.
	Bearer, Cookie string
	// Tenant is the X-Tenant header: an id or a slug, not yet parsed. An empty
	// header is an absent one.
	Tenant string
}

// Check returns what r claims, or why it is refused. It reads r only. Where the
// policy only reports, the claim is complete and the refusal says so.
func (p *Policy) Check(r *http.Request) (Claim, *Refusal) {
	if r.Method == http.MethodConnect {
		return Claim{}, p.badMethod
	}
	claim, refusal := credentials(r.Header)
	if refusal != nil {
		return Claim{}, refusal
	}
	claim.Host, refusal = host(r)
	if refusal == nil {
		refusal = p.method(r.Method)
	}
	if refusal == nil {
		refusal = p.target(r)
	}
	if refusal == nil {
		return claim, nil
	}
	if !p.reportOnly {
		return Claim{}, refusal
	}
	flagged := *refusal
	flagged.ReportOnly = true
	return claim, &flagged
}

const knownMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// forbiddenMethods stay closed whatever an operator says.
var forbiddenMethods = map[string]string{
	http.MethodConnect: "a proxied CONNECT opens a pooled upstream connection to unframed bytes",
	http.MethodTrace:   "TRACE sends the injected headers back to the client",
	"PRI":              "PRI is the preface of HTTP/2, not a method",
}

func (p *Policy) allowMethods(methods []string) error {
	allow := knownMethods
	for _, method := range methods {
		if why, forbidden := forbiddenMethods[method]; forbidden {
			return fmt.Errorf("allow_methods %q: %s", method, why)
		}
		if !isToken(method) {
			return fmt.Errorf("allow_methods %q: not a token (RFC 9110, section 5.6.2)", method)
		}
		if !knownMethod(method) && !p.methods[method] {
			p.methods[method] = true
			allow += ", " + method
		}
	}
	p.badMethod = &Refusal{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Reason: ReasonMethod,
		Detail: "This method is not allowed here.", Allow: allow,
	}
	return nil
}

// method compares exactly: methods are case-sensitive (RFC 9110, section 9.1),
// and an upstream that folds case must not be shown "connect".
func (p *Policy) method(method string) *Refusal {
	if knownMethod(method) || p.methods[method] {
		return nil
	}
	return p.badMethod
}

func knownMethod(method string) bool {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return true
	}
	return false
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if foldByte[s[i]] == '-' && !strings.Contains("!#$%&'*+-.^_`|~", s[i:i+1]) {
			return false
		}
	}
	return s != ""
}
