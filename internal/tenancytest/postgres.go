// Package tenancytest is what the tests of all packages share: a real Postgres,
// a real Redis, and the faults that a network has. Only tests import it. What it
// starts ends with the test, or with the test's process.
package tenancytest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
)

// template is the database that tests get copies of.
const template = "tenantgate_template"

// Postgres returns the URL of a database for this test alone, with our schema
// and no rows, for a superuser. The test's process has one server, which starts
// at the first call; the database is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	return copyOf(t, template)
}

// EmptyPostgres is [Postgres] without the schema.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return copyOf(t, "template0")
}

// PostgresServer returns a server for this test alone, to kill and restart; its
// database "postgres" has our schema. It takes a second, so prefer [Postgres].
func PostgresServer(t testing.TB) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(t.TempDir(), "postgres"), Volatile: true})
	if err != nil {
		t.Fatalf("starting Postgres: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Stop(), os.RemoveAll(server.Folder())); err != nil {
			t.Errorf("stopping Postgres: %v", err)
		}
	})
	if _, err := postgres.Migrate(t.Context(), server.URL("postgres")); err != nil {
		t.Fatalf("migrating: %v", err)
	}
	return server
}

func copyOf(t testing.TB, source string) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("starting Postgres: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE "+source); err != nil {
		t.Fatalf("making the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return server.URL(name)
}

// shared returns the process's server. Nothing stops it: it ends with the
// process.
var shared = sync.OnceValues(func() (*pgserver.Server, error) {
	ctx := context.Background()
	dir, err := claimSlot()
	if err != nil {
		return nil, err
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir, Volatile: true})
	if err != nil {
		return nil, err
	}
	if err := execute(ctx, server, "CREATE DATABASE "+template); err != nil {
		return nil, fmt.Errorf("making the template: %w", err)
	}
	if _, err := postgres.Migrate(ctx, server.URL(template)); err != nil {
		return nil, fmt.Errorf("migrating the template: %w", err)
	}
	return server, nil
})

func execute(ctx context.Context, server *pgserver.Server, sql string) error {
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// claimSlot returns a folder that no other test process uses while this one
// lives. A process cannot remove its folder as it exits, so folders have
// numbers and are used again: there are never more than ran at once.
func claimSlot() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for a place for Postgres: %w", err)
	}
	slots := filepath.Join(cache, "tenantgate", "tests")
	if err := os.MkdirAll(slots, 0o700); err != nil {
		return "", fmt.Errorf("making a place for Postgres: %w", err)
	}
	for number := 0; ; number++ {
		slot := filepath.Join(slots, "postgres-"+strconv.Itoa(number))
		// Held open, and so claimed, until the process ends.
		fd, err := syscall.Open(slot+".lock", syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
		if err != nil {
			return "", fmt.Errorf("claiming a place for Postgres: %w", err)
		}
		if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return slot, nil
		}
		if err := syscall.Close(fd); err != nil {
			return "", fmt.Errorf("claiming a place for Postgres: %w", err)
		}
	}
}

// Exec runs SQL on a database as its owner, as an operator or another program
// would.
func Exec(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Count returns how many rows each table has.
func Count(t testing.TB, url string, tables ...string) map[string]int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	counts := make(map[string]int)
	for _, table := range tables {
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

// Rows returns what a query of one column of text finds, a line for each row.
func Rows(t testing.TB, url, sql string, args ...any) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	found, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(rows, "\n")
}
