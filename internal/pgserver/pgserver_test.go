package pgserver_test

import (
	"bufio"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestServerAsksForThePassword(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	server := start(t, pgserver.Options{Dir: dir, Volatile: true})
	do(t, server, "SELECT 1")

	guess, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	guess.User = url.UserPassword("postgres", "postgres")
	var refusal *pgconn.PgError
	if err := query(t.Context(), guess.String(), "SELECT 1"); !errors.As(err, &refusal) || refusal.Code != "28P01" {
		t.Errorf("a guessed password: got %v, want invalid_password (28P01)", err)
	}
	info, err := os.Stat(server.Folder())
	if err != nil {
		t.Fatal(err)
	}
	if others := info.Mode().Perm() & 0o007; others != 0 {
		t.Errorf("the folder with the password is open to others: %v", info.Mode())
	}
}

func TestSecondStartFindsTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	first := start(t, pgserver.Options{Dir: dir})
	do(t, first, "CREATE TABLE kept AS SELECT 1")
	want := first.URL("postgres")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, pgserver.Options{Dir: dir})
	if got := second.URL("postgres"); got != want {
		t.Errorf("URL of the second start:\n got %s\nwant %s", got, want)
	}
	if got := count(t, second, "kept"); got != 1 {
		t.Errorf("rows of the first start: got %d, want 1", got)
	}
}

func TestVolatileStartBeginsAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	first := start(t, pgserver.Options{Dir: dir, Volatile: true})
	do(t, first, "CREATE ROLE left_behind")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, pgserver.Options{Dir: dir, Volatile: true})
	if got := count(t, second, "pg_roles WHERE rolname = 'left_behind'"); got != 0 {
		t.Errorf("roles of the first start: got %d, want 0", got)
	}
}

func TestKilledServerRecovers(t *testing.T) {
	t.Parallel()
	server := start(t, pgserver.Options{Dir: filepath.Join(t.TempDir(), "server")})
	do(t, server, "CREATE TABLE kept AS SELECT 1")
	addr, ended := server.Addr(), server.Ended()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if err := query(t.Context(), server.URL("postgres"), "SELECT 1"); err == nil {
		t.Error("a killed server answers")
	}
	postmaster(t, server.Folder()) // its pid file stays behind
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := server.Addr(); got != addr {
		t.Errorf("address after the restart: got %s, want %s", got, addr)
	}
	if got := count(t, server, "kept"); got != 1 {
		t.Errorf("rows committed before the crash: got %d, want 1", got)
	}
}

// A pid file outlives a crash, and then its pid may be anybody's. Postgres
// itself takes such a process for the old server and refuses to start.
func TestStartDespiteAPidThatIsInUseAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	crashed := start(t, pgserver.Options{Dir: dir})
	pid := postmaster(t, crashed.Folder())
	if err := crashed.Kill(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(crashed.Folder(), "data", "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ours := strings.Replace(string(text), strconv.Itoa(pid), strconv.Itoa(os.Getppid()), 1)
	if err := os.WriteFile(file, []byte(ours), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, start(t, pgserver.Options{Dir: dir}), "SELECT 1")
}

// A crash while Postgres wrote its pid file leaves an empty one.
func TestStartDespiteAnEmptyPidFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	crashed := start(t, pgserver.Options{Dir: dir})
	if err := crashed.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(crashed.Folder(), "data", "postmaster.pid"), 0); err != nil {
		t.Fatal(err)
	}
	do(t, start(t, pgserver.Options{Dir: dir}), "SELECT 1")
}

func TestFolderInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server")
	server := start(t, pgserver.Options{Dir: dir})
	refuses := func(t *testing.T) {
		t.Helper()
		_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
		if !errors.Is(err, pgserver.ErrInUse) {
			t.Fatalf("second Start: got %v, want ErrInUse", err)
		}
		if pid := strconv.Itoa(postmaster(t, server.Folder())); !strings.Contains(err.Error(), pid) {
			t.Errorf("the refusal does not name pid %s: %v", pid, err)
		}
		do(t, server, "SELECT 1")
	}
	refuses(t)
	// Without the lock it is as if somebody ran pg_ctl on the data by hand.
	if err := os.Remove(filepath.Join(server.Folder(), "lock")); err != nil {
		t.Fatal(err)
	}
	refuses(t)
}

func TestStopLeavesNoProcess(t *testing.T) {
	t.Parallel()
	server := start(t, pgserver.Options{Dir: filepath.Join(t.TempDir(), "server"), Volatile: true})
	pid := postmaster(t, server.Folder())
	if !alive(t, server.Folder()) {
		t.Fatal("a running server does not hold its lock")
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if alive(t, server.Folder()) || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		t.Error("a process is left after Stop")
	}
	if err := server.Stop(); err != nil {
		t.Errorf("second Stop: got %v, want nil", err)
	}
}

func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	parent := play(t, "hold", filepath.Join(t.TempDir(), "server"))
	stays, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stays.Close() }()
	says, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	folder, err := bufio.NewReader(says).ReadString('\n')
	if err != nil {
		t.Fatalf("starting a server in another process: %v", err)
	}
	folder = strings.TrimSpace(folder)
	if !alive(t, folder) {
		t.Fatal("the server does not hold its lock")
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	tenancytest.Eventually(t, 30*time.Second, "all the server's processes gone", func() bool { return !alive(t, folder) })
	// The signal was one that it could obey: it has written everything down.
	if _, err := os.Stat(filepath.Join(folder, "data", "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("the server left its pid file: it crashed rather than stopped (%v)", err)
	}
}

func TestTwoServersSideBySide(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	a := start(t, pgserver.Options{Dir: filepath.Join(base, "a"), Volatile: true})
	b := start(t, pgserver.Options{Dir: filepath.Join(base, "b"), Volatile: true})
	do(t, a, "CREATE TABLE of_a AS SELECT 1")
	if err := query(t.Context(), b.URL("postgres"), "TABLE of_a"); err == nil {
		t.Error("b has a's table")
	}
	if err := b.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := count(t, a, "of_a"); got != 1 {
		t.Errorf("rows of a after b's end: got %d, want 1", got)
	}
}

func TestPortThatIsTaken(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	a := start(t, pgserver.Options{Dir: filepath.Join(base, "a"), Volatile: true})
	_, text, _ := strings.Cut(a.Addr(), ":")
	port := must(strconv.Atoi(text))(t)
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(base, "b"), Volatile: true, Port: port})
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("Start on a's port: got %v, want an error that names port %s", err, text)
	}
}
