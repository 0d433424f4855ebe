//go:build !linux

package child

import (
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

func bequeath(*syscall.SysProcAttr, syscall.Signal) {}

// watch starts a shell that reads from a pipe whose other end only we hold. It
// reads the end of file when we are gone, and then sends sig to pid. To release
// it is to end the shell before that.
func watch(pid int, sig syscall.Signal) (release func(), err error) {
	shell := exec.Command("/bin/sh", "-c", `read -r _; kill -"$0" "$1"`, strconv.Itoa(int(sig)), strconv.Itoa(pid)) //nolint:noctx // it must outlive us
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening a pipe to the watcher: %w", err)
	}
	if err := shell.Start(); err != nil {
		return nil, fmt.Errorf("starting the watcher: %w", err)
	}
	return func() {
		_ = shell.Process.Kill()
		_ = shell.Wait()
		_ = pipe.Close()
	}, nil
}
