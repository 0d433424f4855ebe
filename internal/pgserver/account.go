package pgserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// sharedState is where root keeps what another account must reach.
const sharedState = "/var/lib/tenantgate"

// account is who runs Postgres's programs when we are root, since they refuse
// root. Nil: we are not, and they run as we do.
type account struct {
	uid, gid int
	// mapped: the programs run in a user namespace where root bears this id.
	// They are root to every file, so data may lie under a 0700 home. Else they
	// take the id itself (in most containers no namespace can be made).
	mapped bool
}

// chooseAccount returns who runs Postgres's programs.
func chooseAccount(ctx context.Context) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var missing error
	// initdb wants an id that has a name. That of the package is not for us: it
	// may come with an install, and the data must belong to the same account
	// before and after.
	for _, name := range []string{"nobody", "daemon"} {
		entry, err := user.Lookup(name)
		if err != nil {
			missing = errors.Join(missing, err)
			continue
		}
		uid, _ := strconv.Atoi(entry.Uid)
		gid, _ := strconv.Atoi(entry.Gid)
		return &account{uid: uid, gid: gid, mapped: canMap(ctx, uid, gid)}, nil
	}
	return nil, fmt.Errorf("looking for an account to run Postgres, which refuses root: %w", missing)
}

// attr makes a process of this account.
func (a *account) attr() *syscall.SysProcAttr {
	switch {
	case a == nil:
		return &syscall.SysProcAttr{}
	case a.mapped:
		return mapRootTo(a.uid, a.gid)
	default:
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	}
}

// foreign reports whether the programs' files are not ours.
func (a *account) foreign() bool { return a != nil && !a.mapped }

// place returns dir, or where to keep its contents instead, because a foreign
// account cannot reach it.
func (a *account) place(dir string) string {
	if !a.foreign() || a.reaches(filepath.Dir(dir)) {
		return dir
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(sharedState, filepath.Base(dir)+"-"+hex.EncodeToString(sum[:4]))
}

// reaches reports whether the account may pass through dir and all above it.
// What does not exist yet will be made by us, closed to others, and so is out
// of reach.
func (a *account) reaches(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || !a.passes(info) {
			return false
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		return true
	}
}

func (a *account) passes(info os.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case int(owner.Uid) == a.uid:
		return info.Mode()&0o100 != 0
	case int(owner.Gid) == a.gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

// share lets a foreign account pass or read path, and no more: were it to own
// the folder, it could put links where root writes.
func (a *account) share(path string, mode os.FileMode) error {
	if !a.foreign() {
		return nil
	}
	if err := errors.Join(os.Chown(path, 0, a.gid), os.Chmod(path, mode)); err != nil {
		return fmt.Errorf("sharing with the account that runs Postgres: %w", err)
	}
	return nil
}

// give makes a directory that belongs to the account.
func (a *account) give(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil && a.foreign() {
		err = os.Chown(path, a.uid, a.gid)
	}
	if err != nil {
		return fmt.Errorf("making a directory for Postgres: %w", err)
	}
	return nil
}
