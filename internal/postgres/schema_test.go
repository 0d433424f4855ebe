package postgres_test

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
	"github.com/tenantgate/tenantgate/migrations"
)

func TestMigrateFromManyProcessesAppliesOnce(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.EmptyPostgres(t)
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		applied []postgres.Migration
	)
	for range 3 {
		group.Go(func() {
			got, err := postgres.Migrate(t.Context(), dsn)
			if err != nil {
				t.Errorf("Migrate: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, got...)
		})
	}
	group.Wait()
	want := embedded(t)
	ignoreTime := cmpopts.IgnoreFields(postgres.Migration{}, "AppliedAt")
	if diff := cmp.Diff(want, applied, ignoreTime); diff != "" {
		t.Errorf("applied by all together (-want +got):\n%s", diff)
	}
	if again, err := postgres.Migrate(t.Context(), dsn); err != nil || len(again) != 0 {
		t.Errorf("Migrate again = %v, %v, want nothing to do", again, err)
	}
	open(t, dsn)
}

// embedded lists the migrations of this binary, by their files' names.
func embedded(t *testing.T) []postgres.Migration {
	t.Helper()
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var list []postgres.Migration
	for _, name := range names {
		var version int64
		if _, err := fmt.Sscanf(name, "%d_", &version); err != nil {
			t.Fatalf("%s has no number: %v", name, err)
		}
		list = append(list, postgres.Migration{Version: version, Name: name})
	}
	return list
}

func TestMigrationStatus(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.EmptyPostgres(t)
	status := func() string {
		list, err := postgres.MigrationStatus(t.Context(), dsn)
		if err != nil {
			t.Fatalf("MigrationStatus: %v", err)
		}
		var lines []string
		for _, m := range list {
			lines = append(lines, fmt.Sprintf("%d %s applied=%t", m.Version, m.Name, !m.AppliedAt.IsZero()))
		}
		return strings.Join(lines, "\n")
	}
	var before, after strings.Builder
	for _, m := range embedded(t) {
		fmt.Fprintf(&before, "%d %s applied=false\n", m.Version, m.Name)
		fmt.Fprintf(&after, "%d %s applied=true\n", m.Version, m.Name)
	}
	if got, want := status(), strings.TrimSpace(before.String()); got != want {
		t.Errorf("before: got %q, want %q", got, want)
	}
	if _, err := postgres.Migrate(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	exec(t, connect(t, dsn), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)`)
	if got, want := status(), after.String()+"900  applied=true"; got != want {
		t.Errorf("after: got %q, want %q", got, want)
	}
}

func TestOpenRefusesAnUnmigratedDatabase(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), tenancytest.EmptyPostgres(t), postgres.Options{})
	wantError(t, err, "run `tenantgate migrate up`")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	exec(t, connect(t, dsn), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, true)`)
	const want = "the database is at 900: use a newer binary"
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	wantError(t, err, want)
	_, err = postgres.Migrate(t.Context(), dsn)
	wantError(t, err, want)
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, latest int64
		want            string
	}{
		{0, 3, "the database has no schema yet: run `tenantgate migrate up`"},
		{1, 3, "the database is at 001, this binary needs 003: run `tenantgate migrate up`"},
		{3, 3, ""},
		{4, 3, "this binary knows up to 003, the database is at 004: use a newer binary"},
	} {
		got := ""
		if err := postgres.CheckVersion(c.version, c.latest); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("CheckVersion(%d, %d) = %q, want %q", c.version, c.latest, got, c.want)
		}
	}
}

func TestOpenRefusesADatabaseWithoutRowSecurity(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	exec(t, connect(t, dsn), `ALTER TABLE invitations DISABLE ROW LEVEL SECURITY`)
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	wantError(t, err, "row-level security does not hold")
}

// A gateway that may not act as tenantgate_app, or may not make that role, says
// what a superuser has to run.
func TestMissingRightsNameTheCommand(t *testing.T) {
	t.Parallel()
	empty := tenancytest.EmptyPostgres(t)
	root := connect(t, empty)
	plain := "plain_" + strings.ToLower(rand.Text())
	exec(t, root, `CREATE ROLE `+plain+` LOGIN PASSWORD '`+plain+`'`)
	exec(t, root, `ALTER DATABASE `+one[string](t, root, `SELECT current_database()`)+` OWNER TO `+plain)
	_, err := postgres.Migrate(t.Context(), signedInAs(t, plain, empty))
	wantError(t, err, "GRANT tenantgate_app TO "+plain)
	_, err = postgres.Open(t.Context(), signedInAs(t, plain, tenancytest.Postgres(t)), postgres.Options{})
	wantError(t, err, `GRANT tenantgate_app TO "`+plain+`"`)

	exec(t, root, `GRANT tenantgate_app TO `+plain)
	if _, err := postgres.Migrate(t.Context(), signedInAs(t, plain, empty)); err != nil {
		t.Errorf("Migrate with the role granted: %v", err)
	}
	open(t, signedInAs(t, plain, empty))
}

// signedInAs returns dsn with another user, whose password is their name.
func signedInAs(t *testing.T, user, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, user)
	return u.String()
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}
