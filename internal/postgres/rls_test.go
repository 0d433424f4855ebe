package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// asGateway returns a connection in the gateway's role, outside any store: what
// a forgotten WHERE clause or an injected statement would have.
func asGateway(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn := connect(t, dsn)
	exec(t, conn, `SET ROLE tenantgate_app`)
	return conn
}

// Each tenant has two members, one config key beside its join policy, one
// invitation, and at least three entries in its log.
func TestRowSecurityShowsOneTenant(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme, other := w.tenant("acme", anna), w.tenant("other", w.user("olaf"))
	for name, tenant := range map[string]tenancy.TenantID{"a": acme, "o": other} {
		w.member(tenant, name, tenancy.RoleMember)
		exec(t, w.root, `INSERT INTO tenant_configs VALUES ($1, 'greeting', '"hi"'), ($1, 'join_policy', '"open"')`, tenant)
		exec(t, w.root, `INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
			VALUES (gen_random_uuid(), $1, 'x@example.com', 'member', sha256($2), now() + '1 day')`, tenant, tenant[:])
	}
	const theirs = ` WHERE tenant_id IS DISTINCT FROM $1`
	for _, c := range []struct {
		name, tenant, user, table, where string
		want                             int
	}{
		{"no tenant sees no members", "", "", "tenant_users", "", 0},
		{"no tenant sees join policies alone", "", "", "tenant_configs", "", 2},
		{"no tenant sees no invitations", "", "", "invitations", "", 0},
		{"no tenant sees no log, the platform's included", "", "", "audit_log", "", 0},
		{"a tenant sees its members", acme.String(), "", "tenant_users", "", 2},
		{"a tenant sees nobody else's members", acme.String(), "", "tenant_users", theirs, 0},
		{"a tenant sees its invitations", acme.String(), "", "invitations", "", 1},
		{"a tenant sees nobody else's invitations", acme.String(), "", "invitations", theirs, 0},
		{"a tenant sees nobody else's log", acme.String(), "", "audit_log", theirs, 0},
		{"a tenant sees nobody else's config", acme.String(), "", "tenant_configs", theirs + ` AND key <> 'join_policy'`, 0},
		{"a tenant sees its config", acme.String(), "", "tenant_configs", ` WHERE key = 'greeting'`, 1},
		{"a user sees their memberships", "", anna.String(), "tenant_users", "", 1},
		{"a user sees no invitations by being a user", "", anna.String(), "invitations", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := asGateway(t, dsn)
			exec(t, conn, `SELECT set_config('app.tenant_id', $1, false), set_config('app.user_id', $2, false)`, c.tenant, c.user)
			var args []any
			if strings.Contains(c.where, "$1") {
				args = append(args, acme)
			}
			if got := one[int](t, conn, `SELECT count(*) FROM `+c.table+c.where, args...); got != c.want {
				t.Errorf("got %d rows, want %d", got, c.want)
			}
		})
	}
}

func TestRowSecurityRefusesWritesElsewhere(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	acme, other := w.tenant("acme", w.user("anna")), w.tenant("other", w.user("olaf"))
	exec(t, w.root, `INSERT INTO tenant_configs VALUES ($1, 'join_policy', '"open"')`, other)
	const (
		refused = "42501" // insufficient_privilege
		nothing = ""      // no error, and no row touched
	)
	for _, c := range []struct{ name, sql, want string }{
		{"insert a member", `INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, id, 'admin' FROM users WHERE name = 'anna'`, refused},
		{"insert config", `INSERT INTO tenant_configs VALUES ($1, 'greeting', '1')`, refused},
		{"insert an invitation", `INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at) VALUES (gen_random_uuid(), $1, 'x@example.com', 'admin', sha256('x'), now())`, refused},
		{"insert into the log", `INSERT INTO audit_log (id, tenant_id, action, target) VALUES (gen_random_uuid(), $1, 'member.added', 'x')`, refused},
		{"change a member", `UPDATE tenant_users SET role = 'viewer' WHERE tenant_id = $1`, nothing},
		{"delete a member", `DELETE FROM tenant_users WHERE tenant_id = $1`, nothing},
		{"change a join policy that is visible", `UPDATE tenant_configs SET value = '"closed"' WHERE tenant_id = $1`, nothing},
		{"delete a join policy that is visible", `DELETE FROM tenant_configs WHERE tenant_id = $1`, nothing},
		{"rewrite the log", `UPDATE audit_log SET target = '' WHERE tenant_id = $1`, refused},
		{"shorten the log", `DELETE FROM audit_log WHERE tenant_id = $1`, refused},
		{"delete a tenant", `DELETE FROM tenants WHERE id = $1`, refused},
		{"delete people", `DELETE FROM users WHERE current_tenant_id = $1`, refused},
		{"rewrite the schema's version", `UPDATE goose_db_version SET is_applied = ($1::uuid IS NULL)`, refused},
		{"delete the signing key", `DELETE FROM gateway_keys WHERE id = $1`, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := asGateway(t, dsn)
			exec(t, conn, `SELECT set_config('app.tenant_id', $1, false)`, acme.String())
			done, err := conn.Exec(t.Context(), c.sql, other)
			if got := sqlState(err); got != c.want || done.RowsAffected() != 0 {
				t.Errorf("got SQLSTATE %q and %d rows, want %q and none", got, done.RowsAffected(), c.want)
			}
		})
	}
}
