package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
)

// How many rows the database has. The first person is an admin of every tenant,
// and everybody a member of the first one; where memberships are measured, everybody is a member of the first tenants.
const (
	people        = 1_000
	sharedTenants = 1_000
	tenants       = 10_000
)

// Ids are numbers in the shape of UUIDv7, so that Go and SQL make the same ones.
func userID(n int) string   { return fmt.Sprintf("00000000-0000-7000-8000-%012x", n) }
func tenantID(n int) string { return fmt.Sprintf("00000000-0000-7001-8000-%012x", n) }
func domainOf(n int) string { return fmt.Sprintf("t%d.calls.test", n) }
func sqlID(kind string) string {
	return "('00000000-0000-" + kind + "-8000-' || lpad(to_hex(i), 12, '0'))::uuid"
}

// startPostgres starts a Postgres that is thrown away, and returns the URL of a
// database with the schema and the people in it.
func startPostgres(ctx context.Context, dir string) (url string, stop func(), err error) {
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(dir, "postgres"), Volatile: true})
	if err != nil {
		return "", nil, fmt.Errorf("starting Postgres: %w", err)
	}
	stop = func() { _ = server.Stop() }
	url = server.URL("postgres")
	if _, err = postgres.Migrate(ctx, url); err == nil {
		err = seed(ctx, url)
	}
	if err != nil {
		stop()
		return "", nil, err
	}
	return url, stop, nil
}

// seed writes people and tenants. Triggers are off: they keep order among
// writers, and there is one.
func seed(ctx context.Context, url string) error {
	tenant, user := sqlID("7001"), sqlID("7000")
	statements := []string{
		fmt.Sprintf(`INSERT INTO tenants (id, name, slug, domain, max_users)
			SELECT %s, 'Tenant ' || i, 'tenant-' || i, 't' || i || '.calls.test', 2000000 FROM generate_series(0, %d) i`, tenant, tenants-1),
		fmt.Sprintf(`INSERT INTO users (id, email, name)
			SELECT %s, 'person-' || i || '@calls.test', 'Person ' || i FROM generate_series(0, %d) i`, user, people-1),
		fmt.Sprintf(`INSERT INTO tenant_users (id, tenant_id, user_id, role)
			SELECT gen_random_uuid(), %s, '%s', 'admin' FROM generate_series(0, %d) i`, tenant, userID(0), tenants-1),
		fmt.Sprintf(`INSERT INTO tenant_users (id, tenant_id, user_id, role)
			SELECT gen_random_uuid(), '%s', %s, 'member' FROM generate_series(1, %d) i`, tenantID(0), user, people-1),
	}
	for _, alg := range outside {
		statements = append(statements, fmt.Sprintf(`INSERT INTO user_identities (issuer, subject, user_id)
			SELECT '%s', %[2]s::text, %[2]s FROM generate_series(0, %[3]d) i`, issuerOf(alg), user, people-1))
	}
	return execute(ctx, url, append(statements, "ANALYZE"))
}

// seedMemberships makes everybody a member of the first n tenants.
func seedMemberships(ctx context.Context, url string, n int) error {
	return execute(ctx, url, []string{fmt.Sprintf(`INSERT INTO tenant_users (id, tenant_id, user_id, role)
		SELECT gen_random_uuid(), t.id, u.id, 'member'
		FROM (SELECT %s AS id FROM generate_series(0, %d) i) t, (SELECT %s AS id FROM generate_series(0, %d) i) u
		ON CONFLICT DO NOTHING`, sqlID("7001"), n-1, sqlID("7000"), people-1), "ANALYZE"})
}

// recount does what the triggers would have done.
const recount = `INSERT INTO tenant_seats SELECT tenant_id, count(*) FROM tenant_users GROUP BY tenant_id
	ON CONFLICT (tenant_id) DO UPDATE SET members = excluded.members`

func execute(ctx context.Context, url string, statements []string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("seeding the database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	statements = append([]string{"SET session_replication_role = replica"}, statements...)
	for _, statement := range append(statements, recount) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("seeding the database: %.60s…: %w", strings.Join(strings.Fields(statement), " "), err)
		}
	}
	return nil
}
