package forward

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// DropCredentials takes the client's credentials off a request, so that an
// upstream cannot act as its caller elsewhere: Authorization, and our session
// and refresh cookies wherever they stand. Other cookies stay as they are, byte
// by byte.
func DropCredentials(h http.Header) {
	delete(h, "Authorization")
	dropCookies(h, isCredential)
}

// DropRefreshToken takes our refresh cookies off a request, and nothing else:
// they are for the gateway alone, also where the upstream may act as its caller.
func DropRefreshToken(h http.Header) { dropCookies(h, isRefresh) }

func isCredential(name string) bool {
	return spells(name, tenancy.SessionCookie) || spells(name, tenancy.SecureSessionCookie) || isRefresh(name)
}

func isRefresh(name string) bool {
	return spells(name, tenancy.RefreshCookie) || spells(name, tenancy.SecureRefreshCookie)
}

func dropCookies(h http.Header, ours func(name string) bool) {
	lines := h["Cookie"]
	if !slices.ContainsFunc(lines, func(line string) bool { return holds(line, ours) }) {
		return
	}
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		if rest := without(line, ours); rest != "" {
			kept = append(kept, rest)
		}
	}
	if len(kept) == 0 {
		delete(h, "Cookie")
	} else {
		h["Cookie"] = kept
	}
}

// holds reports whether one of the pairs of a Cookie line (RFC 6265, section
// 4.2.1) is ours.
func holds(line string, ours func(name string) bool) bool {
	for pair := range strings.SplitSeq(line, ";") {
		if mentions(pair, ours) {
			return true
		}
	}
	return false
}

// without returns a Cookie line without the pairs that are ours.
func without(line string, ours func(name string) bool) string {
	if !holds(line, ours) {
		return line
	}
	kept := slices.DeleteFunc(strings.Split(line, ";"), func(pair string) bool { return mentions(pair, ours) })
	return strings.TrimLeft(strings.Join(kept, ";"), " \t")
}

// mentions reports whether a pair is ours to any server: to those that end a
// pair at a comma (RFC 2965, section 3.3.4) or a blank too, a name of ours may
// stand within it.
func mentions(pair string, ours func(name string) bool) bool {
	if name, _, _ := strings.Cut(pair, "="); ours(name) {
		return true
	}
	for word := range strings.FieldsFuncSeq(pair, func(c rune) bool { return c <= ' ' || c == ',' || c == '"' }) {
		if name, _, _ := strings.Cut(word, "="); ours(name) {
			return true
		}
	}
	return false
}

// spells reports whether a server may take a cookie's name for ours. PHP decodes
// names and makes "_" of what is no letter or digit, others trim or fold case:
// so names are compared by letters and digits, and whatever else stands at the
// same place or around them is all one.
func spells(name, ours string) bool {
	if strings.IndexByte(name, '%') >= 0 {
		if decoded, err := url.PathUnescape(name); err == nil {
			name = decoded
		}
	}
	name, ours = strings.TrimFunc(name, isSeparator), strings.TrimFunc(ours, isSeparator)
	if len(name) != len(ours) {
		return false
	}
	for i := range len(ours) {
		same := name[i]|0x20 == ours[i]|0x20 // one case, where both are letters
		if isSeparator(rune(ours[i])) {
			same = isSeparator(rune(name[i]))
		}
		if !same {
			return false
		}
	}
	return true
}

func isSeparator(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
}
