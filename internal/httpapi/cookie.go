package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Browser is what the API has to be told of a request whose credentials are, or
// will be, cookies.
type Browser struct {
	// SameOrigin returns a Problem of OriginRefused unless the request shows that a
	// page of its own origin has sent it, as far as its method can do harm.
	SameOrigin func(r *http.Request) error
	// Elsewhere is SameOrigin for a request that brings no cookie yet: it refuses
	// what shows that another origin's page has sent it, and lets pass what shows
	// nothing, for that is no browser.
	Elsewhere func(r *http.Request) error
	// Secure reports whether the browser reaches us over TLS.
	Secure func(r *http.Request) bool
	// ByCookie reports whether a session cookie is the credential of the request.
	ByCookie func(r *http.Request) bool
}

// cookies returns the session's cookies. Both last as long as the session: the
// access token in the first expires by itself before, and says then that it has.
func (h *Handler) cookies(r *http.Request, grant manage.Grant) []*http.Cookie {
	secure := h.Browser.Secure(r)
	set := []*http.Cookie{sessionCookie(secure, grant.AccessToken, grant.SessionEnds)}
	if grant.RefreshToken != "" {
		set = append(set, refreshCookie(secure, grant.RefreshToken, grant.SessionEnds))
	}
	return set
}

// noCookies makes a browser forget the session, under whichever name it has it.
func (h *Handler) noCookies(r *http.Request) []*http.Cookie {
	past := time.Unix(0, 0)
	cleared := []*http.Cookie{sessionCookie(false, "", past), refreshCookie(false, "", past)}
	if h.Browser.Secure(r) {
		cleared = append(cleared, sessionCookie(true, "", past), refreshCookie(true, "", past))
	}
	for _, cookie := range cleared {
		cookie.MaxAge = -1
	}
	return cleared
}

func sessionCookie(secure bool, value string, expires time.Time) *http.Cookie {
	name := tenancy.SessionCookie
	if secure {
		name = tenancy.SecureSessionCookie
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", Expires: expires, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func refreshCookie(secure bool, value string, expires time.Time) *http.Cookie {
	name := tenancy.RefreshCookie
	if secure {
		name = tenancy.SecureRefreshCookie
	}
	return &http.Cookie{Name: name, Value: value, Path: tenancy.RefreshPath, Expires: expires, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// refreshOf returns the refresh token that the request's cookies carry, or
// nothing. Where the secure cookie is there the plain one is not looked at, and
// two of one name are one too many, as with the session's.
func refreshOf(r *http.Request) (string, error) {
	values := cookiesNamed(r, tenancy.SecureRefreshCookie)
	if len(values) == 0 {
		values = cookiesNamed(r, tenancy.RefreshCookie)
	}
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", &Problem{Code: BadRequest, Detail: "The request carries more than one refresh cookie."}
}

func cookiesNamed(r *http.Request, name string) []string {
	var values []string
	for _, cookie := range r.CookiesNamed(name) {
		values = append(values, cookie.Value)
	}
	return values
}

// sessionNamed returns the session that the session cookie speaks of, or zero. It
// verifies nothing, for the token may have expired: over TLS no one but us can
// have set that cookie, and whose refresh cookie a sibling domain has planted
// beside it is what it is asked for.
func sessionNamed(r *http.Request) tenancy.SessionID {
	values := cookiesNamed(r, tenancy.SecureSessionCookie)
	if len(values) == 0 {
		values = cookiesNamed(r, tenancy.SessionCookie)
	}
	if len(values) != 1 {
		return tenancy.SessionID{}
	}
	parts := strings.Split(values[0], ".")
	if len(parts) != 3 {
		return tenancy.SessionID{}
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var named struct {
		Session tenancy.SessionID `json:"sid"`
	}
	if json.Unmarshal(claims, &named) != nil {
		return tenancy.SessionID{}
	}
	return named.Session
}
