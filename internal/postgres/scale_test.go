package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// A tenant of 100,000 members with as many log entries, and a person in 5,000
// tenants: every list goes by an index, and how long a page takes is logged.
func TestListsOfBigTenants(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	w := world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna := w.user("anna")
	acme := w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 200_000})
	exec(t, w.root, `SET session_replication_role = replica`) // the fill is no write that anybody has to hear of
	exec(t, w.root, `WITH people AS (
			INSERT INTO users (id, email, name) SELECT gen_random_uuid(), 'p' || n || '@example.com', 'Person ' || n FROM generate_series(1, 99999) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, id, 'viewer' FROM people`, acme)
	exec(t, w.root, `WITH made AS (INSERT INTO tenants (id, name, slug) SELECT gen_random_uuid(), 'T', 't' || n FROM generate_series(1, 4999) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), id, $1, 'admin' FROM made`, anna)
	exec(t, w.root, `INSERT INTO audit_log (id, tenant_id, at, actor_id, action, target, seq, prev_hash, hash)
		SELECT gen_random_uuid(), $1, now() + n * interval '1 s', gen_random_uuid(), 'test.case', '', n, sha256(''), sha256('') FROM generate_series(100, 100000) n`, acme)
	exec(t, w.root, `RESET session_replication_role`)
	for _, table := range []string{"users", "tenants", "tenant_users", "audit_log"} {
		exec(t, w.root, `VACUUM ANALYZE `+table)
	}
	w.plans(dsn, acme, anna)

	by := tenancy.Caller{User: anna}
	middle := tenancy.Page{Limit: 51, After: tenancy.MemberID{0x80}}
	for name, ask := range map[string]func() error{
		"members, a page": func() error {
			_, err := w.Members(t.Context(), by, acme, tenancy.MemberFilter{Page: middle})
			return err
		},
		"members, admins": func() error {
			_, err := w.Members(t.Context(), by, acme, tenancy.MemberFilter{Role: tenancy.RoleAdmin, Page: tenancy.Page{Limit: 51}})
			return err
		},
		"seats": func() error { _, err := w.Seats(t.Context(), by, acme); return err },
		"own tenants": func() error {
			_, err := w.TenantsOf(t.Context(), by, tenancy.Page{Limit: 51, After: tenancy.TenantID{0x80}})
			return err
		},
		"log, a page": func() error {
			_, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 51})
			return err
		},
	} {
		var times []time.Duration
		for range 30 {
			started := time.Now()
			if err := ask(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			times = append(times, time.Since(started))
		}
		slices.Sort(times)
		t.Logf("%-18s p50 %v, p99 %v", name, times[15], times[29])
	}
}

// plans fails where the plan of a list reads a whole table.
func (w world) plans(dsn string, id tenancy.TenantID, user tenancy.UserID) {
	w.t.Helper()
	conn := asGateway(w.t, dsn)
	exec(w.t, conn, `SELECT set_config('app.tenant_id', $1, false), set_config('app.user_id', $2, false)`, id.String(), user.String())
	check := func(name, sql string, args ...any) {
		rows, err := conn.Query(w.t.Context(), `EXPLAIN `+sql, args...)
		if err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				w.t.Fatal(err)
			}
			plan = append(plan, line)
		}
		for _, table := range []string{"tenant_users", "audit_log", "tenants", "invitations"} {
			if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan on "+table) || !strings.Contains(text, "Index") {
				w.t.Errorf("%s reads all of %s:\n%s", name, table, text)
			}
		}
	}
	page := tenancy.Page{Limit: 51}
	for _, filter := range []tenancy.MemberFilter{
		{Page: page}, {Role: tenancy.RoleAdmin, Page: page}, {Role: tenancy.RoleViewer, Page: page}, {Status: tenancy.StatusSuspended, Page: page},
		{Role: tenancy.RoleViewer, Status: tenancy.StatusActive, Page: page}, {Text: "person 77", Page: page},
	} {
		sql, args := postgres.MembersSQL(id, filter)
		check(fmt.Sprintf("members %+v", filter), sql, args...)
	}
	now := time.Now()
	for _, query := range []tenancy.AuditQuery{
		{}, {OldestFirst: true}, {From: now, To: now.Add(time.Hour)}, {Actor: user}, {Action: "member.added"}, {Action: "member.*"},
		{Action: "test.case", Actor: user, From: now}, {After: tenancy.AuditPlace{At: now, Seq: 5}},
	} {
		query.Limit = 51
		sql, args := postgres.EntriesSQL(id, query)
		check(fmt.Sprintf("log %+v", query), sql, args...)
	}
}
