package tenancytest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Session is a connection of the database's owner that stays open, so that a
// transaction can take its time.
type Session struct {
	t    testing.TB
	conn *pgx.Conn
}

// Connect opens a session that ends with the test.
func Connect(t testing.TB, url string) Session {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return Session{t, conn}
}

// Exec runs one statement.
func (s Session) Exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}
