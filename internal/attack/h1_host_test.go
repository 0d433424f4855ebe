package attack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

const (
	hostSource   = "CVE-2022-23635, CVE-2024-24791 and their kin; RFC 9110, section 7.2; RFC 9112, section 3.2"
	acmeDomain   = "acme.example.com"
	globexDomain = "globex.example.com"
)

// Alice is a member of both tenants: whichever one a host means, she would be
// let in, so a host that is read in two ways shows.
const aliceLine = "Authorization: Bearer {alice-token}\r\n"

// A host is one name, and means one tenant, however it is spelled.
func TestHost(t *testing.T) {
	t.Parallel()
	stages := startStages(t)
	setDomains(t, stages[0].database)
	var attacks []attack
	add := func(name, request string, status int, arrives func(testing.TB, []arrival) string) {
		attacks = append(attacks, attack{
			class: "host", name: name, source: hostSource, bytes: request + aliceLine + "\r\n", status: status, arrives: arrives,
		})
	}
	acme, globex := from(alice, "acme", 3), from(alice, "globex", 1)
	get := "GET /api/v1/calls HTTP/1.1\r\n"
	for _, host := range []string{
		"acme.example.com", "ACME.example.COM", "acme.example.com.", "acme.example.com:80", "acme.example.com:8080", "Acme.Example.Com.:443", "acme.example.com:0",
	} {
		_, port, _ := strings.Cut(host, ":")
		want := acmeDomain
		if port != "" {
			want += ":" + port
		}
		add("one tenant "+host, get+"Host: "+host+"\r\n", http.StatusOK, once(acme, header("Host", want)))
		add("conflict "+host, get+"Host: "+host+"\r\nX-Tenant: globex\r\n", http.StatusBadRequest, nil)
		add("agreement "+host, get+"Host: "+host+"\r\nX-Tenant: acme\r\n", http.StatusOK, once(acme))
	}
	add("the other tenant", get+"Host: GLOBEX.example.com\r\n", http.StatusOK, once(globex))
	for _, host := range badHosts {
		add("bad "+host, get+"Host: "+host+"\r\nX-Tenant: globex\r\n", http.StatusBadRequest, nil)
	}
	add("none", get, http.StatusBadRequest, nil)
	add("two lines", get+"Host: acme.example.com\r\nHost: globex.example.com\r\n", http.StatusBadRequest, nil)
	add("two equal lines", get+"Host: acme.example.com\r\nhost: acme.example.com\r\n", http.StatusBadRequest, nil)
	add("space before the colon", get+"Host: acme.example.com\r\nHost : globex.example.com\r\n", http.StatusBadRequest, nil)
	add("folded line", get+"Host: acme.example.com\r\n globex.example.com\r\n", http.StatusBadRequest, nil)
	add("folded line before", get+" Host: globex.example.com\r\nHost: acme.example.com\r\n", http.StatusBadRequest, nil)
	add("look-alike", get+"Host: acme.example.com\r\nHost_: globex.example.com\r\nHOST.: globex.example.com\r\n", http.StatusOK, once(acme, header("Host", acmeDomain)))
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Host", "X-HTTP-Host-Override", "Forwarded", "X-Forwarded-Server"} {
		add(name, get+"Host: acme.example.com\r\n"+name+": globex.example.com evil\r\n", http.StatusOK,
			once(acme, header("Host", acmeDomain), header("X-Forwarded-Host", acmeDomain)))
	}
	addAbsolute(add)
	play(t, stages, attacks)
}

// addAbsolute adds targets in absolute form (RFC 9112, section 3.2.2): the host
// in the target is the one, to the tenant look-up and to the upstream alike.
func addAbsolute(add func(name, request string, status int, arrives func(testing.TB, []arrival) string)) {
	acme := from(alice, "acme", 3)
	absolute := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: globex.example.com\r\n" }
	for _, authority := range []string{"acme.example.com", "ACME.example.com", "acme.example.com.", "acme.example.com:80"} {
		want := strings.ToLower(strings.Replace(authority, ".com.", ".com", 1))
		add("absolute "+authority, absolute("http://"+authority+"/api/v1/calls"), http.StatusOK,
			once(acme, header("Host", want), header("X-Forwarded-Host", want), target("/api/v1/calls")))
	}
	add("absolute, conflict with X-Tenant", absolute("http://acme.example.com/api/v1/calls")+"X-Tenant: globex\r\n", http.StatusBadRequest, nil)
	for _, target := range []string{
		"http://globex.example.com@acme.example.com/api/v1/calls", "http://evil:evil@acme.example.com/api/v1/calls", "http://@acme.example.com/api/v1/calls",
		"http://acme.example.com,globex.example.com/api/v1/calls", "http://acme.example.com%2fx/api/v1/calls", "http:///api/v1/calls",
		"http://acme.example.com:80:80/api/v1/calls", "http://[acme.example.com]/api/v1/calls", "ftp://acme.example.com/api/v1/calls",
		"ws://acme.example.com/api/v1/calls", "http:acme.example.com/api/v1/calls", `http:\\acme.example.com/api/v1/calls`, "http://acme.example.com\\@x/api/v1/calls",
		"http://acme.example.com#@x/api/v1/calls", "http://acme.example.com/../api/v1/calls", "http://acme.example.com;/api/v1/calls", "http://acmé.example.com/api/v1/calls",
	} {
		add("absolute "+target, absolute(target), http.StatusBadRequest, nil)
	}
}

// badHosts are no names, or names that somebody reads in another way.
var badHosts = []string{
	"", ".", "..", "acme.example.com..", ".acme.example.com", "acme..example.com", "acme.example.com,globex.example.com",
	"acme.example.com, globex.example.com", "acme.example.com;globex.example.com", "acme.example.com;", "acme.example.com/", "acme.example.com/x",
	`acme.example.com\x`, "acme.example.com?x", "acme.example.com#x", "user@acme.example.com", "user:password@acme.example.com", "acme.example.com@globex.example.com",
	"acme.example.com:80:80", "acme.example.com:", "acme.example.com:x", "acme.example.com:80x", "acme.example.com:-1", "acme.example.com:65536", "acme.example.com: 80",
	":80", "[::1", "::1", "[::1]x", "[acme.example.com]", "[::1%25eth0]", "[fe80::1%eth0]", "acmé.example.com", "ａcme.example.com", "acme\u3002example\u3002com",
	"acme.example.com\u200b", "acme .example.com", "acme.example.com x", "acme.example.com\x00", "acme\texample.com", "acme%2eexample.com", "acme.example.com%00",
	"*.example.com", "acme*", "-acme.example.com", "acme-.example.com", "127.1", "0x7f000001", "0x7f.0.0.1", "017700000001", "127.0.0.1.1", "127.0.0.256", "2130706433",
	"{env.JWT_SECRET}", "{http.request.header.X-Tenant}", "<acme>", `"acme"`, "acme'", "acme|x", "acme^x", "acme`x`", "acme~x", "acme!", "acme$", "acme&", "acme(x)", "acme+x", "acme=x",
	strings.Repeat("a", 64) + ".example.com", strings.Repeat("a.", 127) + "example.com",
}

func setDomains(t testing.TB, database string) {
	t.Helper()
	for slug, domain := range map[string]string{"acme": acmeDomain, "globex": globexDomain} {
		tenancytest.Exec(t, database, "UPDATE tenants SET domain = $1 WHERE slug = $2", domain, slug)
	}
}

// Caddy's own host matcher changes its method above a hundred names, and was
// case-sensitive there.
func TestManyDomains(t *testing.T) {
	t.Parallel()
	stages := startStages(t)
	const domains = 150
	tenancytest.Exec(t, stages[0].database, `
		WITH made AS (
			INSERT INTO tenants (id, name, slug, domain, max_users)
			SELECT gen_random_uuid(), 'Tenant ' || n, 'tenant-' || n, 'tenant-' || n || '.example.com', 5 FROM generate_series(1, $2::int) n
			RETURNING id
		)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), id, $1, 'admin' FROM made`,
		gatewaytest.Person(t, alice).String(), domains)
	var attacks []attack
	for n := range domains {
		slug := fmt.Sprintf("tenant-%d", n+1)
		for _, host := range []string{slug + ".example.com", strings.ToUpper(slug) + ".Example.com.:8080"} {
			attacks = append(attacks,
				attack{
					class: "host, many domains", name: host, source: "CVE-2026-27588; RFC 9110, section 7.2", status: http.StatusOK,
					bytes:   "GET /api/v1/calls HTTP/1.1\r\nHost: " + host + "\r\n" + aliceLine + "\r\n",
					arrives: once(header("X-Tenant-Slug", slug), header("X-User-Email", alice)),
				},
				attack{
					class: "host, many domains", name: host + ", conflict", source: "CVE-2026-27588; RFC 9110, section 7.2", status: http.StatusBadRequest,
					bytes: "GET /api/v1/calls HTTP/1.1\r\nHost: " + host + "\r\nX-Tenant: globex\r\n" + aliceLine + "\r\n",
				},
				attack{
					class: "host, many domains", name: host + ", a stranger", source: "CVE-2026-27588; RFC 9110, section 7.2", status: http.StatusForbidden,
					bytes: "GET /api/v1/calls HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer {bob-token}\r\n\r\n",
				})
		}
	}
	play(t, stages, attacks)
}
