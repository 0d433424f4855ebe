package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// claim makes an account that only says an address is its own.
func (w world) claim(name string) tenancy.UserID {
	w.t.Helper()
	id := tenancy.UserID(newID())
	exec(w.t, w.root, `INSERT INTO users (id, email, name, password_hash, email_verified_at) VALUES ($1, $2, 'Claimant', '$argon2id$x', NULL)`,
		id, address(name))
	return id
}

func TestClaimedAddressIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claimant := w.claim("anna")
	w.claim("anna") // anybody may claim, any number of times
	admin := w.user("boss")
	tenant := w.tenant("acme", admin)

	if _, err := w.Account(t.Context(), address("anna")); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("Account: got %v, want ErrNotFound", err)
	}
	added, err := w.add(admin, tenant, address("anna"), tenancy.RoleMember)
	if err != nil || added.Member != nil || added.Invitation == nil {
		t.Errorf("adding the address: got %+v, %v, want an invitation: the mail proves whose it is", added, err)
	}
	identity := tenancy.Identity{Issuer: "https://id.example.com", Subject: "1", Email: "anna@example.com", EmailVerified: true, Provision: true}
	owner, err := w.UserOf(t.Context(), identity)
	if err != nil || owner.IsZero() || owner == claimant {
		t.Errorf("provisioning the address: got %v, %v, want an account of its own", owner, err)
	}
	if account, err := w.Account(t.Context(), address("anna")); err != nil || account.ID != owner || !account.EmailVerified {
		t.Errorf("Account: got %+v, %v, want the owner", account, err)
	}
}

func TestClaimedAddressIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claimant := w.claim("anna")
	tenant := w.tenant("acme", claimant)
	if m := w.membership(claimant, tenant); m.Role != tenancy.RoleAdmin || m.Email != "" {
		t.Errorf("membership of a claimant: got role %v and address %q, want admin and none", m.Role, m.Email)
	}
}

func TestOneAccountOwnsAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, claimant := w.user("anna"), w.claim("anna")
	_, err := w.root.Exec(t.Context(), `UPDATE users SET email_verified_at = now() WHERE id = $1`, claimant)
	wantError(t, err, "users_email_key")
	exec(t, w.root, `UPDATE users SET status = 'deleted' WHERE id = $1`, owner)
	next := w.user("anna") // the address was given to somebody else
	if next == owner {
		t.Error("the recycled address leads to the account of before")
	}
	_, err = w.root.Exec(t.Context(), `UPDATE users SET status = 'active' WHERE id = $1`, owner)
	wantError(t, err, "users_email_key")
}

func TestRemovalByAddressPrefersItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claimant := w.claim("anna")
	tenant := w.tenant("acme", claimant)
	owner := w.member(tenant, "anna", tenancy.RoleMember)
	if err := w.remove(claimant, tenant, address("anna")); err != nil {
		t.Fatal(err)
	}
	if got := w.membership(owner, tenant).Role; got != tenancy.RoleNone {
		t.Errorf("the owner has role %v, want to be gone", got)
	}
	if got := w.membership(claimant, tenant).Role; got != tenancy.RoleAdmin {
		t.Errorf("the claimant has role %v, want admin as before", got)
	}
}

func TestInvitationIsReadByItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.tenant("acme", w.user("boss"))
	other := w.tenant("globex", w.user("chief"))
	for _, id := range []tenancy.TenantID{tenant, other} {
		exec(t, w.root, `INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
			VALUES ($1, $2, 'x@example.com', 'viewer', sha256($3), now() + interval '1 hour')`, newID(), id, id[:])
	}
	for name, c := range map[string]struct {
		token string
		want  int
	}{"no token": {"", 0}, "the token": {"sha256", 1}} {
		err := pgx.BeginFunc(t.Context(), w.root, func(tx pgx.Tx) error {
			exec := func(sql string, args ...any) {
				if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
			exec(`SET LOCAL ROLE tenantgate_app`)
			if c.token != "" {
				exec(`SELECT set_config('app.token_hash', encode(sha256($1), 'hex'), true)`, tenant[:])
			}
			var got int
			err := tx.QueryRow(t.Context(), `SELECT count(*) FROM invitations`).Scan(&got)
			if got != c.want {
				t.Errorf("%s: %d invitations, want %d", name, got, c.want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
