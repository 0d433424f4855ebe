package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What is written of a refusal, once a minute for the same person and route.
// The store answers eve, who is a member of nothing.
func TestRefusalsAreNoted(t *testing.T) {
	t.Parallel()
	store := &fakeStore{refusals: make(chan string, 10)}
	h := newHandler(t, store)
	ask := func(method, target, body string) int {
		r := request(method, target, body)
		r.Header.Set("Authorization", "Bearer eve")
		return serve(h, r).Code
	}
	base := "/api/v1/tenants/" + acmeID.String()
	for range 3 {
		if code := ask("DELETE", base+"/members/ada@acme.example", ""); code != 403 {
			t.Fatalf("removing = %d, want 403", code)
		}
	}
	eve := tenancy.UserID{0: 1, 15: 66}
	want := fmt.Sprintln(eve, acmeID, "DELETE /api/v1/tenants/{id}/members/{member}", "not_a_member", "")
	if got := <-store.refusals; got != want {
		t.Errorf("noted %q, want %q", got, want)
	}
	ask("GET", "/api/v1/tenant", "")                          // no admin's to ask
	ask("POST", base+"/switch", "")                           // everybody's to try
	serve(h, request("GET", "/api/v1/tenants?scope=all", "")) // by ada, who is none of the platform's
	want = fmt.Sprintln(ada.ID, tenancy.TenantID{}, "GET /api/v1/tenants", "role_required", "")
	if got := <-store.refusals; got != want {
		t.Errorf("noted %q, want %q", got, want)
	}
	if n := len(store.refusals); n != 0 {
		t.Errorf("%d more refusals were noted, want none: %q", n, <-store.refusals)
	}
}

func TestDefusedCells(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		`=1+1`: `'=1+1`, `+1`: `'+1`, `-1`: `'-1`, `@x`: `'@x`, "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", `a=1`: `a=1`, ``: ``,
	} {
		if got := httpapi.Defuse(cell); got != want {
			t.Errorf("defuse(%q) = %q, want %q", cell, got, want)
		}
	}
}
