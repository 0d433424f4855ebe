package debian_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/tenantgate/tenantgate/internal/pgserver/debian"
)

// machine puts programs into an otherwise empty PATH and returns what
// apt-get will have been called with.
func machine(t *testing.T, programs map[string]string) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	log := filepath.Join(dir, "log")
	t.Setenv("PATH", dir)
	t.Setenv("CALLS", log)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	return func() string {
		text, _ := os.ReadFile(log)
		return string(text)
	}
}

const (
	env  = `exec /usr/bin/env "$@"`
	sudo = `shift; exec "$@"` // sudo -n
	note = `echo "$DEBIAN_FRONTEND $ASIDE: $*" >>"$CALLS"`
)

func TestInstall(t *testing.T) {
	calls := machine(t, map[string]string{"env": env, "sudo": sudo, "true": "", "apt-get": note})
	if err := debian.Install(t.Context(), "postgresql", "ASIDE=/tmp/aside"); err != nil {
		t.Fatal(err)
	}
	want := "noninteractive /tmp/aside: update --quiet\n" +
		"noninteractive /tmp/aside: install --quiet --yes --no-install-recommends --option DPkg::Lock::Timeout=300 postgresql\n"
	if got := calls(); got != want {
		t.Errorf("apt-get was called with\n%s\nwant\n%s", got, want)
	}
}

func TestInstallWithoutAnUpdate(t *testing.T) {
	calls := machine(t, map[string]string{"env": env, "sudo": sudo, "true": "", "apt-get": note + `; [ "$1" = install ]`})
	if err := debian.Install(t.Context(), "postgresql"); err != nil || !strings.Contains(calls(), "install") {
		t.Errorf("with an update that failed: got %v, want the package installed", err)
	}
}

func TestInstallThatFails(t *testing.T) {
	machine(t, map[string]string{"env": env, "sudo": sudo, "true": "", "apt-get": `echo "E: Unable to locate package" >&2; exit 100`})
	err := debian.Install(t.Context(), "postgresql")
	if err == nil || !strings.Contains(err.Error(), "Unable to locate package") {
		t.Errorf("got %v, want what apt-get said", err)
	}
}

func TestInstallWithoutAptGet(t *testing.T) {
	machine(t, nil)
	if err := debian.Install(t.Context(), "postgresql"); !errors.Is(err, debian.ErrCannot) {
		t.Errorf("got %v, want ErrCannot", err)
	}
}

// Of two apt-gets at once, one fails on the other's lock.
func TestInstallsTakeTurns(t *testing.T) {
	const alone = `/bin/mkdir "$HOME/busy" || exit 1; /bin/sleep 0.1; /bin/rmdir "$HOME/busy"`
	machine(t, map[string]string{"env": env, "sudo": sudo, "true": "", "apt-get": alone})
	var installs errgroup.Group
	for range 3 {
		installs.Go(func() error { return debian.Install(t.Context(), "postgresql") })
	}
	if err := installs.Wait(); err != nil {
		t.Error(err)
	}
}
