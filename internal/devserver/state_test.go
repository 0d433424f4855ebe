package devserver_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/devserver"
)

func open(t *testing.T, dir string) *devserver.State {
	t.Helper()
	state, err := devserver.OpenState(dir)
	if err != nil {
		t.Fatalf("OpenState(%q): %v", dir, err)
	}
	return state
}

func TestSecretSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "for me")
	var secrets []string
	for range 2 {
		state := open(t, dir)
		secret, err := state.Secret()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret)
		if err := state.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if secrets[0] != secrets[1] || len(secrets[0]) < 32 {
		t.Errorf("secrets of two starts: got %d and %d bytes, equal: %t, want the same one of 32 or more", len(secrets[0]), len(secrets[1]), secrets[0] == secrets[1])
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "jwt-secret"): 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s: got %o, want %o", name, got, want)
		}
	}
	other := open(t, t.TempDir())
	defer other.Close()
	if secret, err := other.Secret(); err != nil || secret == secrets[0] {
		t.Errorf("another directory: got the same secret or an error (%v), want a secret of its own", err)
	}
}

func TestDamagedSecretIsRefused(t *testing.T) {
	t.Parallel()
	state := open(t, t.TempDir())
	defer state.Close()
	if err := os.WriteFile(state.Path("jwt-secret"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if secret, err := state.Secret(); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("Secret: got %d bytes, %v, want an error that says to remove the file", len(secret), err)
	}
}

func TestSecondProcessIsToldWhoHoldsTheDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir)
	_, err := devserver.OpenState(dir)
	if want := fmt.Sprintf("pid %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "TENANTGATE_DEV_DIR") {
		t.Errorf("second OpenState: got %v, want an error with %q and the way out", err, want)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir).Close()
}

// A process that is killed has no time to clean up; its lock must go with it.
func TestLockOfAKilledProcessIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	holder := exec.Command(os.Args[0], "-test.run=^TestHoldDirectory$")
	holder.Env = append(os.Environ(), "HOLD_DIRECTORY="+dir)
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, len("held"))
	if _, err := output.Read(buffer); err != nil || !bytes.Equal(buffer, []byte("held")) {
		t.Fatalf("other process: got %q, %v, want it to hold the directory", buffer, err)
	}
	if _, err := devserver.OpenState(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprint(holder.Process.Pid)) {
		t.Errorf("while it lives: got %v, want an error with its pid %d", err, holder.Process.Pid)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed: that is the error
	open(t, dir).Close()
}

// TestHoldDirectory is the other process of TestLockOfAKilledProcessIsGone.
func TestHoldDirectory(t *testing.T) {
	dir := os.Getenv("HOLD_DIRECTORY")
	if dir == "" {
		return
	}
	open(t, dir)
	os.Stdout.WriteString("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent, if not before
}

func TestDirectoryThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		filepath.Join(file, "below"): "TENANTGATE_DEV_DIR",
		shared:                       "may be written by others",
	} {
		state, err := devserver.OpenState(dir)
		if err == nil {
			state.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenState(%q): got %v, want an error with %q", dir, err, want)
		}
	}
	if info, err := os.Stat(shared); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("a directory of somebody's own: got mode %v, %v, want it left at 0777", info.Mode(), err)
	}
}
