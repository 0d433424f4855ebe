package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/pgserver/child"
)

// server is a program that runs for the benchmark and ends with it.
type server struct {
	name    string
	process *child.Process
	log     string // the file that its output goes to; empty: nowhere
}

// launch starts a program. Its output goes to a file only where keep says so:
// access logs are written, formatted and thrown away, so that the disk is no
// part of what is measured.
func launch(name, logFile string, env []string, command ...string) (*server, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // child.Start ends it with this process
	cmd.Env = append(os.Environ(), env...)
	if logFile != "" {
		log, err := os.Create(logFile)
		if err != nil {
			return nil, fmt.Errorf("opening the log of %s: %w", name, err)
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
	}
	process, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return &server{name: name, process: process, log: logFile}, nil
}

const patience = 30 * time.Second

// stop ends the program, first kindly.
func (s *server) stop() {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := s.process.Signal(sig); err != nil {
			return
		}
		select {
		case <-s.process.Ended():
			return
		case <-time.After(patience):
		}
	}
}

// await waits until ready returns nil.
func (s *server) await(ctx context.Context, ready func(context.Context) error) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(patience)
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Ended():
			return fmt.Errorf("%s ended as it started: %w\n%s", s.name, s.process.Err(), s.tail())
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("%s is not ready: %w\n%s", s.name, err, s.tail())
		case <-poll.C:
		}
	}
}

// tail is the end of what the program has said.
func (s *server) tail() string {
	if s.log == "" {
		return ""
	}
	text, _ := os.ReadFile(s.log)
	return string(text[max(0, len(text)-2000):])
}

// clockTick is the unit of /proc/PID/stat's times, USER_HZ: 100 on every Linux.
const clockTick = 10 * time.Millisecond

// cpu returns the user and system time of the program and of its children: the
// workers of nginx do its work.
func (s *server) cpu() (time.Duration, error) {
	total, err := s.sum(func(stat []string) int64 { return number(stat[11]) + number(stat[12]) })
	return time.Duration(total) * clockTick, err
}

// resident returns the resident memory of the program and its children in bytes.
func (s *server) resident() (int64, error) {
	pages, err := s.sum(func(stat []string) int64 { return number(stat[21]) })
	return pages * int64(os.Getpagesize()), err
}

// sum adds something up over the program and its children. The fields of
// proc(5)'s stat begin, after the name, with the third: the state.
func (s *server) sum(of func(stat []string) int64) (total int64, err error) {
	own, err := readStat(s.process.Pid())
	if err != nil {
		return 0, fmt.Errorf("measuring %s: %w", s.name, err)
	}
	total = of(own)
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
		if stat, err := readStat(pid); err == nil && number(stat[1]) == int64(s.process.Pid()) {
			total += of(stat)
		}
	}
	return total, nil
}

var errNoStat = errors.New("/proc tells nothing of it: the benchmark needs Linux")

func readStat(pid int) ([]string, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil, errors.Join(errNoStat, err)
	}
	// The name of a program may hold blanks and brackets.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 22 {
		return nil, errNoStat
	}
	return fields, nil
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // the kernel writes numbers
	return n
}

// freePort returns a port of loopback that nobody listens on now.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
