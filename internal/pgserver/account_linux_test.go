package pgserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// contained runs a scene as root of a user namespace that knows every id.
func contained(cmd *exec.Cmd) *exec.Cmd {
	every := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER, UidMappings: every, GidMappings: every, GidMappingsEnableSetgroups: true,
	}
	return cmd
}

func TestRootWithoutMappings(t *testing.T) {
	t.Parallel()
	if !onlyRoot(t) {
		return
	}
	dir := filepath.Join(publicDir(t), "server")
	said := perform(t, contained(play(t, "live without mappings", dir)))
	if len(said) != 2 || said[0] != dir || said[1] == "0" {
		t.Fatalf("folder and owner: got %q, want %s and another than root", said, dir)
	}
	// What the account owned it could replace by links, for root to follow.
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 || info.Mode().Perm() != 0o710 {
		t.Errorf("the folder: got owner %d and mode %v, want root and 0710", owner, info.Mode())
	}
}

func TestRootWithoutMappingsUnderAClosedHome(t *testing.T) {
	t.Parallel()
	if !onlyRoot(t) {
		return
	}
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	said := perform(t, contained(play(t, "live without mappings", filepath.Join(home, "server"))))
	if len(said) != 2 || !strings.HasPrefix(said[0], "/var/lib/tenantgate/server-") {
		t.Fatalf("folder and owner: got %q, want one below /var/lib/tenantgate", said)
	}
	// Its parent too, where nothing else is in it.
	defer func() { _ = os.Remove(filepath.Dir(said[0])) }()
	if err := os.RemoveAll(said[0]); err != nil {
		t.Error(err)
	}
}
