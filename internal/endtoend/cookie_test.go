package endtoend_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// browser signs in with cookies, from a page of the gateway's own.
func browser(t *testing.T, gateway *gatewaytest.Gateway, email, password string) (session, refresh *http.Cookie) {
	t.Helper()
	a := login(email, password)
	a.body = strings.TrimSuffix(a.body, "}") + `,"cookie":true}`
	a.header = ownPage(gateway)
	answer := send(t, gateway, a)
	answer.want(t, 200, "")
	if strings.Contains(answer.body, "token") {
		t.Errorf("tokens in the body, where scripts read them: %s", answer.body)
	}
	return cookies(t, answer)
}

func cookies(t *testing.T, answer told) (session, refresh *http.Cookie) {
	t.Helper()
	for _, cookie := range (&http.Response{Header: answer.header}).Cookies() {
		switch cookie.Name {
		case "tenantgate_session", "__Host-tenantgate_session":
			session = cookie
		case "tenantgate_refresh", "__Secure-tenantgate_refresh":
			refresh = cookie
		}
	}
	if session == nil || refresh == nil {
		t.Fatalf("want both cookies, got %v", answer.header.Values("Set-Cookie"))
	}
	return session, refresh
}

func ownPage(gateway *gatewaytest.Gateway) http.Header {
	return http.Header{"Origin": {gateway.URL}, "Sec-Fetch-Site": {"same-origin"}}
}

// bring adds cookies to headers.
func bring(header http.Header, cookies ...*http.Cookie) http.Header {
	var pairs []string
	for _, cookie := range cookies {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	header = header.Clone()
	header.Set("Cookie", strings.Join(pairs, "; "))
	return header
}

func TestBrowserSession(t *testing.T) {
	t.Parallel()
	gateway, upstream, _ := startWithMail(t)
	session, refresh := browser(t, gateway, "alice@acme.test", "demo-password")
	if !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" {
		t.Errorf("session cookie %+v", session)
	}
	if !refresh.HttpOnly || refresh.SameSite != http.SameSiteStrictMode || refresh.Path != "/api/v1/auth" || refresh.Domain != "" {
		t.Errorf("refresh cookie %+v", refresh)
	}
	// Whatever a client sends, the upstream sees neither.
	send(t, gateway, ask{path: "/api/v1/calls", header: bring(http.Header{}, session, refresh, &http.Cookie{Name: "theme", Value: "dark"})}).want(t, 200, "")
	received := upstream.Take()
	if got := strings.Join(received[len(received)-1].Values("Cookie"), "|"); got != "theme=dark" {
		t.Errorf("the upstream got the cookies %q, want theme=dark", got)
	}
	renewed := send(t, gateway, ask{method: "POST", path: "/api/v1/auth/refresh", header: bring(ownPage(gateway), session, refresh)})
	renewed.want(t, 200, "")
	if strings.Contains(renewed.body, "token") {
		t.Errorf("tokens in the body: %s", renewed.body)
	}
	session, next := cookies(t, renewed)
	if next.Value == refresh.Value {
		t.Error("the refresh token stays the same")
	}
	left := send(t, gateway, ask{method: "POST", path: "/api/v1/auth/logout", header: bring(ownPage(gateway), session, next)})
	left.want(t, 204, "")
	for _, cookie := range (&http.Response{Header: left.header}).Cookies() {
		if cookie.Value != "" || cookie.MaxAge >= 0 {
			t.Errorf("signing out leaves %+v", cookie)
		}
	}
	send(t, gateway, ask{method: "POST", path: "/api/v1/auth/refresh", header: bring(ownPage(gateway), session, next)}).want(t, 401, "token_invalid")
}

// What pages of other sites, and of sibling domains, can make a browser send.
func TestCookiesAreNoAuthorityForOthersPages(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	session, refresh := browser(t, gateway, "alice@acme.test", "demo-password")
	for name, header := range map[string]http.Header{
		"another site":            {"Origin": {"https://evil.test"}, "Sec-Fetch-Site": {"cross-site"}},
		"another site, no fetch":  {"Origin": {"https://evil.test"}},
		"a sibling domain":        {"Origin": {"http://evil.127.0.0.1"}, "Sec-Fetch-Site": {"same-site"}},
		"another port":            {"Origin": {"http://127.0.0.1:1"}, "Sec-Fetch-Site": {"same-site"}},
		"an opaque origin":        {"Origin": {"null"}},
		"nothing of where from":   {},
		"an empty Sec-Fetch-Site": {"Sec-Fetch-Site": {""}},
	} {
		for path, body := range map[string]string{
			"/auth/refresh": "", "/auth/logout": "", "/me/password": `{"current_password":"demo-password","new_password":"an evil password"}`,
		} {
			a := post(path, body)
			a.header = bring(header, session, refresh)
			if answer := send(t, gateway, a); answer.status != 403 || answer.code() != "origin_refused" {
				t.Errorf("%s, %s: %d %s", name, path, answer.status, answer.body)
			}
		}
		if header.Get("Origin") == "" {
			continue // no browser; it could have signed in by itself
		}
		a := login("bob@acme.test", "demo-password") // signing a victim in as somebody else
		a.body = strings.TrimSuffix(a.body, "}") + `,"cookie":true}`
		a.header = header
		if answer := send(t, gateway, a); answer.status != 403 || len(answer.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s, signing in: %d with cookies %v", name, answer.status, answer.header.Values("Set-Cookie"))
		}
	}
	send(t, gateway, ask{method: "POST", path: "/api/v1/auth/refresh", header: bring(ownPage(gateway), session, refresh)}).want(t, 200, "")
}

// A sibling domain can plant a cookie of any name but those with __Host-.
func TestPlantedRefreshCookieSignsNobodyIn(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	session, refresh := browser(t, gateway, "alice@acme.test", "demo-password")
	_, attackers := browser(t, gateway, "bob@acme.test", "demo-password")
	refreshing := func(cookies ...*http.Cookie) told {
		return send(t, gateway, ask{method: "POST", path: "/api/v1/auth/refresh", header: bring(ownPage(gateway), cookies...)})
	}
	refreshing(session, attackers).want(t, 401, "token_invalid")
	refreshing(session, refresh, attackers).want(t, 400, "bad_request")
	refreshing(session, refresh).want(t, 200, "")
	body := post("/auth/refresh", `{"refresh_token":"`+attackers.Value+`"}`)
	body.header = bring(ownPage(gateway), session, refresh)
	send(t, gateway, body).want(t, 400, "bad_request")
}

// Behind a proxy that ends TLS, and by an https public_url, cookies have the
// prefixes that keep others from setting them.
func TestSecureCookies(t *testing.T) {
	t.Parallel()
	gateway, _, _ := startWithMail(t)
	raw := gateway.Raw(t, "POST /api/v1/auth/login HTTP/1.1\r\nHost: app.example.com\r\nOrigin: https://app.example.com\r\nSec-Fetch-Site: same-origin\r\n"+
		"Content-Type: application/json\r\nContent-Length: 72\r\nConnection: close\r\n\r\n"+`{"email":"alice@acme.test","password":"demo-password","cookie":true}    `, 5e9)
	for _, want := range []string{"Set-Cookie: __Host-tenantgate_session=", "Set-Cookie: __Secure-tenantgate_refresh=", "; Secure"} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
	if strings.Contains(raw, "Set-Cookie: tenantgate_") || strings.Contains(strings.ToLower(raw), "domain=") {
		t.Errorf("a cookie without its prefix, or with a domain, in\n%s", raw)
	}
}
