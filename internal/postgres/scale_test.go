package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// bigTenants fills a database: a tenant of 100,000 members with 20,000 log
// entries and 5,000 invitations, and a platform admin in 5,000 tenants.
func bigTenants(t *testing.T) (w world, dsn string, acme tenancy.TenantID, anna tenancy.UserID) {
	t.Helper()
	dsn = tenancytest.Postgres(t)
	w = world{Store: open(t, dsn), t: t, root: connect(t, dsn)}
	anna = w.user("anna")
	acme = w.tenantOf(postgres.NewTenant{Slug: "acme", Admin: anna, MaxUsers: 200_000})
	exec(t, w.root, `UPDATE users SET role = 'platform_admin' WHERE id = $1`, anna)
	// A connection of its own, since what it has read itself is counted at its end, if not before.
	filler := connect(t, dsn)
	exec(t, filler, `SET session_replication_role = replica`) // the fill is no write that anybody has to hear of
	exec(t, filler, `SET synchronous_commit = off`)
	for _, fill := range []string{
		`WITH people AS (
			INSERT INTO users (id, email, name)
			SELECT gen_random_uuid(), 'p' || n || '@example.com', 'Person N' || n FROM generate_series(1, 99999) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), $1, id, 'viewer' FROM people WHERE $2::uuid IS NOT NULL`,
		`INSERT INTO users (id, email, name) SELECT gen_random_uuid(), 'q' || n || '@example.org', 'Stranger' FROM generate_series(1, 5000) n
		WHERE $1::uuid <> $2::uuid`,
		`WITH made AS (
			INSERT INTO tenants (id, name, slug) SELECT gen_random_uuid(), 'T', 't' || n FROM generate_series(1, 4999) n RETURNING id)
		INSERT INTO tenant_users (id, tenant_id, user_id, role) SELECT gen_random_uuid(), id, $2, 'admin' FROM made WHERE $1::uuid IS NOT NULL`,
		`INSERT INTO audit_log (id, tenant_id, at, actor_id, action, target, seq, prev_hash, hash)
		SELECT gen_random_uuid(), $1, now() + n * interval '1 s', CASE n % 100 WHEN 0 THEN $2::uuid ELSE gen_random_uuid() END,
			'test.case', '', n, sha256(''), sha256('') FROM generate_series(100, 20000) n`,
		`INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at, invited_by)
		SELECT gen_random_uuid(), $1, 'i' || n || '@example.net', 'viewer', sha256(n::text::bytea), now() + interval '1 day', $2
		FROM generate_series(1, 5000) n`,
	} {
		exec(t, filler, fill, acme, anna)
	}
	exec(t, filler, `RESET session_replication_role`)
	exec(t, filler, `INSERT INTO tenant_seats SELECT tenant_id, count(*) FROM tenant_users GROUP BY tenant_id
		ON CONFLICT (tenant_id) DO UPDATE SET members = excluded.members`)
	for _, table := range []string{"users", "tenants", "tenant_users", "audit_log", "invitations"} {
		exec(t, filler, `VACUUM ANALYZE `+table)
	}
	if err := filler.Close(t.Context()); err != nil {
		t.Fatalf("closing: %v", err)
	}
	return w, dsn, acme, anna
}

// Every list asks as many queries for a page whatever it finds, none of which
// reads a whole table, and how long a page takes is logged.
func TestListsOfBigTenants(t *testing.T) {
	t.Parallel()
	w, dsn, acme, anna := bigTenants(t)
	wire, through := newWire(t, dsn+"&pool_max_conns=1")
	w.settle()
	w.Store = open(t, through)
	scans := wholeReads(t, w.root)
	by, page := tenancy.Caller{User: anna}, tenancy.Page{Limit: 51}
	members := func(filter tenancy.MemberFilter) func() (int, error) {
		filter.Limit = page.Limit
		return func() (int, error) {
			found, err := w.Members(t.Context(), by, acme, filter)
			return len(found.Members), err
		}
	}
	for name, list := range map[string]struct {
		ask  func() (int, error)
		want int
	}{
		"members":              {members(tenancy.MemberFilter{}), 51},
		"members, middle":      {members(tenancy.MemberFilter{Page: tenancy.Page{After: tenancy.MemberID{0x80}}}), 51},
		"members, admins":      {members(tenancy.MemberFilter{Role: tenancy.RoleAdmin}), 1},
		"members, suspended":   {members(tenancy.MemberFilter{Status: tenancy.StatusSuspended}), 0},
		"search, nobody":       {members(tenancy.MemberFilter{Text: "zz"}), 0},
		"search, one":          {members(tenancy.MemberFilter{Text: "n77777"}), 1},
		"search, hundreds":     {members(tenancy.MemberFilter{Text: "P777"}), 51},
		"search, everybody":    {members(tenancy.MemberFilter{Text: "person"}), 51},
		"search, many outside": {members(tenancy.MemberFilter{Text: "stranger"}), 0},
		"invitations": {func() (int, error) {
			list, err := w.Invitations(t.Context(), by, acme, tenancy.InvitationFilter{Page: page})
			return len(list), err
		}, 51},
		"own tenants": {func() (int, error) { list, err := w.TenantsOf(t.Context(), by, page); return len(list), err }, 51},
		"all tenants": {func() (int, error) { list, err := w.AllTenants(t.Context(), by, page); return len(list), err }, 51},
		"log": {func() (int, error) {
			list, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 51})
			return len(list), err
		}, 51},
		"log, of somebody": {func() (int, error) {
			list, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 51, Actor: anna})
			return len(list), err
		}, 51},
		"log, a kind": {func() (int, error) {
			list, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 51, Action: "test.*"})
			return len(list), err
		}, 51},
	} {
		w.measure(wire, name, list.want, list.ask)
	}
	w.searchesAll(acme, anna)
	w.settle()
	if diff := cmp.Diff(scans, wholeReads(t, w.root)); diff != "" {
		t.Errorf("a list has read all of a table (-times before +after):\n%s", diff)
	}
	w.Store = open(t, through)
	read := w.membersRead()
	w.measure(wire, "seats", 100_000, func() (int, error) { seats, err := w.Seats(t.Context(), by, acme); return seats.Members, err })
	w.settle()
	if read = w.membersRead() - read; read > 10*measured {
		t.Errorf("counting seats has read %d members, want the caller's own each time", read)
	}
	w.plans(dsn, acme, anna)
}

// settle has the server count what was asked.
func (w world) settle() {
	w.t.Helper()
	w.Close()
	waitFor(w.t, func() bool {
		return one[int](w.t, w.root, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`) == 0
	})
}

// membersRead is how many memberships were read so far, by index or not.
func (w world) membersRead() int64 {
	w.t.Helper()
	return one[int64](w.t, w.root, `SELECT coalesce(sum(idx_tup_read), 0)::bigint + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'tenant_users')
		FROM pg_stat_user_indexes WHERE relname = 'tenant_users'`)
}

// measured is how often a page is asked for, of a hundred the slowest but one is the
// 99th percentile; what is slow is asked for a fifth as often.
const (
	measured = 100
	slow     = 50 * time.Millisecond
	// pinged is how long a connection may be idle before the pool pings it first.
	pinged = time.Second
)

// measure asks for a page so often.
func (w world) measure(wire *wire, name string, want int, ask func() (int, error)) {
	w.t.Helper()
	var times []time.Duration
	var trips []int64
	var last time.Time // zero: the first prepares the statements
	for range measured {
		started, before := time.Now(), wire.trips.Load()
		got, err := ask()
		if err != nil || got != want {
			w.t.Errorf("%s: found %d, %v, want %d", name, got, err, want)
			return
		}
		if len(times) >= measured/5 && slices.Max(times) > slow {
			break
		}
		times = append(times, time.Since(started))
		if time.Since(last) < pinged {
			trips = append(trips, wire.trips.Load()-before)
		}
		last = time.Now()
	}
	slices.Sort(times)
	if len(trips) == 0 || slices.Min(trips) != slices.Max(trips) || trips[0] > 8 {
		w.t.Errorf("%s: a page takes %v round trips, want as many each time, at most 8", name, trips)
	}
	w.t.Logf("%-20s p50 %v, p99 of %d %v, %d round trips", name, times[len(times)/2], len(times), times[len(times)-1-len(times)/measured], trips[0])
}

// wholeReads counts how often each of the large tables was read as a whole.
func wholeReads(t *testing.T, conn *pgx.Conn) map[string]int64 {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT relname::text, coalesce(seq_scan, 0) FROM pg_stat_user_tables
		WHERE relname IN ('tenant_users', 'audit_log', 'tenants', 'invitations')`)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	var table string
	var count int64
	if _, err := pgx.ForEachRow(rows, []any{&table, &count}, func() error { counts[table] = count; return nil }); err != nil {
		t.Fatal(err)
	}
	return counts
}

// searchesAll follows a search whose matches are all outside of the tenant to
// its end: each page is short and looks at a part of the members.
func (w world) searchesAll(id tenancy.TenantID, user tenancy.UserID) {
	w.t.Helper()
	filter := tenancy.MemberFilter{Text: "stranger", Page: tenancy.Page{Limit: 51}}
	for pages := 1; ; pages++ {
		found, err := w.Members(w.t.Context(), tenancy.Caller{User: user}, id, filter)
		if err != nil {
			w.t.Fatal(err)
		}
		if found.More.IsZero() {
			if pages != 11 {
				w.t.Errorf("a search through 100,000 members took %d pages, want 10 and the end", pages)
			}
			return
		}
		filter.After = found.More
	}
}

// plans looks at queries that data of another kind could make go another way.
func (w world) plans(dsn string, id tenancy.TenantID, user tenancy.UserID) {
	w.t.Helper()
	conn := asGateway(w.t, dsn)
	exec(w.t, conn, `SELECT set_config('app.tenant_id', $1, false), set_config('app.user_id', $2, false)`, id.String(), user.String())
	w.plan(conn, "search, people", postgres.PeopleSQL, "n7")
	now := time.Now()
	for _, query := range []tenancy.AuditQuery{
		{}, {OldestFirst: true}, {From: now, To: now.Add(time.Hour)}, {Actor: user}, {Action: "member.added"}, {Action: "member.*"},
		{Action: "test.case", Actor: user, From: now}, {After: tenancy.AuditPlace{At: now, Seq: 5}},
	} {
		query.Limit = 51
		sql, args := postgres.EntriesSQL(id, query)
		w.plan(conn, fmt.Sprintf("log %+v", query), sql, args...)
	}
	page := tenancy.Page{Limit: 51}
	for name, filter := range map[string]tenancy.MemberFilter{"any": {}, "admins": {Role: tenancy.RoleAdmin}, "suspended": {Status: tenancy.StatusSuspended}} {
		w.plan(conn, "search, rare, "+name, postgres.RareSQL(filter), id, page.After, page.Limit, []tenancy.UserID{user})
		w.plan(conn, "search, common, "+name, postgres.CommonSQL(filter), id, page.After, page.Limit, "p")
	}
}

// plan fails where the plan of a query reads a whole table.
func (w world) plan(conn *pgx.Conn, name, sql string, args ...any) {
	w.t.Helper()
	rows, err := conn.Query(w.t.Context(), `EXPLAIN `+sql, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	text := strings.Join(lines, "\n")
	for _, table := range []string{"tenant_users", "audit_log", "tenants", "invitations"} {
		if strings.Contains(text, "Seq Scan on "+table) || !strings.Contains(text, "Index") {
			w.t.Errorf("%s reads all of %s:\n%s", name, table, text)
		}
	}
}
