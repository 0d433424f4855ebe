package attack_test

import (
	"net/http"
	"strings"
	"testing"
)

// Credentials are one, of one person, and stay at the edge.
func TestCredentials(t *testing.T) {
	t.Parallel()
	get := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: acme\r\n"
	bob, alice, peggy := "Authorization: Bearer {bob-token}\r\n", "Authorization: Bearer {alice-token}\r\n", "Authorization: Bearer {peggy-token}\r\n"
	var attacks []attack
	add := func(name, request string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{
			class: "credentials", name: name, source: "RFC 6750, section 2; RFC 6265, section 8.6; RFC 9110, section 5.3",
			bytes: request + "\r\n", status: status, arrives: arrives,
		})
	}
	const refused = http.StatusBadRequest
	add("two tokens", get+bob+alice, refused, nil)
	add("the same twice", get+bob+bob, refused, nil)
	add("two tokens in one line", get+"Authorization: Bearer {bob-token}, Bearer {alice-token}\r\n", refused, nil)
	add("a token and Basic", get+bob+"Authorization: Basic ZXZpbDpldmls\r\n", refused, nil)
	add("Basic and a token", get+"Authorization: Basic ZXZpbDpldmls\r\n"+bob, refused, nil)
	add("another's cookie", get+bob+"Cookie: tenantgate_session={alice-token}\r\n", refused, nil)
	add("another's cookie on a public path", strings.Replace(get, "/api/v1/calls", "/assets/app.js", 1)+bob+"Cookie: tenantgate_session={alice-token}\r\n",
		http.StatusOK, once(anonymous, withoutCredentials))
	add("two cookies", get+"Cookie: tenantgate_session={bob-token}; tenantgate_session={alice-token}\r\n", refused, nil)
	add("two cookie lines", get+"Cookie: tenantgate_session={bob-token}\r\nCookie: tenantgate_session={alice-token}\r\n", refused, nil)
	add("two secure cookies", get+"Cookie: __Host-tenantgate_session={bob-token}; __Host-tenantgate_session={alice-token}\r\n", refused, nil)
	add("a planted cookie beside the secure one", get+"Cookie: tenantgate_session={peggy-token}; __Host-tenantgate_session={bob-token}\r\n", http.StatusOK, once(fromBob, withoutCredentials))
	add("a stale cookie beside a token", get+bob+"Cookie: a=b; tenantgate_session=evil; c=d\r\n", http.StatusOK, once(fromBob, withoutCredentials, header("Cookie", "a=b; c=d")))
	add("own cookie beside a token", get+bob+"Cookie: tenantgate_session={bob-token}\r\n", http.StatusOK, once(fromBob, withoutCredentials))
	add("a look-alike of Authorization", get+peggy+"Authorization_: Bearer {bob-token}\r\n", http.StatusForbidden, nil)
	for _, query := range []string{"access_token", "token", "jwt", "authorization", "tenantgate_session"} {
		add("in the query "+query, strings.Replace(get, "calls", "calls?"+query+"={bob-token}", 1), http.StatusUnauthorized, nil)
	}
	add("in a header of another name", get+"X-Access-Token: {bob-token}\r\nX-Authorization: Bearer {bob-token}\r\nX-Api-Key: {bob-token}\r\n", http.StatusUnauthorized, nil)
	for _, value := range []string{"{bob-token}", "bearer", "Bearer", "Bearer ", "Token {bob-token}", "Bearer\t{bob-token}", "Bearer:{bob-token}", "JWT {bob-token}", "Basic {bob-token}", "DPoP {bob-token}", "Bearer {bob-token} x", "Bearer x {bob-token}", `Bearer "{bob-token}"`, "Bearer {bob-token}=", "Bearer {bob-token}."} {
		add("value "+value, get+"Authorization: "+value+"\r\n", http.StatusUnauthorized, nil)
	}
	add("scheme in capitals", get+"Authorization: BEARER {bob-token}\r\n", http.StatusOK, once(fromBob, withoutCredentials))
	add("two tenants", get+"X-Tenant: globex\r\n"+alice, refused, nil)
	add("two tenants in one line", strings.Replace(get, "acme", "acme, globex", 1)+alice, refused, nil)
	add("a tenant that is none", strings.Replace(get, "acme", "acme/../globex", 1)+alice, refused, nil)
	add("a tenant of others", strings.Replace(get, "acme", "globex", 1)+bob, http.StatusForbidden, nil)
	add("a tenant that does not exist", strings.Replace(get, "acme", "nowhere", 1)+bob, http.StatusForbidden, nil)
	add("a suspended tenant", strings.Replace(get, "acme", "initech", 1)+bob, http.StatusForbidden, nil)
	play(t, startStages(t), attacks)
}

// withoutCredentials says that no token arrives, wherever it might stand. The
// assertion is one of ours.
func withoutCredentials(_ testing.TB, a arrival) string {
	for _, f := range a.fields {
		if !strings.EqualFold(f.name, "X-Tenantgate-Assertion") && (strings.Contains(f.value, "eyJ") || strings.Contains(f.value, "tenantgate_session")) {
			return "a credential arrived in " + f.name
		}
	}
	return ""
}
