package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestBadDSNNamesTheSettingAndNotThePassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"",
		"hunter2",
		"postgres://gate:hunter2/x@db:notaport/tenantgate",
		"postgres://gate:hunter2@db:99999999/tenantgate",
		"postgres://gate:%zzhunter2@db/tenantgate",
		"postgres://gate:hunter2@db/tenantgate?sslmode=sideways",
		"host=db password=hunter2 port=many",
		"postgres://gate:hunter2@db/tenantgate?sslmode=verify-full&sslrootcert=/no/such/file",
	} {
		_, openErr := postgres.Open(t.Context(), dsn, postgres.Options{})
		_, migrateErr := postgres.Migrate(t.Context(), dsn)
		for _, err := range []error{openErr, migrateErr} {
			if err == nil {
				t.Errorf("%q: no error", dsn)
				continue
			}
			got := err.Error()
			if !strings.Contains(got, "database") || !strings.Contains(got, "DATABASE_URL") || strings.Contains(got, "hunter2") {
				t.Errorf("%q: error %q, want one that names database and DATABASE_URL, without the password", dsn, got)
			}
		}
	}
}

func TestOpenGivesUpAtOnceOnARefusal(t *testing.T) {
	t.Parallel()
	dsn := signedInAs(t, "nobody_hunter2", tenancytest.Postgres(t))
	began := time.Now()
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	wantError(t, err, "password authentication failed")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v, want an answer at once", took)
	}
}

func TestOpenWaitsForPostgres(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	// Nobody there for as long as we are willing to wait.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := postgres.Open(ctx, server.URL("postgres"), postgres.Options{Logger: slog.New(slog.DiscardHandler)})
	wantError(t, err, "Postgres is not there (DATABASE_URL)")

	// There after Open has begun to wait, which it logs.
	waiting := make(signal, 1)
	type result struct {
		store *postgres.Store
		err   error
	}
	opened := make(chan result, 1)
	go func() {
		store, err := postgres.Open(t.Context(), server.URL("postgres"), postgres.Options{Logger: slog.New(slog.NewTextHandler(waiting, nil))})
		opened <- result{store, err}
	}()
	line := <-waiting
	if password := strings.Split(strings.Split(server.URL("x"), ":")[2], "@")[0]; bytes.Contains(line, []byte(password)) {
		t.Error("the log has the password")
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := <-opened
	if got.err != nil {
		t.Fatalf("Open: %v", got.err)
	}
	got.store.Close()
}

// A signal passes on what is written to it.
type signal chan []byte

func (s signal) Write(line []byte) (int, error) {
	s <- bytes.Clone(line)
	return len(line), nil
}

// Every method says ErrUnavailable while Postgres is away, soon, and works
// again when it is back, without a new store.
func TestOutage(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	w := world{Store: open(t, server.URL("postgres")), t: t}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	ctx, caller, key := t.Context(), tenancy.Caller{User: anna}, tenancy.Key{User: anna, Tenant: acme}
	calls := map[string]func() error{
		"Ping":          func() error { return w.Ping(ctx) },
		"Membership":    func() error { _, err := w.Membership(ctx, key); return err },
		"TenantNamed":   func() error { _, err := w.TenantNamed(ctx, tenancy.Name{Value: "acme"}); return err },
		"CurrentTenant": func() error { _, err := w.CurrentTenant(ctx, anna); return err },
		"UserOf":        func() error { _, err := w.UserOf(ctx, tenancy.Identity{Issuer: "i", Subject: "s"}); return err },
		"Account":       func() error { _, err := w.Account(ctx, address("anna")); return err },
		"User":          func() error { _, err := w.User(ctx, anna); return err },
		"Tenant":        func() error { _, err := w.Tenant(ctx, caller, acme); return err },
		"ListedTenants": func() error { _, err := w.ListedTenants(ctx, tenancy.Page{Limit: 1}); return err },
		"TenantsOf":     func() error { _, err := w.TenantsOf(ctx, caller, tenancy.Page{Limit: 1}); return err },
		"DeletedTenantsOf": func() error {
			_, err := w.DeletedTenantsOf(ctx, caller, tenancy.Page{Limit: 1})
			return err
		},
		"SwitchTenant": func() error { _, _, err := w.SwitchTenant(ctx, caller, acme); return err },
		"OpenSession": func() error {
			return w.OpenSession(ctx, signIn(anna, "first"))
		},
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		began := time.Now()
		if err := call(); !errors.Is(err, tenancy.ErrUnavailable) {
			t.Errorf("%s while Postgres is away: %v, want ErrUnavailable", name, err)
		}
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("%s while Postgres is away took %v", name, took)
		}
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s when Postgres is back: %v", name, err)
		}
	}
}

// A restart that nobody noticed: connections are dead, and the server is there.
func TestRestartBetweenTwoCallsIsNotNoticed(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	w := world{Store: open(t, server.URL("postgres")), t: t}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	for range 2 {
		if got := w.membership(anna, acme).Role; got != tenancy.RoleAdmin {
			t.Errorf("role %v, want admin", got)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.user("bert") // a write, on a dead connection
}

func TestTimeLimitIsUnavailable(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	exec(t, w.root, `BEGIN`)
	exec(t, w.root, `LOCK TABLE users IN ACCESS EXCLUSIVE MODE`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := w.Membership(ctx, tenancy.Key{User: anna, Tenant: acme}); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("Membership past its deadline: %v, want ErrUnavailable", err)
	}
	if _, err := w.Membership(t.Context(), tenancy.Key{User: anna, Tenant: acme}); !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("Membership behind a lock: %v, want ErrUnavailable from the server's own limit", err)
	}
}
