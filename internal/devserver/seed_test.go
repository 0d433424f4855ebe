package devserver_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func openStore(t *testing.T, dsn string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, postgres.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// person returns the demo account of that address.
func person(t *testing.T, email tenancy.Email) devserver.Person {
	t.Helper()
	for _, person := range devserver.People() {
		if person.Email == email {
			return person
		}
	}
	t.Fatalf("no demo account %s", email)
	return devserver.Person{}
}

// roles returns who is what where, as "alice@acme.test acme": "admin".
func roles(t *testing.T, store *postgres.Store) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, person := range devserver.People() {
		for _, tenant := range devserver.Tenants() {
			m, err := store.Membership(t.Context(), tenancy.Key{User: person.ID, Tenant: tenant.ID})
			if err != nil {
				t.Fatal(err)
			}
			if m.Role != tenancy.RoleNone {
				found[string(person.Email)+" "+m.TenantSlug] = m.Role.String()
			}
		}
	}
	return found
}

// The demo's password is known to everybody, so its accounts must not get into
// a database that somebody uses.
func TestDatabaseOfOtherPeopleGetsNoDemoAccounts(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	store := openStore(t, dsn)
	defer store.Close()
	environment := prepare(t, options(t, map[string]string{"TENANTGATE_DEV_DIR": t.TempDir(), "DATABASE_URL": dsn, "UPSTREAM_URL": "http://127.0.0.1:9"}))
	for _, person := range devserver.People() {
		if account, err := store.Account(t.Context(), person.Email); !errors.Is(err, tenancy.ErrNotFound) {
			t.Errorf("%s: got %v, %v, want no account", person.Email, account.ID, err)
		}
	}
	var banner strings.Builder
	if err := environment.Banner(&banner); err != nil || strings.Contains(banner.String(), devserver.Password) || !strings.Contains(banner.String(), "http://127.0.0.1:9") {
		t.Errorf("banner: got %v,\n%s\nwant the given upstream and no accounts", err, banner.String())
	}

	// The same database, where a demo was begun and broken off: it is completed.
	alice := person(t, "alice@acme.test")
	if _, err := store.SeedUser(t.Context(), tenancy.NewUser{ID: alice.ID, Email: alice.Email, Name: alice.Name}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []devserver.Seeded{devserver.SeededNow, devserver.SeededBefore} {
		if got, err := devserver.Seed(t.Context(), store, false); got != want || err != nil {
			t.Errorf("Seed: got %q, %v, want %q", got, err, want)
		}
	}
	if got := roles(t, store)["ursula@umbrella.test umbrella"]; got != "admin" {
		t.Errorf("ursula in umbrella: got role %q, want admin", got)
	}
	seats, err := store.Seats(t.Context(), tenancy.Caller{User: person(t, "ursula@umbrella.test").ID}, tenant(t, "umbrella").ID)
	if err != nil || seats.Available() != 2 {
		t.Errorf("free seats of umbrella: got %d, %v, want 2", seats.Available(), err)
	}
	listed, err := store.ListedTenants(t.Context(), tenancy.Page{Limit: 10})
	if err != nil || len(listed) != 1 || listed[0].Slug != "umbrella" {
		t.Errorf("listed tenants: got %v, %v, want umbrella alone", listed, err)
	}
}

// An empty database that DATABASE_URL names gets the schema and the demo.
func TestEmptyDatabaseGetsTheDemo(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.EmptyPostgres(t)
	environment := prepare(t, options(t, map[string]string{"TENANTGATE_DEV_DIR": t.TempDir(), "DATABASE_URL": dsn}))
	if environment.DatabaseURL != dsn {
		t.Errorf("DatabaseURL: got another one than DATABASE_URL, want the same")
	}
	store := openStore(t, dsn)
	defer store.Close()
	for _, person := range devserver.People() {
		account, err := store.Account(t.Context(), person.Email)
		if err != nil || account.ID != person.ID || account.Name != person.Name || !strings.HasPrefix(account.PasswordHash, "$argon2id$") {
			t.Errorf("%s: got %+v, %v, want the demo account with a password", person.Email, account.User, err)
		}
	}
	for _, want := range devserver.Tenants() {
		id, err := store.TenantNamed(t.Context(), tenancy.Name{Kind: tenancy.BySlug, Value: want.Slug})
		if err != nil || id != want.ID {
			t.Errorf("tenant %s: got %s, %v, want %s", want.Slug, id, err, want.ID)
		}
	}
	frank := tenancy.Key{User: person(t, "frank@initech.test").ID, Tenant: tenant(t, "initech").ID}
	if m, err := store.Membership(t.Context(), frank); err != nil || m.TenantStatus != tenancy.StatusSuspended {
		t.Errorf("initech: got %q, %v, want suspended", m.TenantStatus, err)
	}
	if root, err := store.Account(t.Context(), "root@tenantgate.test"); err != nil || root.Role != tenancy.PlatformAdmin {
		t.Errorf("root: got %q, %v, want platform_admin", root.Role, err)
	}
}
