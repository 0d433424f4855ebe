package tenancytest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
	"github.com/tenantgate/tenantgate/internal/pgserver/debian"
)

// PgBouncer starts a PgBouncer in front of a database (a URL) and returns the URL
// that leads through it. Its pool_mode is session, transaction or statement. It
// ends with the test.
func PgBouncer(t testing.TB, database, mode string) string {
	t.Helper()
	program, err := pgbouncerProgram()
	if err != nil {
		t.Fatalf("looking for pgbouncer: %v", err)
	}
	through, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	port := FreePort(t)
	// Not t.TempDir, whose parent is for us alone: as root it works as somebody else.
	dir, err := os.MkdirTemp("", "pgbouncer")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(config, []byte(pgbouncerConfig(through, port, mode)), 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: program, Args: append([]string{"pgbouncer"}, config), Dir: dir, Stdout: log, Stderr: log}
	if os.Geteuid() == 0 {
		cmd.Args = []string{"pgbouncer", "-u", "nobody", config}
	}
	process, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatalf("starting PgBouncer: %v", err)
	}
	t.Cleanup(func() {
		if err := process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, child.ErrGone) {
			t.Errorf("stopping PgBouncer: %v", err)
		}
		<-process.Ended()
		if err := errors.Join(log.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	through.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := awaitPooler(t.Context(), process, through.String()); err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("starting PgBouncer: %v\n%s", err, text)
	}
	return through.String()
}

// pgbouncerConfig lets everybody who can reach the port in, as the user of the URL.
func pgbouncerConfig(database *url.URL, port int, mode string) string {
	password, _ := database.User.Password()
	return fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password='%s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
max_client_conn = 500
default_pool_size = 50
`, database.Hostname(), database.Port(), database.User.Username(), strings.ReplaceAll(password, "'", "''"), port, mode)
}

func awaitPooler(ctx context.Context, process *child.Process, url string) error {
	deadline := time.After(patience)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-process.Ended():
			return fmt.Errorf("it ended: %w", process.Err())
		case <-deadline:
			return err
		case <-poll.C:
		}
	}
}

// pgbouncerProgram finds pgbouncer, and installs it where it is missing, without
// the service that the package would start for the whole machine.
var pgbouncerProgram = sync.OnceValues(func() (string, error) {
	path, err := lookPgbouncer()
	if err == nil {
		return path, nil
	}
	if cannot := debian.Usable(context.Background()); cannot != nil {
		return "", fmt.Errorf("%w\n%w", err, cannot)
	}
	fmt.Fprintln(os.Stderr, "installing pgbouncer with apt-get")
	if failed := debian.Install(context.Background(), "pgbouncer", "RUNLEVEL=1"); failed != nil {
		return "", fmt.Errorf("%w\n%w", err, failed)
	}
	return lookPgbouncer()
})

// lookPgbouncer looks where Debian puts it, too, which is not on everybody's PATH.
func lookPgbouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is none: install pgbouncer (macOS: brew install pgbouncer)")
}
