package pgserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folder is where one server keeps everything: data/ (the cluster), password,
// port, lock and log.
type folder string

func (f folder) data() string { return filepath.Join(string(f), "data") }
func (f folder) log() string  { return filepath.Join(string(f), "log") }

func (f folder) file(name string) string { return filepath.Join(string(f), name) }

// open makes the folder where it is missing and closes it to everybody else.
func (f folder) open(a *account) error {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o755); err != nil {
		return fmt.Errorf("making the server's folder: %w", err)
	}
	if err := os.Mkdir(string(f), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the server's folder: %w", err)
	}
	// Somebody else's folder cannot be chmodded, so this refuses it too.
	if err := os.Chmod(string(f), 0o700); err != nil {
		return fmt.Errorf("closing the server's folder to others: %w", err)
	}
	return a.share(string(f), 0o710)
}

// major returns the version of Postgres that made the cluster; 0: there is none.
func (f folder) major() (int, error) {
	text, err := os.ReadFile(filepath.Join(f.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the cluster's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading the cluster's version: %w", err)
	}
	return major, nil
}

// password returns the superuser's password, made at first use. The folder's
// mode is what keeps it from other users of the machine.
func (f folder) password(a *account) (string, error) {
	text, err := os.ReadFile(f.file("password"))
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text())
		err = os.WriteFile(f.file("password"), text, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("keeping the server's password: %w", err)
	}
	return strings.TrimSpace(string(text)), a.share(f.file("password"), 0o640)
}

// port returns the port of last time; 0: there is none.
func (f folder) port() int {
	text, err := os.ReadFile(f.file("port"))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

func (f folder) keepPort(port int) error {
	if err := os.WriteFile(f.file("port"), []byte(strconv.Itoa(port)+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the server's port: %w", err)
	}
	return nil
}

// How long lock waits for a server that runs, and for what is left of one that
// is on its way out. The first is for a gateway that was killed and started
// again at once: its server has had the signal and not yet said so.
const (
	patience    = time.Second
	stopsWithin = 30 * time.Second
	pollsEvery  = 10 * time.Millisecond
)

// The statuses that a postmaster writes of itself (miscadmin.h of Postgres).
const (
	statusReady    = "ready"
	statusStandby  = "standby" // serves readers
	statusStopping = "stopping"
)

// lock claims the folder. The open file is handed down to Postgres and all its
// processes, so the claim lasts as long as any of them does, whoever started
// it: a file with a pid in it says less, since pids are used again.
func (f folder) lock(ctx context.Context) (*os.File, error) {
	file, err := os.OpenFile(f.file("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the server's lock: %w", err)
	}
	if err := f.claim(ctx, file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func (f folder) claim(ctx context.Context, file *os.File) error {
	poll := time.NewTicker(pollsEvery)
	defer poll.Stop()
	for began := time.Now(); ; {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.clearPidFile(ctx)
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("locking the server's folder: %w", err)
		}
		pid, status := f.postmaster()
		waited := time.Since(began)
		runs := status != statusStopping && isPostgres(ctx, pid)
		if waited > stopsWithin || waited > patience && runs {
			return f.inUse(pid)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the server's folder: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

// clearPidFile removes what a crashed server left. It refuses where a Postgres
// that was not started here (by hand, with pg_ctl) runs on the data.
func (f folder) clearPidFile(ctx context.Context) error {
	if pid, _ := f.postmaster(); pid != 0 && isPostgres(ctx, pid) {
		return f.inUse(pid)
	}
	err := os.Remove(f.file("data/postmaster.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a crashed server's pid file: %w", err)
	}
	return nil
}

func (f folder) inUse(pid int) error {
	return fmt.Errorf("%w: %s (pid %d)", ErrInUse, f, pid)
}

// postmaster reads what the server says of itself in postmaster.pid: its pid
// (line 1) and its status (line 8). Zeros where there is no such file.
func (f folder) postmaster() (pid int, status string) {
	text, err := os.ReadFile(f.file("data/postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 7 {
		status = strings.TrimSpace(lines[7])
	}
	return pid, status
}

// tail returns the end of the server's log, for an error.
func (f folder) tail() string {
	text, err := os.ReadFile(f.log())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
