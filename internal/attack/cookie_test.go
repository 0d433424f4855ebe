package attack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

const cookieSource = "RFC 6265, sections 5.4 and 8.6; RFC 2965, section 3.3.4"

// cookies are lines of a Cookie header with the session or the refresh token in
// some spelling, and what is left of them: others' lines, byte by byte.
var cookies = []struct{ name, sent, left string }{
	{"session", "tenantgate_session={bob-token}", ""},
	{"session over TLS", "__Host-tenantgate_session={bob-token}", ""},
	{"refresh", "tenantgate_refresh=evil", ""},
	{"refresh over TLS", "__Secure-tenantgate_refresh=evil", ""},
	{"all four", "__Host-tenantgate_session={bob-token}; __Secure-tenantgate_refresh=evil; tenantgate_session={bob-token}; tenantgate_refresh=evil", ""},
	{"among others", "a=b; tenantgate_refresh=evil; c=d;e", "a=b; c=d;e"},
	{"first", "__Secure-tenantgate_refresh=evil; a=b", "a=b"},
	{"twice", "tenantgate_refresh=evil; a=b; tenantgate_refresh=evil2", "a=b"},
	{"in several lines", "a=b|tenantgate_refresh=evil|c=d; __Secure-tenantgate_refresh=evil|tenantgate_session={bob-token}", "a=b|c=d"},
	{"blanks around", "a=b;\ttenantgate_refresh\t = evil;c=d", "a=b;c=d"},
	{"no blank", "a=b;tenantgate_refresh=evil;tenantgate_session={bob-token}", "a=b"},
	{"no value", "tenantgate_refresh; a=b", "a=b"},
	{"a value of pairs", "tenantgate_refresh=evil=evil==; a=b", "a=b"},
	{"empty pairs", ";; tenantgate_refresh=evil ;;a=b", ";;;a=b"},
	{"quoted value", `tenantgate_refresh="evil"; a=b`, "a=b"},
	{"quoted name", `"tenantgate_refresh"=evil; a=b`, "a=b"},
	{"within quotes", `a="; tenantgate_refresh=evil; b="`, `a="; b="`},
	{"version of RFC 2965", `$Version=1; tenantgate_refresh=evil; $Path=/`, `$Version=1; $Path=/`},
	{"in capitals", "TENANTGATE_REFRESH=evil; __SECURE-Tenantgate_Refresh=evil; a=b", "a=b"},
	{"session in other case", "Tenantgate_Session={bob-token}; __host-tenantgate_session={bob-token}; a=b", "a=b"},
	{"as PHP folds it", "tenantgate.refresh=evil; tenantgate refresh=evil; tenantgate[refresh=evil; a=b", "a=b"},
	{"session as PHP folds it", "tenantgate.session={bob-token}; __Host-tenantgate-session={bob-token}; a=b", "a=b"},
	{"percent-encoded", "tenantgate%5Frefresh=evil; %74enantgate_refresh=evil; tenantgate%5fsession={bob-token}; a=b", "a=b"},
	{"behind a comma", "a=b, tenantgate_refresh=evil; c=d", "c=d"},
	{"session behind a comma", "a=b,tenantgate_session={bob-token}; c=d", "c=d"},
	{"behind a blank", "a=b tenantgate_refresh=evil; c=d", "c=d"},
	{"bytes around", "\xa0tenantgate_refresh\xa0=evil; a=b", "a=b"},
	{"look-alikes that are others'", "my_tenantgate_session=1; tenantgate_refresh2=2; x=tenantgate_refresh", "my_tenantgate_session=1; tenantgate_refresh2=2; x=tenantgate_refresh"},
}

// The session cookie and the refresh cookie are for the gateway alone, whoever
// sends them, on routes that need a token and on those that need none.
func TestCookiesStay(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, c := range cookies {
		fields := "Cookie: " + strings.ReplaceAll(c.sent, "|", "\r\nCookie: ")
		for path, who := range map[string]string{"/api/v1/calls": "{bob}", "/assets/app.js": ""} {
			attacks = append(attacks, attack{
				class: "cookies", name: c.name + " to " + path, source: cookieSource, status: http.StatusOK,
				bytes:   "GET " + path + " HTTP/1.1\r\nHost: gateway.test\r\n" + who + lines(fields),
				arrives: once(as(who), noEvil, noToken, header("Cookie", c.left)),
			})
		}
	}
	play(t, startStages(t), attacks)
}

// HTTP/2 and HTTP/3 cut cookies into crumbs, which become one line again.
func TestFramedCookiesStay(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	for _, c := range cookies {
		for path, who := range map[string]string{"/api/v1/calls": "{bob}", "/assets/app.js": ""} {
			attacks = append(attacks, framedAttack{
				class: "cookies (frames)", name: c.name + " to " + path, source: cookieSource + "; RFC 9113, section 8.2.3", status: http.StatusOK,
				message: func(s *stage) message {
					m := ask("GET", path)
					if who != "" {
						m = m.as(s, who)
					}
					for crumb := range strings.SplitSeq(s.fill(c.sent), "|") {
						m = m.with("cookie", crumb)
					}
					return m
				},
				arrives: once(as(who), noEvil, noToken, header("Cookie", strings.ReplaceAll(c.left, "|", "; "))),
			})
		}
	}
	playFramed(t, foldingUpstream, attacks)
}

// The refresh token stays where the upstream is allowed to act as its caller too.
func TestRefreshStaysWithForwardedTokens(t *testing.T) {
	t.Parallel()
	caddyfile := replaceOnce(t, string(gatewaytest.Shipped(t)), "forward_token off", "forward_token on")
	var attacks []attack
	for _, c := range cookies {
		if !strings.Contains(strings.ToLower(c.sent), "refresh") || strings.Contains(c.sent, "session") {
			continue
		}
		attacks = append(attacks, attack{
			class: "cookies, forwarded tokens", name: c.name, source: cookieSource, status: http.StatusOK,
			bytes:   "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}" + lines("Cookie: "+strings.ReplaceAll(c.sent, "|", "\r\nCookie: ")),
			arrives: once(fromBob, noEvil, header("Cookie", c.left)),
		})
	}
	play(t, stagesOf(t, gatewaytest.Options{Caddyfile: caddyfile}), attacks)
}

// as says whose request arrives: bob's or nobody's.
func as(who string) condition {
	if who == "" {
		return anonymous
	}
	return fromBob
}

// noToken says that no token of the client's arrives in any field.
func noToken(_ testing.TB, a arrival) string {
	for _, f := range a.fields {
		if !strings.EqualFold(f.name, "X-Tenantgate-Assertion") && strings.Contains(f.value, "eyJ") {
			return "a token arrived in " + f.name
		}
	}
	return ""
}
