// Package pgserver runs a private Postgres server: found, installed where that
// is possible, started, stopped. `tenantgate dev` and the tests use it; a
// gateway in production is given DATABASE_URL.
//
// The server listens on 127.0.0.1 alone, and on no Unix socket. Every user of
// the machine can reach a loopback port, so it asks for a password (SCRAM,
// RFC 7677), which is random and lies in the server's folder, mode 0700.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
)

// ErrInUse is what Start returns where a running Postgres has the folder. The
// error's text names the folder and the pid.
var ErrInUse = errors.New("the folder is in use by a running Postgres")

const (
	superuser  = "postgres"
	endsWithin = 15 * time.Second
)

// Options says what to start.
type Options struct {
	// Dir is the folder that holds all of this server; it is made where it is
	// missing. A second start on it finds the same data, password and port.
	Dir string
	// BinDir is where initdb and postgres lie. Empty: they are looked for, and
	// installed where that is possible.
	BinDir string
	// Port is the port to listen on. Zero: that of last time, or a free one.
	Port int
	// Log hears what is installed and where data is put. Nil: nobody does.
	Log *slog.Logger
	// Volatile is for tests: Start throws away what an earlier server left in
	// Dir, and nothing is flushed to disk, so that a crash of the machine (but
	// not Kill) spoils the data.
	Volatile bool
}

// Server is a Postgres server that was started here. It ends with this process.
type Server struct {
	options  Options
	account  *account
	folder   folder
	programs programs
	password string

	mu      sync.Mutex
	port    int
	process *child.Process
}

// Start returns a server that accepts connections. ctx bounds the start, not
// the server's life. It returns ErrInUse where another server has the folder.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: options, port: options.Port}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	if err := s.start(ctx, options.Volatile); err != nil {
		return nil, err
	}
	return s, nil
}

// prepare settles who runs the programs, where the data lies, and which
// programs fit it.
func (s *Server) prepare(ctx context.Context) error {
	dir, err := filepath.Abs(s.options.Dir)
	if err != nil {
		return fmt.Errorf("naming the server's folder: %w", err)
	}
	if s.account, err = chooseAccount(ctx); err != nil {
		return err
	}
	s.folder = folder(s.account.place(dir))
	if string(s.folder) != dir {
		s.options.Log.Info("Postgres may not run as root here, and its account cannot reach the folder: using another",
			"wanted", dir, "folder", string(s.folder))
	}
	if err := s.folder.open(s.account); err != nil {
		return err
	}
	if s.password, err = s.folder.password(s.account); err != nil {
		return err
	}
	major := 0
	if !s.options.Volatile {
		if major, err = s.folder.major(); err != nil {
			return err
		}
	}
	s.programs, err = search{binDir: s.options.BinDir, major: major, account: s.account, log: s.options.Log}.find(ctx)
	return err
}

// Addr returns the host and port that the server listens on. They outlast a
// Kill and a Restart.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
}

// URL returns the connection string of a database, for the superuser. The
// database "postgres" is always there. The string holds the password.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password),
		Host: s.Addr(), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Folder returns where the server's data and its log lie: the Dir it was asked
// for, unless Postgres's account could not reach that.
func (s *Server) Folder() string { return string(s.folder) }

// Ended is closed when the running server has ended, for whatever reason.
func (s *Server) Ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process.Ended()
}

// Stop ends the server cleanly: it breaks off its clients, writes everything
// down, and is gone when Stop returns. Stopping twice is no error.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop()
}

func (s *Server) stop() error {
	// Fast shutdown, then immediate shutdown, then none of its business.
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := s.end(sig); !errors.Is(err, errStays) {
			return err
		}
	}
	return errStays
}

// Kill ends the server as a crash does: clients are cut off, nothing is
// written down, and its pid file stays. Restart recovers it.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(syscall.SIGKILL)
}

// errStays is what end returns when a signal did not help.
var errStays = errors.New("the Postgres server does not stop")

func (s *Server) end(sig syscall.Signal) error {
	if err := s.process.Signal(sig); err != nil && !errors.Is(err, child.ErrGone) {
		return fmt.Errorf("stopping Postgres: %w", err)
	}
	select {
	case <-s.process.Ended():
		return nil
	case <-time.After(endsWithin):
		return errStays
	}
}

// Restart starts the server again at the same address and on the same data,
// having stopped it where it still runs.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stop(); err != nil {
		return err
	}
	return s.start(ctx, false)
}
