package attack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// A host is one name, wherever it is said.
func TestFramedHosts(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, send func(s *stage) message) {
		attacks = append(attacks, framedAttack{
			class: class + " (frames)", name: name, source: source, status: status, arrives: arrives, message: send,
		})
	}
	get := ask("GET", "/api/v1/calls")
	const host = "RFC 9113, section 8.3.1; RFC 3986, section 3.2.2"
	for _, wrong := range []string{
		"gateway.test,evil.example", "gateway.test;evil", "gateway.test/evil", "evil@gateway.test", "gateway.test:", "gateway.test:80:80",
		"gateway.test:x", "gateway..test", ".gateway.test", "gateway.test..", "gateway test", "[::1", "[::1%25eth0]", "g\xc3\xa4teway.test",
		"gateway.test?evil", "gateway.test#evil", "*", "0x7f000001", "127.1", "gateway.test:65536", "..", strings.Repeat("a.", 127) + "ab",
	} {
		add("host", ":authority "+wrong, host, 0, nil, func(s *stage) message { return get.replace(":authority", wrong).as(s, "{bob}") })
		add("host", "host "+wrong, host, 0, nil, func(s *stage) message {
			return get.replace(":authority", "").with("host", wrong).as(s, "{bob}")
		})
	}
	for _, right := range []string{"gateway.test", "GATEWAY.test", "gateway.test.", "Gateway.Test.:443", "127.0.0.1", "[::1]:443"} {
		add("host", "honest "+right, host, http.StatusOK, once(fromBob, header("X-Forwarded-Host", canonical(right))),
			func(s *stage) message { return get.replace(":authority", right).as(s, "{bob}") })
	}
	for _, other := range []string{"evil.example", "gateway.test:80", "gateway.test,evil.example"} {
		add("host", "host beside :authority "+other, host, 0, nil, func(s *stage) message { return get.with("host", other).as(s, "{bob}") })
	}
	add("host", "two host fields", host, 0, nil, func(s *stage) message {
		return get.replace(":authority", "").with("host", authority, "host", "evil.example").as(s, "{bob}")
	})
	add("host", "none", host, 0, nil, func(s *stage) message { return get.replace(":authority", "").as(s, "{bob}") })
	playFramed(t, foldingUpstream, attacks)
}

// canonical is what an upstream sees of a host, port and all.
func canonical(host string) string {
	name, port, hasPort := strings.Cut(strings.ToLower(host), ":4")
	name = strings.TrimSuffix(name, ".")
	if hasPort {
		return name + ":4" + port
	}
	return name
}

// Alice is a member of both tenants, so one that was chosen by the wrong host
// shows.
func TestFramedDomains(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	add := func(name string, status int, arrives func(testing.TB, []arrival) string, fields ...string) {
		attacks = append(attacks, framedAttack{
			class: "host (frames)", name: name, source: "RFC 9113, section 8.3.1; CVE-2026-27588", status: status, arrives: arrives,
			message: func(s *stage) message {
				m := ask("GET", "/api/v1/calls").replace(":authority", "").as(s, strings.TrimSpace(aliceLine))
				if fields[0] == ":authority" {
					return m.withFirst(fields[0], fields[1]).with(fields[2:]...)
				}
				return m.with(fields...)
			},
		})
	}
	acme, globex := from(alice, "acme", tenancy.RoleAdmin), from(alice, "globex", tenancy.RoleViewer)
	for _, spelled := range []string{acmeDomain, "ACME.Example.com", acmeDomain + ".", acmeDomain + ":443"} {
		add("authority "+spelled, http.StatusOK, once(acme), ":authority", spelled)
		add("host "+spelled, http.StatusOK, once(acme), "host", spelled)
		add("authority and the same host "+spelled, http.StatusOK, once(acme), ":authority", spelled, "host", spelled)
		add("authority and X-Tenant that agree "+spelled, http.StatusOK, once(acme), ":authority", spelled, "x-tenant", "acme")
		add("authority and X-Tenant that do not "+spelled, http.StatusBadRequest, nil, ":authority", spelled, "x-tenant", "globex")
		add("authority beside another tenant's host "+spelled, 0, nil, ":authority", spelled, "host", globexDomain)
		add("another tenant's authority beside host "+spelled, 0, nil, ":authority", globexDomain, "host", spelled)
		add("authority beside no tenant's host "+spelled, 0, nil, ":authority", spelled, "host", authority)
		add("host of no tenant beside authority "+spelled, 0, nil, ":authority", authority, "host", spelled)
		add("forwarded host "+spelled, http.StatusOK, once(globex, header("X-Forwarded-Host", globexDomain)), ":authority", globexDomain, "x-forwarded-host", spelled, "forwarded", "host="+spelled)
	}
	for _, f := range startFramed(t, foldingUpstream) {
		setDomains(t, f.database)
		play(t, []*stage{f.stage}, on(f, attacks))
	}
}
