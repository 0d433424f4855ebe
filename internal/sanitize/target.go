package sanitize

import (
	"net/http"
	"strings"
)

// Refusals of targets as a whole, and of queries.
var (
	refuseForm      = badRequest(ReasonTarget, "The request target must be a path or an http URL.")
	refuseAuthority = badRequest(ReasonTarget, "The request target must name the host of the request and no user.")
	refuseQuery     = badRequest(ReasonQuery, "The query contains a control character, a space or #.")
)

// target judges what the client sent, r.RequestURI, and what would be
// forwarded, r.URL, where the two differ: by spelling, or because a handler
// before us has rewritten one.
func (p *Policy) target(r *http.Request) *Refusal {
	raw := r.RequestURI
	if raw == "" {
		raw = r.URL.RequestURI()
	}
	if r.URL.Opaque != "" {
		return refuseForm
	}
	if raw == "*" {
		if r.Method != http.MethodOptions || r.URL.Path != "*" {
			return refuseForm
		}
		return nil
	}
	raw, refusal := originForm(r, raw)
	if refusal != nil {
		return refusal
	}
	path, query, _ := strings.Cut(raw, "?")
	if refusal := p.path(path); refusal != nil {
		return refusal
	}
	if path != r.URL.Path && r.URL.Path != "" {
		if refusal := p.path(r.URL.EscapedPath()); refusal != nil {
			return refusal
		}
	}
	if !cleanQuery(query) || query != r.URL.RawQuery && !cleanQuery(r.URL.RawQuery) {
		return refuseQuery
	}
	return nil
}

// originForm takes scheme and authority off an absolute-form target (RFC 9112,
// section 3.2.2). Only HTTP/1 has that form: in HTTP/2 and HTTP/3 it would be a
// second authority beside :authority.
func originForm(r *http.Request, raw string) (string, *Refusal) {
	if raw[0] == '/' {
		return raw, nil
	}
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || r.ProtoMajor != 1 || !equalFold(scheme, "http") && !equalFold(scheme, "https") {
		return "", refuseForm
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if rest[:end] == "" || rest[:end] != r.Host {
		return "", refuseAuthority
	}
	if rest = rest[end:]; rest == "" || rest[0] == '?' {
		rest = "/" + rest // RFC 9110, section 4.2.3: an empty path is "/"
	}
	return rest, nil
}

// cleanQuery refuses what could end the request line early: HTTP/2 and HTTP/3
// carry a space in :path, and HTTP/1 upstreams would read a version after it.
// Escapes are left alone, they are the upstream's.
func cleanQuery(query string) bool {
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c == 0x7f || c == '#' {
			return false
		}
	}
	return true
}

// canonicalTarget rewrites r to the one spelling of what rules will match. A
// policy that only reports leaves a target alone that it would have refused.
func (p *Policy) canonicalTarget(r *http.Request) {
	u := r.URL
	if u.RawPath == "" && u.Scheme == "" && u.Host == "" && u.Path != "" {
		return
	}
	if p.reportOnly && p.target(r) != nil {
		return
	}
	u.RawPath = p.rawPath(u.EscapedPath())
	u.Scheme, u.Host = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	r.RequestURI = u.RequestURI()
}
