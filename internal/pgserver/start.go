package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
)

// start runs the server until it accepts connections; anew: on no data.
func (s *Server) start(ctx context.Context, anew bool) error {
	lock, err := s.folder.lock(ctx)
	if err != nil {
		return err
	}
	// The server's processes hold the claim from here on.
	defer func() { _ = lock.Close() }()
	if anew {
		if err := os.RemoveAll(s.folder.data()); err != nil {
			return fmt.Errorf("clearing the server's folder: %w", err)
		}
	}
	if err := s.makeCluster(ctx, lock); err != nil {
		return err
	}
	// Between choosing a free port and listening on it somebody may take it.
	const tries = 3
	for range tries {
		if err = s.serve(ctx, lock); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

// makeCluster runs initdb where there is no data yet. It works on the side, so
// that an initdb that was broken off leaves nothing that looks like a cluster.
func (s *Server) makeCluster(ctx context.Context, lock *os.File) error {
	if major, err := s.folder.major(); err != nil || major != 0 {
		return err
	}
	made := s.folder.file("data.new")
	if err := os.RemoveAll(made); err != nil {
		return fmt.Errorf("clearing an unfinished cluster: %w", err)
	}
	if err := s.account.give(made); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + made, "--username=" + superuser, "--pwfile=" + s.folder.file("password"),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if s.options.Volatile {
		args = append(args, "--no-sync")
	}
	if err := s.run(ctx, lock, "initdb", args); err != nil {
		return err
	}
	if err := os.Rename(made, s.folder.data()); err != nil {
		return fmt.Errorf("putting the new cluster in place: %w", err)
	}
	return nil
}

// run runs one program to its end.
func (s *Server) run(ctx context.Context, lock *os.File, program string, args []string) error {
	process, err := s.launch(lock, program, args, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-process.Ended():
	case <-ctx.Done():
		_ = process.Signal(syscall.SIGKILL)
		<-process.Ended()
		return fmt.Errorf("running %s: %w", program, ctx.Err())
	}
	if err := process.Err(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", program, err, s.folder.tail())
	}
	return nil
}

// launch starts one of Postgres's programs with its output going to the log.
func (s *Server) launch(lock *os.File, program string, args []string, lastWill syscall.Signal) (*child.Process, error) {
	log, err := os.OpenFile(s.folder.log(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the server's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(filepath.Join(s.programs.dir, program), args...) //nolint:noctx // the server outlives the context of its start
	cmd.Dir = "/"
	// Without a fixed locale macOS starts threads in it, and it refuses to run.
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = s.account.attr()
	process, err := child.Start(cmd, lastWill)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return process, nil
}

var errPortTaken = errors.New("the port is taken")

// serve runs postgres on a port that looked free.
func (s *Server) serve(ctx context.Context, lock *os.File) error {
	port, err := s.choosePort(ctx)
	if err != nil {
		return err
	}
	if err := s.folder.keepPort(port); err != nil {
		return err
	}
	process, err := s.launch(lock, "postgres", s.settings(port), syscall.SIGINT)
	if err != nil {
		return err
	}
	if err := s.awaitReady(ctx, process); err != nil {
		if s.port == 0 && !free(ctx, port) {
			return fmt.Errorf("starting Postgres on port %d: %w", port, errPortTaken)
		}
		return err
	}
	s.process, s.port = process, port
	return nil
}

// choosePort returns the port that was asked for or served before, which must
// be free, else the one of last time, else any.
func (s *Server) choosePort(ctx context.Context) (int, error) {
	if s.port != 0 {
		if !free(ctx, s.port) {
			return 0, fmt.Errorf("starting Postgres on port %d: %w", s.port, errPortTaken)
		}
		return s.port, nil
	}
	if last := s.folder.port(); last != 0 && free(ctx, last) {
		return last, nil
	}
	listener, err := listen(ctx, 0)
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func free(ctx context.Context, port int) bool {
	listener, err := listen(ctx, port)
	return err == nil && listener.Close() == nil
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

func (s *Server) settings(port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=",
		"timezone=UTC", "log_timezone=UTC", "max_connections=500",
	}
	if s.options.Volatile {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
	}
	args := []string{"-D", s.folder.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitReady returns when the server says that it accepts connections. Where it
// does not come to that, it is gone when awaitReady returns.
func (s *Server) awaitReady(ctx context.Context, process *child.Process) error {
	poll := time.NewTicker(pollsEvery)
	defer poll.Stop()
	for {
		if pid, status := s.folder.postmaster(); pid == process.Pid() && (status == statusReady || status == statusStandby) {
			return nil
		}
		select {
		case <-process.Ended():
			return fmt.Errorf("starting Postgres: %w\n%s", process.Err(), s.folder.tail())
		case <-ctx.Done():
			_ = process.Signal(syscall.SIGKILL)
			<-process.Ended()
			return fmt.Errorf("starting Postgres: %w\n%s", ctx.Err(), s.folder.tail())
		case <-poll.C:
		}
	}
}
