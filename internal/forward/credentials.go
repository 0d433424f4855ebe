package forward

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// DropCredentials takes the client's credentials off a request, so that an
// upstream cannot act as its caller elsewhere: Authorization, and our session
// cookies wherever they stand. Other cookies stay as they are, byte by byte.
func DropCredentials(h http.Header) {
	delete(h, "Authorization")
	lines := h["Cookie"]
	if !slices.ContainsFunc(lines, mentionsSession) {
		return
	}
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		if rest := withoutSession(line); rest != "" {
			kept = append(kept, rest)
		}
	}
	if len(kept) == 0 {
		delete(h, "Cookie")
	} else {
		h["Cookie"] = kept
	}
}

func mentionsSession(line string) bool {
	return strings.Contains(line, tenancy.SessionCookie) || strings.Contains(line, tenancy.RefreshCookie)
}

// withoutSession returns a Cookie line (RFC 6265, section 4.2.1) without the
// pairs that carry our session. Names are read as leniently as servers read
// them, with blanks around.
func withoutSession(line string) string {
	if !mentionsSession(line) {
		return line
	}
	var kept []string
	for pair := range strings.SplitSeq(line, ";") {
		name, _, _ := strings.Cut(pair, "=")
		switch textproto.TrimString(name) {
		case tenancy.SessionCookie, tenancy.SecureSessionCookie, tenancy.RefreshCookie, tenancy.SecureRefreshCookie:
		default:
			kept = append(kept, pair)
		}
	}
	return strings.TrimLeft(strings.Join(kept, ";"), " \t")
}
