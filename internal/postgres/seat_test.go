package postgres_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// recount fails where the count that is kept is not that of the rows.
func (w world) recount(what string) {
	w.t.Helper()
	wrong := one[int](w.t, w.root, `
		SELECT count(*) FROM tenants t LEFT JOIN tenant_seats s ON s.tenant_id = t.id
		WHERE coalesce(s.members, 0) <> (SELECT count(*) FROM tenant_users m WHERE m.tenant_id = t.id)`)
	if wrong != 0 {
		w.t.Errorf("%s: the seats of %d tenants are miscounted", what, wrong)
	}
}

// Members are counted whoever adds and removes them, and by whichever statement.
func TestSeatsAreCountedForAnybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert := w.user("anna"), w.user("bert")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 4})
	other := w.tenant("other", bert)
	w.recount("made")
	exec(t, w.root, `WITH people AS (INSERT INTO users (id, email) SELECT gen_random_uuid(), 'p' || n || '@example.com' FROM generate_series(1, 3) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), t.id, p.id, 'viewer' FROM people p, tenants t`)
	w.recount("many in both, by SQL")
	if _, err := w.add(anna, acme, address("bert"), tenancy.RoleViewer); err == nil {
		t.Error("a fifth member of four was let in: SQL's do not count")
	}
	exec(t, w.root, `INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, user_id, 'viewer' FROM tenant_users
		ON CONFLICT (tenant_id, user_id) DO NOTHING`, other)
	w.recount("some that are there already")
	exec(t, w.root, `BEGIN`)
	exec(t, w.root, `DELETE FROM tenant_users WHERE role = 'viewer'`)
	exec(t, w.root, `ROLLBACK`)
	w.recount("rolled back")
	exec(t, w.root, `DELETE FROM users WHERE email = 'p1@example.com'`)
	w.recount("a person erased")
	if seats, err := w.Seats(t.Context(), tenancy.Caller{User: anna}, acme); err != nil || seats.Members != 3 || seats.Available() != 1 {
		t.Errorf("seats %+v, %v, want 3 of 4 taken", seats, err)
	}
	exec(t, w.root, `DELETE FROM tenant_users WHERE tenant_id = $1 AND role = 'viewer'`, other)
	w.recount("removed by SQL")
	exec(t, w.root, `UPDATE tenants SET status = 'deleted' WHERE id = $1`, other)
	exec(t, w.root, `SELECT set_config('app.erasing', $1, false)`, other.String())
	exec(t, w.root, `DELETE FROM tenants WHERE id = $1`, other)
	if n := one[int](t, w.root, `SELECT count(*) FROM tenant_seats`); n != 1 {
		t.Errorf("%d tenants have seats, want acme alone", n)
	}
	exec(t, w.root, `TRUNCATE tenant_users`)
	w.recount("truncated")
}
