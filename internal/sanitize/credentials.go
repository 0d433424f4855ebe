package sanitize

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Refusals of claims that are made twice. A gateway that picks one of two
// leaves it to chance whether a log, a cache or an upstream picks the other.
var (
	refuseAuthorization = badRequest(ReasonCredentials, "The request carries more than one Authorization.")
	refuseCookies       = badRequest(ReasonCredentials, "The request carries more than one session cookie.")
	refuseTenants       = tenantConflict("The request carries more than one X-Tenant.")
)

// credentials reads who the client says it is, and for which tenant.
func credentials(h http.Header) (Claim, *Refusal) {
	token, refusal := bearer(h["Authorization"])
	if refusal != nil {
		return Claim{}, refusal
	}
	cookie, refusal := session(h["Cookie"])
	if refusal != nil {
		return Claim{}, refusal
	}
	tenant, refusal := selector(h["X-Tenant"])
	return Claim{Bearer: token, Cookie: cookie, Tenant: tenant}, refusal
}

// bearer returns the credential of RFC 6750, section 2.1, as it stands: what is
// no token at all is for the verifier to refuse, as it refuses one that is
// forged. Other schemes are the upstream's and yield none. A comma joins
// header lines, so it makes two of one.
func bearer(lines []string) (string, *Refusal) {
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) > 1 {
		return "", refuseAuthorization
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !equalFold(scheme, "bearer") {
		return "", nil
	}
	if strings.IndexByte(token, ',') >= 0 {
		return "", refuseAuthorization
	}
	return textproto.TrimString(token), nil
}

// session returns the value of the session cookie. Where the secure one is
// there, the plain one is not looked at: it is a leftover, or a sibling domain
// has planted it.
func session(lines []string) (string, *Refusal) {
	var plain, secure string
	plains, secures := 0, 0
	for _, line := range lines {
		if !strings.Contains(line, tenancy.SessionCookie) {
			continue
		}
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(pair, "=")
			switch textproto.TrimString(name) {
			case tenancy.SessionCookie:
				plain, plains = textproto.TrimString(value), plains+1
			case tenancy.SecureSessionCookie:
				secure, secures = textproto.TrimString(value), secures+1
			}
		}
	}
	if secures > 1 || secures == 0 && plains > 1 {
		return "", refuseCookies
	}
	if secures == 1 {
		return secure, nil
	}
	return plain, nil
}

// selector returns the tenant that the client asks for. Only the exact header
// counts: look-alikes are stripped, never read.
func selector(lines []string) (string, *Refusal) {
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) > 1 || strings.IndexByte(lines[0], ',') >= 0 {
		return "", refuseTenants
	}
	return textproto.TrimString(lines[0]), nil
}
