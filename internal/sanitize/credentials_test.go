package sanitize_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		headers []string
		want    sanitize.Claim
	}{
		{"none", nil, sanitize.Claim{}},
		{"bearer", []string{"Authorization: Bearer a.b-c_d~+/=="}, sanitize.Claim{Bearer: "a.b-c_d~+/=="}},
		{"scheme in any case, spaces", []string{"authorization: bEARER   tok"}, sanitize.Claim{Bearer: "tok"}},
		{"garbage is the verifier's", []string{"Authorization: Bearer not a token"}, sanitize.Claim{Bearer: "not a token"}},
		{"no token", []string{"Authorization: Bearer"}, sanitize.Claim{}},
		{"other scheme", []string{"Authorization: Basic dTpw"}, sanitize.Claim{}},
		{"scheme that starts alike", []string{"Authorization: Bearers tok"}, sanitize.Claim{}},
		{"Kelvin and long s are no ASCII", []string{"Authorization: Bearer\u017f tok"}, sanitize.Claim{}},
		{"look-alike header", []string{"Authorization_: Bearer tok"}, sanitize.Claim{}},
		{"cookie", []string{"Cookie: a=b; tenantgate_session=tok; c"}, sanitize.Claim{Cookie: "tok"}},
		{"cookie among lines", []string{"Cookie: a=b", "Cookie: tenantgate_session=tok"}, sanitize.Claim{Cookie: "tok"}},
		{"secure cookie", []string{"Cookie: __Host-tenantgate_session=tok"}, sanitize.Claim{Cookie: "tok"}},
		{"planted beside secure", []string{"Cookie: tenantgate_session=evil; __Host-tenantgate_session=tok; tenantgate_session=evil2"}, sanitize.Claim{Cookie: "tok"}},
		{"names that contain it", []string{"Cookie: xtenantgate_session=a; tenantgate_session2=b; x=tenantgate_session"}, sanitize.Claim{}},
		{"cookie names have case", []string{"Cookie: Tenantgate_Session=a"}, sanitize.Claim{}},
		{"value with =", []string{"Cookie: tenantgate_session=a=b="}, sanitize.Claim{Cookie: "a=b="}},
		{"both sources", []string{"Authorization: Bearer a", "Cookie: tenantgate_session=b"}, sanitize.Claim{Bearer: "a", Cookie: "b"}},
		{"tenant", []string{"X-Tenant: acme"}, sanitize.Claim{Tenant: "acme"}},
		{"empty tenant", []string{"X-Tenant:"}, sanitize.Claim{}},
		{"look-alike tenants", []string{"X_Tenant: evil", "X.Tenant: evil"}, sanitize.Claim{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, refusal := strict.Check(parse(t, "GET / HTTP/1.1", tc.headers...))
			if refusal != nil {
				t.Fatalf("Check refuses: %+v", refusal)
			}
			tc.want.Host = "example.com"
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("claim (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDoubledClaims(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		headers []string
		want    string
		code    string
	}{
		{[]string{"Authorization: Bearer a", "Authorization: Bearer b"}, "400 credentials", "bad_request"},
		{[]string{"Authorization: Bearer a", "Authorization: Bearer a"}, "400 credentials", "bad_request"},
		{[]string{"Authorization: Bearer a", "authorization: Basic dTpw"}, "400 credentials", "bad_request"},
		{[]string{"Authorization: Bearer a, Bearer b"}, "400 credentials", "bad_request"},
		{[]string{"Authorization: Bearer a,"}, "400 credentials", "bad_request"},
		{[]string{"Cookie: tenantgate_session=a; tenantgate_session=b"}, "400 credentials", "bad_request"},
		{[]string{"Cookie: tenantgate_session=a", "Cookie: tenantgate_session=a"}, "400 credentials", "bad_request"},
		{[]string{"Cookie: __Host-tenantgate_session=a; __Host-tenantgate_session=b"}, "400 credentials", "bad_request"},
		{[]string{"X-Tenant: a", "X-Tenant: a"}, "400 tenant_selector", "tenant_conflict"},
		{[]string{"X-Tenant: a", "X-Tenant:"}, "400 tenant_selector", "tenant_conflict"},
		{[]string{"X-Tenant: a, b"}, "400 tenant_selector", "tenant_conflict"},
	} {
		_, refusal := strict.Check(parse(t, "GET / HTTP/1.1", tc.headers...))
		if verdict(refusal) != tc.want || refusal.Code != tc.code {
			t.Errorf("Check with %q = %+v, want %s %s", tc.headers, refusal, tc.want, tc.code)
		}
	}
}
