package pgserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/pgserver"
)

// The test binary plays these parts in a process of its own: as another user,
// in another namespace, or to be killed.
var scenes = map[string]func(ctx context.Context, dir string) error{
	"hold":                  hold,
	"live":                  live,
	"live without mappings": liveWithoutMappings,
}

const sceneVar, dirVar = "PGSERVER_SCENE", "PGSERVER_DIR"

func TestMain(m *testing.M) {
	scene := scenes[os.Getenv(sceneVar)]
	if scene == nil {
		os.Exit(run(m))
	}
	if err := scene(context.Background(), os.Getenv(dirVar)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stage is a copy of the test binary that every user can run.
var stage string

// run makes the stage before any test forks: a file that is open for writing
// in some other child cannot be executed.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pgserver-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		stage, err = filepath.Join(dir, "pgserver.test"), os.Chmod(dir, 0o755)
	}
	var self string
	if err == nil {
		self, err = os.Executable()
	}
	var binary []byte
	if err == nil {
		binary, err = os.ReadFile(self)
	}
	if err == nil {
		err = os.WriteFile(stage, binary, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// hold starts a server, says where it is, and stays until it is killed.
func hold(ctx context.Context, dir string) error {
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir, Volatile: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, server.Folder())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// live takes a server through its whole life and says where it was and as whom
// it ran.
func live(ctx context.Context, dir string) error {
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	if err := query(ctx, server.URL("postgres"), "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)"); err != nil {
		return err
	}
	if err := errors.Join(server.Kill(), server.Restart(ctx)); err != nil {
		return err
	}
	if err := query(ctx, server.URL("postgres"), "INSERT INTO kept VALUES (2)"); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(server.Folder(), "data"))
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%s %d\n", server.Folder(), info.Sys().(*syscall.Stat_t).Uid)
	return server.Stop()
}

// liveWithoutMappings is live where no user namespace can be made, as in most
// containers. The limit holds for our own namespace alone.
func liveWithoutMappings(ctx context.Context, dir string) error {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		return fmt.Errorf("forbidding namespaces: %w", err)
	}
	return live(ctx, dir)
}

func query(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// play prepares a process that plays a scene on dir.
func play(t *testing.T, scene, dir string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), stage)
	cmd.Env = append(append(os.Environ(), sceneVar+"="+scene, dirVar+"="+dir), env...)
	cmd.Dir = "/"
	return cmd
}

// perform runs a scene to its end and returns what it said, line by line.
func perform(t *testing.T, cmd *exec.Cmd) []string {
	t.Helper()
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint.String())
	}
	return strings.Fields(string(said))
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// publicDir returns a directory that every user can pass through: t.TempDir's
// are closed.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgserver-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start starts a server that the test stops.
func start(t *testing.T, options pgserver.Options) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return server
}

func do(t *testing.T, server *pgserver.Server, sql string) {
	t.Helper()
	if err := query(t.Context(), server.URL("postgres"), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// count returns how many rows a table has.
func count(t *testing.T, server *pgserver.Server, table string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// postmaster returns the pid that the server in folder wrote down.
func postmaster(t *testing.T, folder string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether any of a server's processes is there: all of them hold
// its lock. A zombie, which its parent has yet to wait for, holds nothing.
func alive(t *testing.T, folder string) bool {
	t.Helper()
	lock, err := os.Open(filepath.Join(folder, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	return errors.Is(syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
