package pgserver_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/pgserver"
)

// pretend makes a directory of programs that say what they are told to say.
func pretend(t *testing.T, says string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script := "#!/bin/sh\necho '" + says + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProgramsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, says, want string }{
		{"too old", "postgres (PostgreSQL) 13.4", "it is Postgres 13: want 14 or newer"},
		{"something else", "MariaDB", `it said "MariaDB\n"`},
		{"newer than the data", "postgres (PostgreSQL) 17beta1", "it is Postgres 17, and the data was made by 16"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "server")
			if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("16\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir, BinDir: pretend(t, tc.says)})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestEmptyPGBIN(t *testing.T) {
	t.Parallel()
	scene := play(t, "live", filepath.Join(t.TempDir(), "server"), "PG_BIN="+t.TempDir())
	said, err := scene.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) || !strings.Contains(string(said), "PG_BIN") {
		t.Errorf("got %v and %q, want a failure that names PG_BIN", err, said)
	}
}
