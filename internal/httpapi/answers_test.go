package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var addedMember = tenancy.Added{Member: &tenancy.Member{
	ID: tenancy.MemberID{0: 3, 15: 1}, TenantID: acmeID, UserID: tenancy.UserID{0: 1, 15: 2}, Email: "bob@acme.example", Name: "Bob",
	Role: tenancy.RoleViewer, Status: tenancy.StatusActive, JoinedAt: created,
}}

var addedInvitation = tenancy.Added{Invitation: &tenancy.Invitation{
	ID: tenancy.InvitationID{0: 4, 15: 1}, TenantID: acmeID, Email: "cy@acme.example", Role: tenancy.RoleMember, Status: "pending",
	CreatedAt: created, ExpiresAt: created,
}}

func acmeConfig() map[string]json.RawMessage { return map[string]json.RawMessage{} }

// ownHash is what the fake hash makes of a password of 8 bytes.
const ownHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAACA"

const acmeShort = `"id":"02000000-0000-0000-0000-000000000001","name":"Acme","slug":"acme"`

func withAccount(user tenancy.User) func() (tenancy.Account, error) {
	return func() (tenancy.Account, error) { return tenancy.Account{User: user, PasswordHash: ownHash}, nil }
}

// The shapes of product.md, member by member.
func TestAnswers(t *testing.T) {
	t.Parallel()
	homeless := ada
	homeless.CurrentTenant = tenancy.TenantID{}
	second := acme
	second.ID, second.Slug, second.Current, second.Status, second.Role = tenancy.TenantID{0: 2, 15: 2}, "beta", false, tenancy.StatusSuspended, tenancy.RoleViewer
	for name, tc := range map[string]struct {
		store                *fakeStore
		method, target, body string
		token                string // of ada where empty; "-": none
		status               int
		want                 string
		tenant               string // X-Tenant-ID
	}{
		"tenant": {
			store:  &fakeStore{config: map[string][]byte{"theme": []byte(`{"b":1,"a":[true]}`), "locale": []byte(`"de"`)}},
			method: "GET", target: "/api/v1/tenant", status: 200, tenant: acmeID.String(),
			want: `{` + acmeShort + `,"domain":null,"status":"active","max_users":10,"role":"admin","created_at":"2026-03-01T12:00:00Z","config":{"locale":"de","theme":{"b":1,"a":[true]}}}`,
		},
		"tenant without config": {
			method: "GET", target: "/api/v1/tenant", status: 200, tenant: acmeID.String(),
			want: `{` + acmeShort + `,"domain":null,"status":"active","max_users":10,"role":"admin","created_at":"2026-03-01T12:00:00Z","config":{}}`,
		},
		"count": {
			method: "GET", target: "/api/v1/tenant/users/count", status: 200, tenant: acmeID.String(),
			want: `{"tenant_id":"02000000-0000-0000-0000-000000000001","count":4,"max_users":10,"available":4}`,
		},
		"tenants of nobody": {
			store:  &fakeStore{tenants: []tenancy.TenantEntry{acme}},
			method: "GET", target: "/api/v1/tenants", token: "-", status: 200,
			want: `{"tenants":[{` + acmeShort + `}],"next_cursor":null}`,
		},
		"no tenants": {
			method: "GET", target: "/api/v1/tenants", token: "-", status: 200, want: `{"tenants":[],"next_cursor":null}`,
		},
		"own tenants": {
			store:  &fakeStore{tenants: []tenancy.TenantEntry{acme, second}},
			method: "GET", target: "/api/v1/tenants?limit=3", status: 200,
			want: `{"tenants":[{` + acmeShort + `,"status":"active","role":"admin","current":true},` +
				`{"id":"02000000-0000-0000-0000-000000000002","name":"Acme","slug":"beta","status":"suspended","role":"viewer","current":false}],"next_cursor":null}`,
		},
		"deleted tenants": {
			store:  &fakeStore{deleted: []tenancy.TenantEntry{second}, tenants: []tenancy.TenantEntry{acme}},
			method: "GET", target: "/api/v1/tenants?scope=deleted", status: 200,
			want: `{"tenants":[{"id":"02000000-0000-0000-0000-000000000002","name":"Acme","slug":"beta","status":"suspended","role":"viewer","current":false}],"next_cursor":null}`,
		},
		"a full page": {
			store:  &fakeStore{tenants: []tenancy.TenantEntry{acme, second}},
			method: "GET", target: "/api/v1/tenants?limit=1", status: 200,
			want: `{"tenants":[{` + acmeShort + `,"status":"active","role":"admin","current":true}],"next_cursor":"AgAAAAAAAAAAAAAAAAAAAQ"}`,
		},
		"switch": {
			method: "POST", target: "/api/v1/tenants/02000000-0000-0000-0000-000000000001/switch", status: 200, tenant: acmeID.String(),
			want: `{"tenant":{` + acmeShort + `},"role":"admin","access_token":"token-for-02000000-0000-0000-0000-000000000001","token_type":"Bearer","expires_in":900}`,
		},
		"switch with an empty object": {
			method: "POST", target: "/api/v1/tenants/02000000-0000-0000-0000-000000000001/switch", body: `{}`, status: 200, tenant: acmeID.String(),
			want: `{"tenant":{` + acmeShort + `},"role":"admin","access_token":"token-for-02000000-0000-0000-0000-000000000001","token_type":"Bearer","expires_in":900}`,
		},
		"member": {
			store:  &fakeStore{outcome: addedMember},
			method: "POST", target: members, body: `{"email":"BOB@acme.example","role":"viewer"}`, status: 201, tenant: acmeID.String(),
			want: `{"member":{"id":"03000000-0000-0000-0000-000000000001","user_id":"01000000-0000-0000-0000-000000000002","email":"bob@acme.example",` +
				`"name":"Bob","role":"viewer","status":"active","joined_at":"2026-03-01T12:00:00Z"}}`,
		},
		"invitation": {
			store:  &fakeStore{outcome: addedInvitation},
			method: "POST", target: members, body: `{"email":"cy@acme.example","role":"member"}`, status: 202, tenant: acmeID.String(),
			want: `{"invitation":{"id":"04000000-0000-0000-0000-000000000001","email":"cy@acme.example","role":"member","status":"pending","invited_by":null,` +
				`"created_at":"2026-03-01T12:00:00Z","expires_at":"2026-03-01T12:00:00Z"}}`,
		},
		"remove": {method: "DELETE", target: members + "/bob@acme.example", status: 204, tenant: acmeID.String()},
		"me": {
			method: "GET", target: "/api/v1/me", status: 200,
			want: `{"id":"01000000-0000-0000-0000-000000000001","email":"ada@acme.example","name":"Ada","role":"user","current_tenant_id":"02000000-0000-0000-0000-000000000001","email_verified":false}`,
		},
		"login": {
			store:  &fakeStore{account: withAccount(ada)},
			method: "POST", target: login, token: "-", body: `{"email":"Ada@acme.example","password":"8 bytes!"}`, status: 200,
			want: `{"access_token":"token-for-02000000-0000-0000-0000-000000000001","token_type":"Bearer","expires_in":900,"refresh_token":"tgr_` + strings.Repeat("BwcH", 10) + `Bwc",` +
				`"user":{"id":"01000000-0000-0000-0000-000000000001","email":"ada@acme.example","name":"Ada"},"tenant":{` + acmeShort + `}}`,
		},
		"login without a tenant": {
			store:  &fakeStore{account: withAccount(homeless)},
			method: "POST", target: login, token: "-", body: `{"email":"ada@acme.example","password":"8 bytes!"}`, status: 200,
			want: `{"access_token":"token-for-00000000-0000-0000-0000-000000000000","token_type":"Bearer","expires_in":900,"refresh_token":"tgr_` + strings.Repeat("BwcH", 10) + `Bwc",` +
				`"user":{"id":"01000000-0000-0000-0000-000000000001","email":"ada@acme.example","name":"Ada"},"tenant":null}`,
		},
		"login with a stale token": {
			store:  &fakeStore{account: withAccount(homeless)},
			method: "POST", target: login, token: "Bearer old", body: `{"email":"ada@acme.example","password":"8 bytes!"}`, status: 200,
			want: `{"access_token":"token-for-00000000-0000-0000-0000-000000000000","token_type":"Bearer","expires_in":900,"refresh_token":"tgr_` + strings.Repeat("BwcH", 10) + `Bwc",` +
				`"user":{"id":"01000000-0000-0000-0000-000000000001","email":"ada@acme.example","name":"Ada"},"tenant":null}`,
		},
		"health":       {method: "GET", target: "/healthz", token: "-", status: 200, want: `{"status":"ok"}`},
		"health below": {method: "GET", target: "/api/v1/healthz", token: "-", status: 200, want: `{"status":"ok"}`},
		"keys":         {method: "GET", target: "/.well-known/tenantgate/jwks.json", token: "-", status: 200, want: `{"keys":[{"kid":"a"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := tc.store
			if store == nil {
				store = &fakeStore{}
			}
			r := request(tc.method, tc.target, tc.body)
			switch tc.token {
			case "":
			case "-":
				r.Header.Del("Authorization")
			default:
				r.Header.Set("Authorization", tc.token)
			}
			h := newHandler(t, store)
			w := serve(h, r)
			if w.Code != tc.status {
				t.Fatalf("%s %s = %d %s, want %d", tc.method, tc.target, w.Code, w.Body, tc.status)
			}
			if diff := cmp.Diff(tc.want, w.Body.String()); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if got := w.Header().Get("X-Tenant-ID"); got != tc.tenant {
				t.Errorf("X-Tenant-ID = %q, want %q", got, tc.tenant)
			}
			for name, want := range map[string]string{
				"X-Request-ID": "req-1", "X-Content-Type-Options": "nosniff", "Vary": "Authorization, Cookie, X-Tenant",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if got := w.Header().Get("Cache-Control"); strings.HasPrefix(tc.target, "/api/") && got != "no-store" {
				t.Errorf("Cache-Control = %q, want no-store", got)
			}
		})
	}
}

func TestRemoveByAddressOrID(t *testing.T) {
	t.Parallel()
	id := tenancy.MemberID{0: 3, 15: 1}
	for segment, want := range map[string]tenancy.MemberRef{
		"Bob@acme.example":           {Email: "bob@acme.example"},
		"bob%40acme.example":         {Email: "bob@acme.example"},
		"b%2Fob%3Fx%25@acme.test":    {Email: "b/ob?x%@acme.test"},
		"bob+tag@acme.example":       {Email: "bob+tag@acme.example"},
		id.String():                  {ID: id},
		strings.ToUpper(id.String()): {ID: id},
	} {
		store := &fakeStore{}
		w := serve(newHandler(t, store), request("DELETE", members+"/"+segment, ""))
		if w.Code != 204 || store.ref != want {
			t.Errorf("DELETE %s = %d of %+v, want 204 of %+v", segment, w.Code, store.ref, want)
		}
	}
}

// The store is asked for one entry more than the page has: whether there is one
// says whether there is another page.
func TestCallerAndPageReachTheStore(t *testing.T) {
	t.Parallel()
	store := &fakeStore{tenants: []tenancy.TenantEntry{acme}}
	h := newHandler(t, store)
	serve(h, request("GET", "/api/v1/tenants?limit=7&cursor=AgAAAAAAAAAAAAAAAAAAAQ", ""))
	if want := (tenancy.Page{Limit: 8, After: acmeID}); store.page != want {
		t.Errorf("page = %+v, want %+v", store.page, want)
	}
	serve(h, request("GET", "/api/v1/tenants", ""))
	if want := (tenancy.Page{Limit: 51}); store.page != want {
		t.Errorf("page = %+v, want %+v", store.page, want)
	}
	serve(h, request("GET", "/api/v1/tenant", ""))
	if want := (tenancy.Caller{User: ada.ID, Session: tenancy.SessionID{15: 9}, RequestID: "req-1"}); store.caller != want {
		t.Errorf("caller = %+v, want %+v", store.caller, want)
	}
}
