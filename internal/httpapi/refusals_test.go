package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What the domain says no to, and how it is told.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{tenancy.ErrNotMember, 403, "not_a_member"},
		{tenancy.ErrRoleRequired, 403, "role_required"},
		{tenancy.ErrTenantSuspended, 403, "tenant_suspended"},
		{tenancy.ErrUserInactive, 401, "token_invalid"},
		{tenancy.ErrNotFound, 404, "not_found"},
		{tenancy.ErrAlreadyMember, 409, "already_member"},
		{tenancy.ErrLastAdmin, 409, "last_admin"},
		{tenancy.ErrSeatLimit, 409, "seat_limit_reached"},
		{tenancy.ErrSlugTaken, 409, "slug_taken"},
		{tenancy.ErrUnavailable, 503, "membership_unavailable"},
		{context.DeadlineExceeded, 503, "membership_unavailable"},
		{context.Canceled, 503, "membership_unavailable"},
		{errors.New("dialling postgres://u:secret@db"), 500, "internal_error"},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			store := &fakeStore{fail: fmt.Errorf("writing: %w", tc.err)}
			w := serve(newHandler(t, store), request("POST", members, `{"email":"bob@acme.example","role":"viewer"}`))
			if p := readProblem(t, w); w.Code != tc.status || p.Code != tc.code {
				t.Errorf("%v = %d %s, want %d %s", tc.err, w.Code, p.Code, tc.status, tc.code)
			}
			if strings.Contains(w.Body.String(), "writing") || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("body %s tells what went on inside", w.Body)
			}
			if got := w.Header().Get("Retry-After"); (w.Code == 503) != (got != "") {
				t.Errorf("status %d with Retry-After %q", w.Code, got)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control = %q, want no-store", got)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for token, tc := range map[string]struct{ code, challenge string }{
		"":              {"token_missing", `Bearer realm="tenantgate"`},
		"Bearer forged": {"token_invalid", `Bearer realm="tenantgate", error="invalid_token", error_description="The access token is not valid"`},
		"Bearer nobody": {"token_invalid", `Bearer realm="tenantgate", error="invalid_token", error_description="The access token is not valid"`},
		"Bearer old":    {"token_expired", `Bearer realm="tenantgate", error="invalid_token", error_description="The access token expired"`},
	} {
		for target, method := range map[string]string{
			"/api/v1/tenant": "GET", "/api/v1/tenant/users/count": "GET", "/api/v1/me": "GET", "/api/v1/tenants?scope=all": "GET",
			"/api/v1/tenants?scope=deleted":                               "GET",
			"/api/v1/tenants/02000000-0000-0000-0000-000000000001/switch": "POST", members: "POST", members + "/bob@acme.example": "DELETE",
		} {
			store := &fakeStore{}
			r := request(method, target, "")
			r.Header.Set("Authorization", token)
			w := serve(newHandler(t, store), r)
			if p := readProblem(t, w); w.Code != 401 || p.Code != tc.code {
				t.Errorf("%s with %q = %d %s, want 401 %s", target, token, w.Code, p.Code, tc.code)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != tc.challenge {
				t.Errorf("%s with %q: WWW-Authenticate = %q, want %q", target, token, got, tc.challenge)
			}
			if n := store.calls.Load(); n != 0 {
				t.Errorf("%s with %q: the store was called %d times, want never", target, token, n)
			}
		}
	}
	// Where a token is optional, a bad one is still bad.
	r := request("GET", "/api/v1/tenants", "")
	r.Header.Set("Authorization", "Bearer old")
	if w := serve(newHandler(t, &fakeStore{}), r); w.Code != 401 {
		t.Errorf("GET /tenants with an expired token = %d, want 401", w.Code)
	}
}

// A stranger cannot tell a wrong password from an address that has no account,
// nor a tenant they are no member of from one that is not there.
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	h := newHandler(t, &fakeStore{account: withAccount(ada)})
	wrong := serve(h, request("POST", login, `{"email":"ada@acme.example","password":"not it"}`))
	unknown := serve(h, request("POST", login, `{"email":"bob@acme.example","password":"not it"}`))
	if p := readProblem(t, wrong); wrong.Code != 401 || p.Code != "credentials_invalid" {
		t.Errorf("wrong password = %d %s, want 401 credentials_invalid", wrong.Code, p.Code)
	}
	same(t, "wrong password and unknown address", wrong, unknown)

	for _, selector := range []string{"", "acme", "other"} {
		ask := func(id tenancy.TenantID) *httptest.ResponseRecorder {
			r := request("POST", "/api/v1/tenants/"+id.String()+"/switch", "")
			r.Header.Set("Authorization", "Bearer eve")
			r.Header.Set("X-Tenant", selector)
			return serve(h, r)
		}
		there, missing := ask(acmeID), ask(tenancy.TenantID{0: 2, 15: 99})
		if p := readProblem(t, there); there.Code != 403 || p.Code != "not_a_member" {
			t.Errorf("X-Tenant %q: answer = %d %s, want 403 not_a_member", selector, there.Code, p.Code)
		}
		same(t, "a tenant and none, X-Tenant "+selector, there, missing)
	}
}

func same(t *testing.T, what string, a, b *httptest.ResponseRecorder) {
	t.Helper()
	if a.Code != b.Code || a.Body.String() != b.Body.String() || cmp.Diff(a.Header(), b.Header()) != "" {
		t.Errorf("%s differ:\n%d %v %s\n%d %v %s", what, a.Code, a.Header(), a.Body, b.Code, b.Header(), b.Body)
	}
}

// The tenant of the path is the one that is meant; a host or selector that means
// another is a mistake, not a choice.
func TestSelectorAgainstPath(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]int{"": 204, "acme": 204, "other": 400} {
		store := &fakeStore{}
		r := request("DELETE", members+"/bob@acme.example", "")
		r.Header.Set("X-Tenant", selector)
		w := serve(newHandler(t, store), r)
		if w.Code != want {
			t.Errorf("X-Tenant %q = %d, want %d", selector, w.Code, want)
		}
		if want == 400 {
			if p := readProblem(t, w); p.Code != "tenant_conflict" {
				t.Errorf("X-Tenant %q: code %s, want tenant_conflict", selector, p.Code)
			}
		}
		if removed := store.ref != (tenancy.MemberRef{}); removed != (want == 204) {
			t.Errorf("X-Tenant %q: removed is %v with status %d", selector, removed, w.Code)
		}
	}
}

// A route that does not name its tenant is served for the one selected: for none
// where nothing names one, and for nobody's where the name is no tenant's.
func TestTenantSelected(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		token, selector string
		status          int
		code            string
	}{
		{"Bearer homeless", "", 400, "tenant_required"},
		{"Bearer ada", "other", 403, "not_a_member"},
		{"Bearer eve", "acme", 403, "not_a_member"},
		{"Bearer eve", "other", 403, "not_a_member"},
	} {
		for _, target := range []string{"/api/v1/tenant", "/api/v1/tenant/users/count"} {
			r := request("GET", target, "")
			r.Header.Set("Authorization", tc.token)
			r.Header.Set("X-Tenant", tc.selector)
			w := serve(newHandler(t, &fakeStore{}), r)
			if p := readProblem(t, w); w.Code != tc.status || p.Code != tc.code {
				t.Errorf("%s of %q with X-Tenant %q = %d %s, want %d %s", target, tc.token, tc.selector, w.Code, p.Code, tc.status, tc.code)
			}
			if got := w.Header().Get("X-Tenant-ID"); got != "" {
				t.Errorf("%s of %q: refused with X-Tenant-ID %q, want none", target, tc.token, got)
			}
		}
	}
}

func TestScopeAllIsForPlatformAdmins(t *testing.T) {
	t.Parallel()
	w := serve(newHandler(t, &fakeStore{}), request("GET", "/api/v1/tenants?scope=all", ""))
	if p := readProblem(t, w); w.Code != 403 || p.Code != "role_required" {
		t.Errorf("scope=all of a plain user = %d %s, want 403 role_required", w.Code, p.Code)
	}
}
