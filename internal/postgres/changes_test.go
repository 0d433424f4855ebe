package postgres_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// told returns the changes since the last call, one a line.
func (w world) told() []string {
	w.t.Helper()
	rows, err := w.root.Query(w.t.Context(), `
		DELETE FROM changes RETURNING id, kind || coalesce(' tenant ' || right(tenant_id::text, 2), '') || coalesce(' user ' || right(user_id::text, 2), '')
			|| coalesce(' ' || nullif(array_to_string(slugs || domains, ' '), ''), '')`)
	if err != nil {
		w.t.Fatal(err)
	}
	var id int64
	var line string
	var lines []string
	if _, err := pgx.ForEachRow(rows, []any{&id, &line}, func() error {
		lines = append(lines, line)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return lines
}

func TestWritesOfAnybodyAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exec(t, w.root, `SET search_path = pg_temp, public`)
	exec(t, w.root, `CREATE TEMP TABLE changes (LIKE public.changes)`) // of somebody who would rather not be told of
	exec(t, w.root, `SET search_path = public, pg_temp`)
	for _, c := range []struct {
		sql  string
		want []string
	}{
		{`INSERT INTO users (id, email) VALUES ('01000000-0000-0000-0000-0000000000a1', 'anna@example.com')`, []string{"user user a1"}},
		{`INSERT INTO tenants (id, name, slug) VALUES ('01000000-0000-0000-0000-0000000000ac', 'Acme', 'acme')`, []string{"tenant tenant ac acme"}},
		{`INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), t.id, u.id, 'admin' FROM tenants t, users u`, []string{"member tenant ac user a1"}},
		{`INSERT INTO sessions (id, user_id, created_at, expires_at) SELECT gen_random_uuid(), id, now(), now() + interval '1 hour' FROM users`, nil},
		{`INSERT INTO user_identities (issuer, subject, user_id) SELECT 'https://idp.example', 'anna', id FROM users`, []string{"identity user a1"}},
		{`INSERT INTO tenant_configs (tenant_id, key, value) SELECT id, 'join_policy', '"open"' FROM tenants`, []string{"config tenant ac"}},
		{`UPDATE users SET name = 'Anna', password_hash = '$argon2id$'`, nil},
		{`UPDATE users SET status = status`, nil},
		{`UPDATE users SET email = 'ada@example.com'`, []string{"user user a1"}},
		{`UPDATE users SET email_verified_at = NULL`, []string{"user user a1"}},
		{`UPDATE users SET tokens_not_before = now()`, []string{"user user a1"}},
		{`UPDATE users SET current_tenant_id = '01000000-0000-0000-0000-0000000000ac'`, []string{"user user a1"}},
		{`UPDATE sessions SET expires_at = now() + interval '2 hours'`, nil},
		{`UPDATE sessions SET ended_at = now()`, []string{"session user a1"}},
		{`UPDATE tenants SET name = 'Acme Ltd', max_users = 30`, nil},
		{`UPDATE tenants SET slug = 'acme-2', domain = 'acme.example.com'`, []string{"tenant tenant ac acme acme-2 acme.example.com"}},
		{`UPDATE tenants SET status = 'suspended'`, []string{"tenant tenant ac acme-2 acme.example.com"}},
		{`UPDATE tenant_users SET joined_at = now()`, nil},
		{`UPDATE tenant_users SET role = 'member'`, []string{"member tenant ac user a1"}},
		{`UPDATE tenant_configs SET value = '"closed"'`, []string{"config tenant ac"}},
		{`DELETE FROM tenant_users`, []string{"user user a1", "member tenant ac user a1"}},
		{`DELETE FROM user_identities`, []string{"identity user a1"}},
		{`DELETE FROM tenant_configs`, []string{"config tenant ac"}},
		{`DELETE FROM users`, []string{"user user a1"}},
		{`DELETE FROM tenants`, []string{"tenant tenant ac acme-2 acme.example.com"}},
		{`TRUNCATE tenant_users`, []string{"truncate"}},
	} {
		exec(t, w.root, c.sql)
		if diff := cmp.Diff(c.want, w.told()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.sql, diff)
		}
	}
}

func TestChangesOfManyMembersAreToldAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exec(t, w.root, `INSERT INTO tenants (id, name, slug, max_users) VALUES
		('01000000-0000-0000-0000-0000000000ac', 'Acme', 'acme', 1000), ('01000000-0000-0000-0000-0000000000ad', 'Adam', 'adam', 1000)`)
	exec(t, w.root, `INSERT INTO users (id, email) SELECT gen_random_uuid(), 'u' || n || '@example.com' FROM generate_series(1, 101) n`)
	w.told()
	for _, c := range []struct{ users, rows int }{{100, 100}, {101, 1}} {
		exec(t, w.root, fmt.Sprintf(`INSERT INTO tenant_users (id, tenant_id, user_id, role)
			SELECT gen_random_uuid(), '01000000-0000-0000-0000-0000000000ac', id, 'viewer' FROM users ORDER BY email LIMIT %d`, c.users))
		if got := w.told(); len(got) != c.rows {
			t.Errorf("adding %d members in one statement: got %d rows, want %d", c.users, len(got), c.rows)
		}
		exec(t, w.root, `UPDATE tenant_users SET role = 'member'`)
		if got := w.told(); len(got) != c.rows {
			t.Errorf("changing %d members in one statement: got %d rows, want %d", c.users, len(got), c.rows)
		}
		exec(t, w.root, `DELETE FROM tenant_users`)
		w.told()
	}
}
