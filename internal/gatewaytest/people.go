package gatewaytest

import (
	"maps"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Database returns the URL of a database with the demo's tenants and people: see
// package devserver for who they are.
func Database(t testing.TB) string {
	t.Helper()
	url := tenancytest.Postgres(t)
	Seed(t, url)
	return url
}

// Seed puts the demo's tenants and people into a migrated database.
func Seed(t testing.TB, url string) {
	t.Helper()
	store, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := devserver.Seed(t.Context(), store, true); err != nil {
		t.Fatal(err)
	}
}

// Person returns the id of the demo person with that address.
func Person(t testing.TB, email tenancy.Email) tenancy.UserID {
	t.Helper()
	for _, person := range devserver.People() {
		if person.Email == email {
			return person.ID
		}
	}
	t.Fatalf("nobody in the demo has the address %s", email)
	return tenancy.UserID{}
}

// Tenant returns the id of the demo tenant with that slug.
func Tenant(t testing.TB, slug string) tenancy.TenantID {
	t.Helper()
	for _, tenant := range devserver.Tenants() {
		if tenant.Slug == slug {
			return tenant.ID
		}
	}
	t.Fatalf("no tenant of the demo has the slug %s", slug)
	return tenancy.TenantID{}
}

// Claims are those of a token; nil as a value takes one away.
type Claims map[string]any

// Token signs an access token of that person with [Secret]: one as the gateway
// makes them, but for the claims that are given.
func Token(t testing.TB, email tenancy.Email, claims ...Claims) string {
	t.Helper()
	now := time.Now()
	all := jwt.MapClaims{
		"iss": "tenantgate", "aud": "tenantgate", "sub": Person(t, email).String(),
		"iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(), "jti": "test",
	}
	for _, more := range claims {
		maps.Copy(all, more)
	}
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, all)
	token.Header["typ"] = "at+jwt"
	signed, err := token.SignedString([]byte(Secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
