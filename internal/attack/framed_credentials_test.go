package attack_test

import (
	"net/http"
	"testing"
)

// Credentials are one, of one person, however many fields they come in.
func TestFramedCredentials(t *testing.T) {
	t.Parallel()
	var attacks []framedAttack
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, send func(s *stage) message) {
		attacks = append(attacks, framedAttack{
			class: class + " (frames)", name: name, source: source, status: status, arrives: arrives, message: send,
		})
	}
	get := ask("GET", "/api/v1/calls")
	const credentials = "RFC 6750, section 2; RFC 9113, section 8.2.3"
	add("credentials", "two Authorizations", credentials, 400, nil, func(s *stage) message { return get.as(s, "{bob}").as(s, "Authorization: Bearer {peggy-token}") })
	add("credentials", "two of one person's", credentials, 400, nil, func(s *stage) message { return get.as(s, "{bob}").as(s, "Authorization: Bearer {bob-token}") })
	add("credentials", "two schemes", credentials, 400, nil, func(s *stage) message { return get.as(s, "{bob}").with("authorization", "Basic ZXZpbA==") })
	add("credentials", "two cookies", credentials, 400, nil, func(s *stage) message {
		return get.as(s, "Cookie: tenantgate_session={bob-token}").as(s, "Cookie: tenantgate_session={peggy-token}").with("x-tenant", "acme")
	})
	add("credentials", "token and another's cookie", credentials, 400, nil, func(s *stage) message {
		return get.as(s, "{bob}").as(s, "Cookie: tenantgate_session={peggy-token}")
	})
	add("credentials", "cookie in crumbs", credentials, http.StatusOK, once(fromBob, header("Cookie", "a=b; c=d")), func(s *stage) message {
		return get.with("cookie", "a=b").as(s, "Cookie: tenantgate_session={bob-token}").with("cookie", "c=d", "x-tenant", "acme")
	})
	add("credentials", "two tenants", credentials, 400, nil, func(s *stage) message { return get.as(s, "{bob}").with("x-tenant", "globex") })
	add("credentials", "token in the query", credentials, http.StatusUnauthorized, nil, func(s *stage) message {
		return get.replace(":path", s.fill("/api/v1/calls?access_token={bob-token}"))
	})
	session := "Cookie: tenantgate_session="
	add("credentials", "session in the last of many crumbs", credentials, http.StatusOK, once(fromBob, withoutCredentials, header("Cookie", "a=b; c=d; e=f")), func(s *stage) message {
		return get.with("cookie", "a=b", "cookie", "c=d", "cookie", "e=f").as(s, session+"{bob-token}").with("x-tenant", "acme")
	})
	add("credentials", "one session, twice in one crumb", credentials, 400, nil, func(s *stage) message {
		return get.as(s, session+"{bob-token}; tenantgate_session={bob-token}").with("x-tenant", "acme")
	})
	add("credentials", "one session, in two crumbs", credentials, 400, nil, func(s *stage) message {
		return get.as(s, session+"{bob-token}").with("cookie", "a=b").as(s, session+"{bob-token}").with("x-tenant", "acme")
	})
	add("credentials", "two sessions, in crumbs around others", credentials, 400, nil, func(s *stage) message {
		return get.as(s, session+"{bob-token}").with("cookie", "a=b").as(s, "Cookie: c=d; tenantgate_session={alice-token}").with("x-tenant", "acme")
	})
	add("credentials", "a planted session beside the secure one", credentials, http.StatusOK, once(fromBob, withoutCredentials), func(s *stage) message {
		return get.as(s, session+"{peggy-token}").as(s, "Cookie: __Host-tenantgate_session={bob-token}").with("x-tenant", "acme")
	})
	add("credentials", "a session cut in two by the crumbs", credentials, http.StatusUnauthorized, nil, func(s *stage) message {
		token := s.fill("{bob-token}")
		return get.with("cookie", "tenantgate_session="+token[:20], "cookie", token[20:], "x-tenant", "acme")
	})
	add("credentials", "three Authorizations", credentials, 400, nil, func(s *stage) message {
		return get.with("authorization", "Bearer x").as(s, "{bob}").with("authorization", "Bearer y")
	})
	add("credentials", "an empty Authorization before the true one", credentials, 400, nil, func(s *stage) message {
		return get.with("authorization", "").as(s, "{bob}")
	})
	playFramed(t, foldingUpstream, attacks)
}
