package gatewaytest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Contents returns a fingerprint of every table of a database. Equal ones mean
// that nothing was written between the two.
func Contents(t testing.TB, url string) map[string]string {
	t.Helper()
	conn := connect(t, url)
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	contents := make(map[string]string, len(tables))
	for _, table := range tables {
		var print string
		sql := "SELECT count(*) || ' rows ' || coalesce(md5(string_agg(r::text, '|' ORDER BY r::text)), '') FROM " +
			pgx.Identifier{table}.Sanitize() + " r"
		if err := conn.QueryRow(t.Context(), sql).Scan(&print); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		contents[table] = print
	}
	return contents
}

// Script runs statements as the superuser, as psql would, and returns how many rows
// they have found or changed together.
func Script(t testing.TB, url, sql string) (rows int64) {
	t.Helper()
	conn := connect(t, url)
	defer conn.Close(context.Background()) // a test may have hundreds of scripts
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s\n%v", sql, err)
	}
	for _, result := range results {
		rows += result.CommandTag.RowsAffected()
	}
	return rows
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
