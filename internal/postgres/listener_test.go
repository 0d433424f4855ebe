package postgres_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// TestACrashIsAnotherOrigin: transactions that it lost leave their ids to others.
func TestACrashIsAnotherOrigin(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	origin := func() string {
		l, err := postgres.Listen(t.Context(), server.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close(t.Context())
		return l.Origin()
	}
	before := origin()
	if again := origin(); again != before {
		t.Errorf("origin of the same server: got %q, then %q", before, again)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := origin(); after == before {
		t.Errorf("origin after a crash: got %q again", after)
	}
}
