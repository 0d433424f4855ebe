// Package debian installs Debian's and Ubuntu's packages where that can be done
// without asking anybody.
package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrCannot is what Install returns where there is no apt-get, or no right to
// use it: we are not root, and sudo would ask for a password.
var ErrCannot = errors.New("apt-get cannot be used here")

// Usable returns nil where Install may be tried, else ErrCannot with the reason.
func Usable(ctx context.Context) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%w: %w", ErrCannot, err)
	}
	if os.Geteuid() == 0 {
		return nil
	}
	if err := exec.CommandContext(ctx, "sudo", "-n", "true").Run(); err != nil {
		return fmt.Errorf("%w: not root, and no sudo without a password: %w", ErrCannot, err)
	}
	return nil
}

// Install installs a package with apt-get, without what it merely recommends.
// env are variables ("NAME=value") for the package's own scripts.
func Install(ctx context.Context, name string, env ...string) error {
	if err := Usable(ctx); err != nil {
		return err
	}
	unlock, err := takeTurns()
	if err != nil {
		return err
	}
	defer unlock()
	// An old list names versions that are no longer there. Where the update
	// fails, the install says why.
	_ = AsRoot(ctx, env, "apt-get", "update", "--quiet")
	return AsRoot(ctx, env, "apt-get", "install", "--quiet", "--yes", "--no-install-recommends",
		"--option", "DPkg::Lock::Timeout=300", name)
}

// takeTurns waits while another process of this user installs. On a new machine
// all packages' tests come here at once, and of two updates one fails.
func takeTurns() (unlock func(), err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("looking for a place for the lock: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(cache, "tenantgate"), 0o700); err != nil {
		return nil, fmt.Errorf("making a place for the lock: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(cache, "tenantgate", "apt.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("taking the lock: %w", err), lock.Close())
	}
	return func() { _ = lock.Close() }, nil
}

// AsRoot runs a command as root, through sudo where we are not. It asks nothing.
func AsRoot(ctx context.Context, env []string, command ...string) error {
	// sudo clears the environment, hence env(1).
	words := append([]string{"env", "DEBIAN_FRONTEND=noninteractive"}, env...)
	if os.Geteuid() != 0 {
		words = append([]string{"sudo", "-n"}, words...)
	}
	words = append(words, command...)
	output, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", strings.Join(command, " "), err, tail(string(output)))
	}
	return nil
}

func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
