package pgserver_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobody returns the ids of an account without rights.
func nobody(t *testing.T) (uid, gid int) {
	t.Helper()
	entry := must(user.Lookup("nobody"))(t)
	return must(strconv.Atoi(entry.Uid))(t), must(strconv.Atoi(entry.Gid))(t)
}

// onlyRoot reports whether the test can change who it is, and says so where it
// cannot.
func onlyRoot(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return true
	}
	t.Log("not root: 1 case did not run")
	return false
}

func TestUnderAClosedHome(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "server")
	said := perform(t, play(t, "live", dir))
	if len(said) != 2 || said[0] != dir {
		t.Errorf("got %q, want the data in %s", said, dir)
	}
}

func TestWithoutRoot(t *testing.T) {
	t.Parallel()
	if !onlyRoot(t) {
		return
	}
	uid, gid := nobody(t)
	home := publicDir(t)
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	scene := play(t, "live", filepath.Join(home, "server"), "HOME="+home)
	scene.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	said := perform(t, scene)
	want := []string{filepath.Join(home, "server"), strconv.Itoa(uid)}
	if strings.Join(said, " ") != strings.Join(want, " ") {
		t.Errorf("folder and owner: got %q, want %q", said, want)
	}
}
