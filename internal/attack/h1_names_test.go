package attack_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

const foldingSource = "CVE-2015-0219, CVE-2023-24038 and their kin; RFC 3875, section 4.1.18"

// separators are the bytes of a token (RFC 9110, section 5.6.2) that CGI, WSGI
// and PHP do not tell from a hyphen.
const separators = "!#$%&'*+.^_`|~"

// forgeable are names that an upstream believes.
var forgeable = []string{
	"X-Tenant-ID", "X-Tenant-Slug", "X-Tenant-Role", "X-User-ID", "X-User-Email", "X-Tenantgate-Assertion", "X-Request-ID",
	"X-Tenant", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Prefix", "X-Forwarded-For", "X-Forwarded-Host",
	"X-Forwarded-Proto", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Auth-Request-Email",
	"X-Remote-User", "Remote-User", "X-Scope-OrgID", "X-Original-Host", "True-Client-IP",
}

// spellings returns names that fold to the same one, by what they differ in.
func spellings(name string) map[string]string {
	all := map[string]string{
		"lower case": strings.ToLower(name), "upper case": strings.ToUpper(name),
		"alternating case": alternate(name), "trailing separator": name + "_", "leading separator": "_" + name,
	}
	for _, separator := range separators {
		all[string(separator)] = strings.ReplaceAll(name, "-", string(separator))
		all["first "+string(separator)] = strings.Replace(name, "-", string(separator), 1)
	}
	if name != "X-Tenant" { // which a client may send, and which chooses the tenant
		all["as it is"] = name
		return all
	}
	delete(all, "lower case")
	delete(all, "upper case")
	delete(all, "alternating case")
	return all
}

func alternate(name string) string {
	letters := []byte(strings.ToLower(name))
	for i := 0; i < len(letters); i += 2 {
		letters[i] = strings.ToUpper(string(letters[i]))[0]
	}
	return string(letters)
}

// Every spelling of every name, as a header and as a trailer.
func TestNames(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, name := range forgeable {
		for difference, spelled := range spellings(name) {
			for place, request := range places(spelled) {
				attacks = append(attacks, attack{
					class: "names in a " + place, name: name + " " + difference, source: foldingSource, bytes: request,
					status: http.StatusOK, arrives: once(fromBob, header("Trailer", "")),
				})
			}
		}
	}
	play(t, startStages(t), attacks)
}

// Every name that the gateway protects, with every separator; before an upstream
// that folds them.
func TestProtectedNames(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, pattern := range sanitize.ProtectedNames() {
		name := strings.ReplaceAll(pattern, "*", "-more")
		for _, separator := range separators {
			// A name without a hyphen has the separator at its end.
			spelled := strings.ReplaceAll(name, "-", string(separator))
			if spelled == name {
				spelled += string(separator)
			}
			for place, request := range places(spelled) {
				attacks = append(attacks, attack{
					class: "names in a " + place, name: "protected " + spelled, source: foldingSource, bytes: request,
					status: http.StatusOK, arrives: once(fromBob, noEvil, header("Trailer", "")),
				})
			}
		}
	}
	play(t, startStages(t)[2:], attacks)
}

// places returns requests of bob's that say a name, by where they say it.
func places(name string) map[string]string {
	line := name + ": evil"
	get := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	post := "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Transfer-Encoding: chunked\r\n"
	body := "5\r\nhello\r\n0\r\n" + line + "\r\n\r\n"
	return map[string]string{
		"header":              get + lines(line),
		"trailer":             post + "Trailer: " + name + "\r\n\r\n" + body,
		"trailer unannounced": post + "\r\n" + body,
	}
}

// What the gateway writes on no route, it takes off on every route.
func TestNamesOnOtherRoutes(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, name := range forgeable {
		for _, separator := range []string{"-", "_", ".", "~"} {
			if name == "X-Tenant" && separator == "-" {
				continue
			}
			line := strings.ReplaceAll(name, "-", separator) + ": evil\r\n"
			add := func(route, request string, status int, arrives func(testing.TB, []arrival) string) {
				attacks = append(attacks, attack{
					class: "names on other routes", name: route + " " + strings.TrimSpace(line), source: foldingSource,
					bytes:  strings.Replace(request, "\r\n", "\r\nHost: gateway.test\r\n"+line, 1),
					status: status, arrives: arrives,
				})
			}
			add("public", "GET /assets/app.js HTTP/1.1\r\n\r\n", http.StatusOK, once(anonymous))
			add("public, with a token", "GET /assets/app.js HTTP/1.1\r\n{bob}\r\n", http.StatusOK, once(anonymous, header("Authorization", "")))
			add("public, trailer", "POST /assets/app.js HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"+line+"\r\n", http.StatusOK, once(anonymous))
			add("preflight", "OPTIONS /api/v1/calls HTTP/1.1\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\r\n",
				http.StatusUnauthorized, nil)
			add("API", "GET /api/v1/tenant HTTP/1.1\r\n{bob}\r\n", http.StatusOK, nil)
			add("no rule", "GET /elsewhere HTTP/1.1\r\n{bob}\r\n", http.StatusForbidden, nil)
			add("no token", "GET /api/v1/calls HTTP/1.1\r\n\r\n", http.StatusUnauthorized, nil)
			add("HTTP/1.0", "GET /assets/app.js HTTP/1.0\r\n\r\n", http.StatusOK, once(anonymous))
		}
	}
	play(t, startStages(t), attacks)
}

// Names that are there several times, or around our own.
func TestNamesTogether(t *testing.T) {
	t.Parallel()
	get := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n"
	var attacks []attack
	add := func(name, request string) {
		attacks = append(attacks, attack{
			class: "names together", name: name, source: foldingSource, bytes: request,
			status: http.StatusOK, arrives: once(fromBob, header("Trailer", "")),
		})
	}
	add("before and after the token", get+"X-User-ID: evil\r\n{bob}"+lines("X-User-ID: evil"))
	add("twice", get+"{bob}"+lines("X-Tenant-ID: evil", "X-Tenant-ID: evil"))
	add("empty", get+"{bob}"+lines("X-Tenant-ID:", "X_Tenant_ID:", "X-User-ID: "))
	add("as a list", get+"{bob}"+lines("X-Tenant-Role: evil, admin", "X-Tenant_Role: admin, evil"))
	var all []string
	for _, separator := range separators {
		all = append(all, strings.ReplaceAll("X-Tenant-ID", "-", string(separator))+": evil")
	}
	add("every separator at once", get+"{bob}"+lines(all...))
	add("every separator at once, in the trailer", strings.Replace(get, "GET", "POST", 1)+"{bob}"+
		lines("Transfer-Encoding: chunked", "Trailer: X-Tenant-ID, X_Tenant_ID", "trailer: X-User-ID")+"0\r\n"+lines(all...))
	var many []string
	for i := range 500 {
		many = append(many, "X-Tenant-"+strconv.Itoa(i)+": evil")
	}
	add("five hundred", get+"{bob}"+lines(many...))
	add("value that holds a line", get+"{bob}"+lines("X-Note: a\tX-Tenant-ID: b"))
	play(t, startStages(t), attacks)
}
