package forward

import (
	"net/http"
	"strings"
)

const ownPrefix = "X-Tenantgate-"

// varies is what the answer to a request with a membership depends on.
var (
	varies    = [...]string{"Authorization", "Cookie", "X-Tenant"}
	allVaries = strings.Join(varies[:], ", ")
)

// Stamp is what the gateway says on an answer about the request it served. The
// zero Stamp says nothing and only takes away what the upstream has no say in.
//
// It is also the memory that the headers of one request and its answer are in,
// so that whoever has one for each request allocates nothing for them: it is not
// to be copied or used for another request.
type Stamp struct {
	tenant  string
	request string
	told    values    // by the request's headers
	own     [3]string // by the answer's
}

// Apply puts the stamp on the headers of an answer, at the last moment before
// they are written. X-Tenant-ID, X-Request-ID and X-Tenantgate-* are ours alone:
// the upstream's go. Where a tenant served the request, Vary is extended by what
// chose it, so that no shared cache hands the answer to another tenant.
func (s *Stamp) Apply(h http.Header) {
	for name := range h {
		if isOwn(name) {
			delete(h, name)
		}
	}
	if lines := h["Trailer"]; len(lines) > 0 {
		withholdTrailers(h, lines)
	}
	s.own = [...]string{s.tenant, s.request, allVaries}
	for i, name := range [...]string{names[tenantID], names[requestID]} {
		if s.own[i] == "" {
			delete(h, name)
		} else {
			h[name] = s.own[i : i+1 : i+1]
		}
	}
	switch {
	case s.tenant == "":
	case len(h["Vary"]) == 0:
		h["Vary"] = s.own[2:3:3]
	default:
		extendVary(h)
	}
}

// Trailers takes off the trailers that came after the stamp, without having been
// announced, and in which the upstream has no say either: of two of a name, a
// client may believe the later one (RFC 9110, section 6.5.1).
func Trailers(h http.Header) {
	for name := range h {
		if trailer, found := strings.CutPrefix(name, http.TrailerPrefix); found && isOurs(trailer) {
			delete(h, name)
		}
	}
}

// withholdTrailers takes them out of what is announced: what is not, the server
// does not send.
func withholdTrailers(h http.Header, lines []string) {
	var others []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name != "" && !isOurs(name) {
				others = append(others, name)
			}
		}
	}
	if len(others) == 0 {
		delete(h, "Trailer")
		return
	}
	h["Trailer"] = []string{strings.Join(others, ", ")}
}

// isOurs reports whether the gateway alone says something under that name in an
// answer.
func isOurs(name string) bool {
	return strings.EqualFold(name, names[tenantID]) || strings.EqualFold(name, names[requestID]) || isOwn(name)
}

func isOwn(name string) bool {
	return len(name) >= len(ownPrefix) && strings.EqualFold(name[:len(ownPrefix)], ownPrefix)
}

// extendVary adds to the upstream's Vary what is missing from it. "*" says more
// than any name could (RFC 9110, section 12.5.5).
func extendVary(h http.Header) {
	lines := h["Vary"]
	missing := make([]string, 0, len(varies))
	for _, name := range varies {
		if !lists(lines, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 && !lists(lines, "*") {
		h["Vary"] = append(lines, strings.Join(missing, ", "))
	}
}

// lists reports whether one of the comma-separated lines has the item.
func lists(lines []string, item string) bool {
	for _, line := range lines {
		for other := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(other, " \t"), item) {
				return true
			}
		}
	}
	return false
}
