package postgres_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// connect returns a connection as the superuser, past every wall.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one returns the single value that a query finds.
func one[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func open(t *testing.T, dsn string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(store.Close)
	return store
}

// A world is one database with people and tenants in it.
type world struct {
	*postgres.Store
	t    *testing.T
	root *pgx.Conn // the superuser, to look behind the store
}

func newWorld(t *testing.T) world {
	t.Helper()
	dsn := tenancytest.Postgres(t)
	return world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
}

func newID() [16]byte { return uuid.Must(uuid.NewV7()) }

func (w world) user(name string) tenancy.UserID {
	w.t.Helper()
	user, err := w.CreateUser(w.t.Context(), tenancy.NewUser{ID: newID(), Email: address(name), Name: name})
	if err != nil {
		w.t.Fatalf("CreateUser(%s): %v", name, err)
	}
	return user.ID
}

func address(name string) tenancy.Email { return tenancy.Email(name + "@example.com") }

func (w world) tenant(slug string, admin tenancy.UserID) tenancy.TenantID {
	w.t.Helper()
	return w.tenantOf(postgres.NewTenant{Slug: slug, Admin: admin})
}

func (w world) tenantOf(wanted postgres.NewTenant) tenancy.TenantID {
	w.t.Helper()
	wanted.ID, wanted.MemberID, wanted.Name = newID(), newID(), wanted.Slug
	if _, err := w.SeedTenant(w.t.Context(), wanted); err != nil {
		w.t.Fatalf("SeedTenant(%s): %v", wanted.Slug, err)
	}
	return wanted.ID
}

// member makes a user and lets them into a tenant.
func (w world) member(tenant tenancy.TenantID, name string, role tenancy.Role) tenancy.UserID {
	w.t.Helper()
	user := w.user(name)
	if err := w.SeedMember(w.t.Context(), tenancy.Member{ID: newID(), TenantID: tenant, UserID: user, Role: role}); err != nil {
		w.t.Fatalf("SeedMember(%s): %v", name, err)
	}
	return user
}

func (w world) membership(user tenancy.UserID, tenant tenancy.TenantID) tenancy.Membership {
	w.t.Helper()
	m, err := w.Membership(w.t.Context(), tenancy.Key{User: user, Tenant: tenant})
	if err != nil {
		w.t.Fatalf("Membership: %v", err)
	}
	return m
}

// add asks for somebody to be let in, by the caller.
func (w world) add(by tenancy.UserID, tenant tenancy.TenantID, email tenancy.Email, role tenancy.Role) (tenancy.Added, error) {
	added, _, err := w.AddMember(w.t.Context(), tenancy.Caller{User: by}, tenant, newMember(email, role))
	return added, err
}

func newMember(email tenancy.Email, role tenancy.Role) tenancy.NewMember {
	id := newID()
	hash := sha256.Sum256(id[:])
	return tenancy.NewMember{
		Email: email, Role: role, MemberID: newID(),
		Invitation: tenancy.NewInvitation{ID: id, TokenHash: hash[:], ExpiresAt: time.Now().Add(7 * 24 * time.Hour)},
	}
}

func (w world) remove(by tenancy.UserID, tenant tenancy.TenantID, email tenancy.Email) error {
	_, err := w.RemoveMember(w.t.Context(), tenancy.Caller{User: by}, tenant, tenancy.MemberRef{Email: email})
	return err
}

// waitFor polls until a condition holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(20 * time.Second); !holds(); <-poll.C {
		if time.Now().After(deadline) {
			t.Fatal("waited 20 s in vain")
		}
	}
}
