package postgres_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var (
	_ manage.Store        = (*postgres.Store)(nil)
	_ tenancy.Memberships = (*postgres.Store)(nil)
	_ tenancy.Directory   = (*postgres.Store)(nil)
	_ tenancy.Identities  = (*postgres.Store)(nil)
)

func TestAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wanted := tenancy.NewUser{ID: newID(), Email: address("anna"), Name: "Anna", PasswordHash: "$argon2id$v=19$x", Role: tenancy.PlatformAdmin}
	created, err := w.CreateUser(t.Context(), wanted)
	want := tenancy.User{ID: wanted.ID, Email: wanted.Email, Name: "Anna", Status: tenancy.StatusActive, Role: tenancy.PlatformAdmin,
		EmailVerified: true, Version: 1}
	ignore := cmpopts.IgnoreFields(tenancy.User{}, "CreatedAt")
	if diff := cmp.Diff(want, created, ignore); err != nil || diff != "" {
		t.Errorf("CreateUser: %v (-want +got):\n%s", err, diff)
	}
	account, err := w.Account(t.Context(), wanted.Email)
	if diff := cmp.Diff(tenancy.Account{User: created, PasswordHash: wanted.PasswordHash}, account); err != nil || diff != "" {
		t.Errorf("Account: %v (-want +got):\n%s", err, diff)
	}
	user, err := w.User(t.Context(), wanted.ID)
	if diff := cmp.Diff(created, user); err != nil || diff != "" {
		t.Errorf("User: %v (-want +got):\n%s", err, diff)
	}
	if _, err := w.Account(t.Context(), address("nobody")); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("Account of nobody: %v, want ErrNotFound", err)
	}
	wanted.ID = newID()
	if _, err := w.CreateUser(t.Context(), wanted); !errors.Is(err, tenancy.ErrAddressTaken) {
		t.Errorf("CreateUser again: %v, want ErrAddressTaken", err)
	}
	exec(t, w.root, `UPDATE users SET status = 'suspended'`)
	if _, err := w.User(t.Context(), created.ID); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("User while suspended: %v, want ErrUserInactive", err)
	}
	if account, err := w.Account(t.Context(), wanted.Email); err != nil || account.Status != tenancy.StatusSuspended {
		t.Errorf("Account while suspended: %v, %v, want its status", account.Status, err)
	}
	if _, err := w.User(t.Context(), newID()); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("User of an unknown id: %v, want ErrUserInactive", err)
	}
}

// The last wall against addresses that ParseEmail would refuse.
func TestSchemaRefusesAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, email := range []string{"Anna@example.com", "\u212Aate@example.com", "jürgen@example.com", "anna", "an na@example.com", "a@b@example.com", ""} {
		if _, err := w.CreateUser(t.Context(), tenancy.NewUser{ID: newID(), Email: tenancy.Email(email)}); err == nil {
			t.Errorf("CreateUser(%q) succeeded", email)
		}
	}
}

func TestUserOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bert, sam := w.user("bert"), w.user("sam")
	exec(t, w.root, `UPDATE users SET status = 'suspended' WHERE id = $1`, sam)
	exec(t, w.root, `INSERT INTO user_identities VALUES ('https://idp', 'bert-1', $1)`, bert)
	known := func(subject, email string, verified, provision bool) tenancy.Identity {
		return tenancy.Identity{Issuer: "https://idp", Subject: subject, Email: email, EmailVerified: verified, Provision: provision}
	}
	for _, c := range []struct {
		name     string
		identity tenancy.Identity
		want     tenancy.UserID
	}{
		{"mapped", known("bert-1", "", false, false), bert},
		{"mapped: the address of today plays no part", known("bert-1", "sam@example.com", true, true), bert},
		{"the same subject of another issuer", tenancy.Identity{Issuer: "https://other", Subject: "bert-1"}, tenancy.UserID{}},
		{"not to be provisioned", known("bert-2", "bert@example.com", true, false), tenancy.UserID{}},
		{"an unverified address", known("bert-2", "bert@example.com", false, true), tenancy.UserID{}},
		{"an address we do not take", known("bert-2", "\u212Aate@example.com", true, true), tenancy.UserID{}},
		{"no address", known("bert-2", "", true, true), tenancy.UserID{}},
		{"no subject", known("", "bert@example.com", true, true), tenancy.UserID{}},
		{"a NUL in the subject", known("a\x00b", "bert@example.com", true, true), tenancy.UserID{}},
		{"not UTF-8", known("a\xff", "bert@example.com", true, true), tenancy.UserID{}},
		{"a subject past 255 bytes", known(strings.Repeat("x", 256), "bert@example.com", true, true), tenancy.UserID{}},
		{"an account of that address, in any case", known("bert-3", "BERT@Example.com", true, true), bert},
		{"a suspended account", known("sam-1", "sam@example.com", true, true), sam},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := w.UserOf(t.Context(), c.identity); err != nil || got != c.want {
				t.Errorf("UserOf = %v, %v, want %v", got, err, c.want)
			}
		})
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM user_identities`); got != 3 {
		t.Errorf("%d identities are mapped, want 3", got)
	}
}

func TestUserOfProvisionsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	identity := tenancy.Identity{Issuer: "https://idp", Subject: "new", Email: "New@example.com", EmailVerified: true,
		Name: " New\x00 Person\u202e" + strings.Repeat("é", 300), Provision: true}
	var group sync.WaitGroup
	found := make([]tenancy.UserID, 10)
	for i := range found {
		group.Go(func() {
			var err error
			if found[i], err = w.UserOf(t.Context(), identity); err != nil {
				t.Errorf("UserOf: %v", err)
			}
		})
	}
	group.Wait()
	user, err := w.User(t.Context(), found[0])
	if err != nil || user.Email != "new@example.com" || user.Role != tenancy.PlatformUser || !strings.HasPrefix(user.Name, "New Personé") {
		t.Errorf("made %+v, %v, want a plain user of that address and name", user, err)
	}
	for _, id := range found {
		if id != found[0] {
			t.Errorf("one request got %v, another %v", found[0], id)
		}
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id IS NULL AND actor_id IS NULL`); got != 2 {
		t.Errorf("got %d audit rows, want 2: the user made, the identity mapped", got)
	}
}

func TestAssertionKeyIsTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	keys := make([]ed25519.PrivateKey, 5)
	for i := range keys {
		group.Go(func() {
			_, candidate, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Error(err)
				return
			}
			if keys[i], err = w.AssertionKey(t.Context(), candidate); err != nil {
				t.Errorf("AssertionKey: %v", err)
			}
		})
	}
	group.Wait()
	for _, key := range keys {
		if len(key) != ed25519.PrivateKeySize || !key.Equal(keys[0]) {
			t.Errorf("replicas got different keys")
		}
	}
	exec(t, w.root, `UPDATE gateway_keys SET private_key = '\x00'`)
	_, err := w.AssertionKey(t.Context(), keys[0])
	wantError(t, err, "loading assertion key: the stored key is not PKCS #8")
}
