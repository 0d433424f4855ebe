package replica_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// transaction is one that takes its time.
type transaction struct {
	t    testing.TB
	conn *pgx.Conn
}

func begin(t testing.TB, database string) transaction {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	tx := transaction{t, conn}
	tx.exec("BEGIN")
	return tx
}

func (tx transaction) exec(sql string, args ...any) {
	tx.t.Helper()
	if _, err := tx.conn.Exec(tx.t.Context(), sql, args...); err != nil {
		tx.t.Fatal(err)
	}
}
