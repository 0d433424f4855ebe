package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// login makes a role that may become tenantgate_app, and returns the database as
// that role reaches it.
func login(t *testing.T, dsn string) (role, url string) {
	t.Helper()
	role = "gate_" + strings.ToLower(rand.Text())
	root := connect(t, dsn)
	exec(t, root, `CREATE ROLE `+role+` LOGIN NOINHERIT PASSWORD '`+role+`'`)
	exec(t, root, `GRANT tenantgate_app TO `+role)
	return role, signedInAs(t, role, dsn)
}

// Sixteen requests at a time have the pooler deal its servers out anew all the
// time; each has to meet its own role, settings and statements.
func checkWorks(t *testing.T, store *postgres.Store, dsn string) {
	t.Helper()
	w := world{Store: store, t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	other := w.tenant("other", w.user("bert"))
	var requests sync.WaitGroup
	for range 16 {
		requests.Go(func() {
			for range 20 {
				m, err := store.Membership(context.Background(), tenancy.Key{User: anna, Tenant: acme})
				if err != nil || m.Role != tenancy.RoleAdmin {
					t.Errorf("Membership: role %v, %v", m.Role, err)
				}
				page, err := store.Members(context.Background(), tenancy.Caller{User: anna}, acme, tenancy.MemberFilter{Page: tenancy.Page{Limit: 10}})
				if err != nil || len(page.Members) != 1 {
					t.Errorf("Members: %d, %v, want one", len(page.Members), err)
				}
				if _, err := store.Seats(context.Background(), tenancy.Caller{User: anna}, other); !errors.Is(err, tenancy.ErrNotMember) {
					t.Errorf("Seats of another tenant: %v, want %v", err, tenancy.ErrNotMember)
				}
			}
		})
	}
	requests.Wait()
	if _, _, _, err := store.SetSetting(t.Context(), tenancy.Caller{User: anna}, acme, "custom.x", []byte(`1`), tenancy.Match{}); err != nil {
		t.Errorf("SetSetting: %v", err)
	}
}

func TestPoolerOfSessions(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	_, as := login(t, dsn)
	through := tenancytest.PgBouncer(t, as, "session")
	store, err := postgres.Open(t.Context(), through, postgres.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer store.Close()
	checkWorks(t, store, dsn)
	if err := postgres.CheckSession(t.Context(), through); err != nil {
		t.Errorf("CheckSession: %v", err)
	}
	listener, err := postgres.Listen(t.Context(), through)
	if err != nil {
		t.Fatalf("Listen: %v", err)
	}
	defer listener.Close(context.Background())
	exec(t, connect(t, dsn), `UPDATE users SET tokens_not_before = now()`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if changes, err := listener.Wait(ctx); err != nil || !changes {
		t.Errorf("Wait: changes %v, %v", changes, err)
	}
}

func TestPoolerOfTransactions(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	role, as := login(t, dsn)
	through := tenancytest.PgBouncer(t, as, "transaction")
	_, err := postgres.Open(t.Context(), through, postgres.Options{})
	wantError(t, err, "set pool_mode=session")
	wantError(t, err, `ALTER ROLE "`+role+`" SET role = 'tenantgate_app'`)
	if err := postgres.CheckSession(t.Context(), through); !errors.Is(err, postgres.ErrDealsTransactions) {
		t.Errorf("CheckSession: %v, want %v", err, postgres.ErrDealsTransactions)
	}

	exec(t, connect(t, dsn), `ALTER ROLE `+role+` SET role = 'tenantgate_app'`)
	store, err := postgres.Open(t.Context(), tenancytest.PgBouncer(t, as, "transaction"), postgres.Options{})
	if err != nil {
		t.Fatalf("Open as the message says: %v", err)
	}
	defer store.Close()
	checkWorks(t, store, dsn)
}

// A standby shows what was changed later than the primary: whoever lost access
// would keep it.
func TestStandbyIsRefused(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	dsn := server.URL("postgres")
	w := world{Store: open(t, dsn), t: t}
	anna := w.user("anna")
	key := tenancy.Key{User: anna, Tenant: w.tenant("acme", anna)}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(server.Folder(), "data", "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "the server is a standby (in recovery)"
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	wantError(t, err, want)
	_, err = postgres.Listen(t.Context(), dsn)
	wantError(t, err, want)
	_, err = w.Membership(t.Context(), key) // a store whose server has become one
	wantError(t, err, want)
	if !errors.Is(err, tenancy.ErrUnavailable) {
		t.Errorf("Membership: %v, want %v", err, tenancy.ErrUnavailable)
	}
}
