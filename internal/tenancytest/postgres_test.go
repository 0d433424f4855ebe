package tenancytest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// relations lists the tables that are not Postgres's own.
func relations(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPostgresIsATestsOwn(t *testing.T) {
	t.Parallel()
	mine, other := connect(t, tenancytest.Postgres(t)), connect(t, tenancytest.Postgres(t))
	want := relations(t, other)
	if len(want) == 0 {
		t.Error("a test's database lacks our schema")
	}
	if _, err := mine.Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, relations(t, other)); diff != "" {
		t.Errorf("tables of another test's database (-before +after):\n%s", diff)
	}
}

func TestEmptyPostgres(t *testing.T) {
	t.Parallel()
	if got := relations(t, connect(t, tenancytest.EmptyPostgres(t))); len(got) != 0 {
		t.Errorf("tables: got %q, want none", got)
	}
}

func TestPostgresIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("test", func(t *testing.T) {
		url = tenancytest.Postgres(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil { // left open
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database outlived its test")
	}
}

func TestPostgresServerKilledAndRestarted(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(relations(t, connect(t, server.URL("postgres")))) == 0 {
		t.Error("the schema is gone")
	}
}

// Packages are tested at once, each in a process of its own.
func TestEachProcessHasItsOwnServer(t *testing.T) {
	t.Parallel()
	ours := connect(t, tenancytest.Postgres(t)).Config().Port
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPlayAnotherProcess$", "-test.v")
	other.Env = append(os.Environ(), "TENANCYTEST_ANOTHER=1")
	said, err := other.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if theirs := fmt.Sprintf("port %d\n", ours); !strings.Contains(string(said), "port ") || strings.Contains(string(said), theirs) {
		t.Errorf("another process said %q, want a port other than %d", said, ours)
	}
}

// TestPlayAnotherProcess is that other process; by itself it tests nothing.
func TestPlayAnotherProcess(t *testing.T) {
	if os.Getenv("TENANCYTEST_ANOTHER") != "" {
		fmt.Fprintf(os.Stdout, "port %d\n", connect(t, tenancytest.Postgres(t)).Config().Port)
	}
}
