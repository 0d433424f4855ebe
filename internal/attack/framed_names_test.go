package attack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// noEvil says that nothing arrives of what the client said under a name that is
// not its own to say.
func noEvil(_ testing.TB, a arrival) string {
	for _, f := range a.fields {
		if strings.Contains(f.value, "evil") {
			return "the client's own " + f.name + " must not arrive"
		}
	}
	return ""
}

// evils are fields of one protected name with every separator for its hyphens,
// and around it: the names of HTTP/2 and HTTP/3 are in lower case.
func evils(name string) (fields []string) {
	for _, separator := range separators + "-" {
		spelled := strings.ReplaceAll(name, "-", string(separator))
		fields = append(fields, spelled+string(separator), "evil", string(separator)+spelled, "evil")
		if spelled != "x"+string(separator)+"tenant" || separator != '-' { // which a client may send
			fields = append(fields, spelled, "evil")
		}
	}
	return fields
}

// Every name that the gateway protects, with every separator, as a header and as
// a trailer, alone and with all spellings in one request.
func TestFramedNames(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	add := func(place, name string, message func(s *stage) message) {
		attacks = append(attacks, framedAttack{
			class: "names in a " + place + " (frames)", name: name, source: foldingSource, message: message,
			status: http.StatusOK, arrives: once(fromBob, noEvil),
		})
	}
	names := sanitize.ProtectedNames()
	if len(names) < 50 {
		t.Fatalf("only %d names are protected", len(names))
	}
	for _, pattern := range names {
		name := strings.ReplaceAll(pattern, "*", "-more")
		post := func(s *stage) message { return ask("POST", "/api/v1/calls").as(s, "{bob}") }
		for _, separator := range separators {
			// A name without a hyphen has the separator at its end.
			spelled := strings.ReplaceAll(name, "-", string(separator))
			if spelled == name {
				spelled += string(separator)
			}
			add("header", spelled, func(s *stage) message { return ask("GET", "/api/v1/calls").as(s, "{bob}").with(spelled, "evil") })
			add("trailer", spelled, func(s *stage) message { return post(s).carrying("hello").ending(spelled, "evil") })
		}
		add("header, all spellings", name, func(s *stage) message { return ask("GET", "/api/v1/calls").as(s, "{bob}").with(evils(name)...) })
		add("trailer announced, all spellings", name, func(s *stage) message {
			m := post(s).carrying("hello").ending(evils(name)...)
			for _, f := range m.trailers {
				m = m.with("trailer", f.name)
			}
			return m
		})
		add("trailer, all spellings", name, func(s *stage) message { return post(s).ending(evils(name)...) })
	}
	playFramed(t, foldingUpstream, attacks)
}

// What the gateway writes on no route, it takes off on every route.
func TestFramedNamesOnOtherRoutes(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	for _, name := range forgeable {
		fields := evils(strings.ToLower(name))
		add := func(route string, status int, arrives func(testing.TB, []arrival) string, send func(s *stage) message) {
			attacks = append(attacks, framedAttack{
				class: "names on other routes (frames)", name: route + " " + name, source: foldingSource,
				status: status, arrives: arrives, message: func(s *stage) message { return send(s).with(fields...) },
			})
		}
		public := ask("POST", "/assets/app.js")
		add("public", http.StatusOK, once(anonymous, noEvil), func(*stage) message { return public })
		add("public, with a token", http.StatusOK, once(anonymous, noEvil, header("Authorization", "")),
			func(s *stage) message { return public.as(s, "{bob}") })
		add("public, trailer", http.StatusOK, once(anonymous, noEvil),
			func(*stage) message { return public.carrying("hello").ending(fields...) })
		add("API", http.StatusOK, nil, func(s *stage) message { return ask("GET", "/api/v1/tenant").as(s, "{bob}") })
		add("no rule", http.StatusForbidden, nil, func(s *stage) message { return ask("GET", "/elsewhere").as(s, "{bob}") })
		add("no token", http.StatusUnauthorized, nil, func(*stage) message { return ask("GET", "/api/v1/calls") })
	}
	playFramed(t, foldingUpstream, attacks)
}
