package caddymodule_test

import (
	"net/http/httptest"
	"testing"

	"github.com/tenantgate/tenantgate/caddymodule"
)

func TestCookieNeedsTheSameOrigin(t *testing.T) {
	t.Parallel()
	const own = "http://gate.example"
	tests := []struct {
		name, method, site, origin, upgrade string
		allowed                             bool
	}{
		{"a read that says nothing", "GET", "", "", "", true},
		{"a read from elsewhere", "GET", "cross-site", "https://evil.example", "", true},
		{"a HEAD from elsewhere", "HEAD", "cross-site", "", "", true},
		{"a write that says nothing", "POST", "", "", "", false},
		{"a write from here", "POST", "same-origin", own, "", true},
		{"a write from here, by Sec-Fetch-Site", "DELETE", "same-origin", "", "", true},
		{"a write from here, by Origin", "PUT", "", own, "", true},
		{"a write typed into the address bar", "POST", "none", "", "", true},
		{"a write from a sibling", "POST", "same-site", "http://app.gate.example", "", false},
		{"a write from elsewhere", "POST", "cross-site", "https://evil.example", "", false},
		{"a write from elsewhere, old browser", "PATCH", "", "https://evil.example", "", false},
		{"a write from another port", "POST", "", "http://gate.example:8080", "", false},
		{"a write from a sandbox", "POST", "", "null", "", false},
		{"an unknown method from elsewhere", "PURGE", "cross-site", "https://evil.example", "", false},
		{"a WebSocket from here", "GET", "same-origin", own, "websocket", true},
		{"a WebSocket from here, by Origin", "GET", "", own, "websocket", true},
		{"a WebSocket from elsewhere", "GET", "cross-site", "https://evil.example", "websocket", false},
		{"a WebSocket from elsewhere, old browser", "GET", "", "https://evil.example", "websocket", false},
		{"a WebSocket that says nothing", "GET", "", "", "websocket", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, own+"/api/v1/calls", nil)
			for name, value := range map[string]string{"Sec-Fetch-Site": test.site, "Origin": test.origin, "Upgrade": test.upgrade} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if err := caddymodule.SameOrigin(r); (err == nil) != test.allowed {
				t.Errorf("got %v, want allowed: %v", err, test.allowed)
			}
			if r.Method != test.method {
				t.Errorf("the check made a %s of the request", r.Method)
			}
		})
	}
}

func TestCookieAloneIsHeldToTheSameOrigin(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	send := func(headers ...string) string {
		r := httptest.NewRequest("POST", "/api/v1/calls", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := g.serve(t, r)
		if w.Code == 200 {
			return "served"
		}
		return code(t, w)
	}
	cookie := "tenantgate_session=" + g.app.IssueToken(t, ann, acme)
	if got := send("Cookie", cookie, "Origin", "https://evil.example"); got != "origin_refused" {
		t.Errorf("cookie from elsewhere: got %s, want origin_refused", got)
	}
	if got := send("Cookie", cookie, "Origin", "http://example.com"); got != "served" {
		t.Errorf("cookie from here: got %s, want served", got)
	}
	// A page of another site cannot make a browser send this header.
	if got := send("Authorization", "Bearer "+g.app.IssueToken(t, ann, acme), "Origin", "https://evil.example"); got != "served" {
		t.Errorf("token from elsewhere: got %s, want served", got)
	}
}

func TestTokenAndCookieOfTwoPeople(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	w := g.do(t, "GET", "/api/v1/calls", "Cookie", "tenantgate_session="+g.app.IssueToken(t, bob, acme))
	if got := code(t, w); w.Code != 400 || got != "bad_request" {
		t.Errorf("two people: got %d %s, want 400 bad_request", w.Code, got)
	}
	if got := g.counted(t, "tenantgate_sanitizer_refusals_total", "credentials"); got != 1 {
		t.Errorf("counted %v refusals, want 1", got)
	}
	for name, cookie := range map[string]string{"the same person": g.app.IssueToken(t, ann, acme), "nobody": "junk"} {
		if w := g.do(t, "GET", "/api/v1/calls", "Cookie", "tenantgate_session="+cookie); w.Code != 200 {
			t.Errorf("a cookie of %s: got %d, want 200", name, w.Code)
		}
	}
}
