package devserver

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// minSecret is what the gateway asks of JWT_SECRET, in bytes.
const minSecret = 32

// State is the directory where a development gateway keeps what must outlive
// it: the private database, and the secret its tokens are signed with.
type State struct {
	dir  string
	lock *os.File
}

// OpenState makes the directory where it is missing, readable by its owner
// alone, and locks it until Close: two gateways on one database directory
// would destroy it. Where another process holds the lock the error names it.
func OpenState(dir string) (*State, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the data directory: %w", err)
	}
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("locking the data directory %s: %w", dir, err)
	}
	return &State{dir: dir, lock: lock}, nil
}

// Path returns the place of a file or directory of that name in the state.
func (s *State) Path(name string) string { return filepath.Join(s.dir, name) }

// Close gives the directory free. It unlocks first: a process that is being
// started at this moment still shares the file, and would keep the lock.
func (s *State) Close() error {
	return errors.Join(syscall.Flock(int(s.lock.Fd()), syscall.LOCK_UN), s.lock.Close())
}

// privateDir makes the directory, or checks that nobody else may write into
// one that is there: who can replace the secret can make tokens. It never
// changes the mode of a directory it has not made, which may be somebody's home.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w; TENANTGATE_DEV_DIR names another", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("reading the data directory: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("the data directory %s may be written by others: chmod 700 it, or name another by TENANTGATE_DEV_DIR", dir)
	}
	return nil
}

// lockFile takes the lock that the kernel drops when the process ends, however
// it ends, and leaves the pid in the file for whoever comes second.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w; TENANTGATE_DEV_DIR names another directory", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s runs here already: stop it, or set TENANTGATE_DEV_DIR and API_PORT to others", holder(file))
		}
		return nil, err
	}
	if err := writePID(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

func holder(file *os.File) string {
	pid, err := io.ReadAll(io.LimitReader(file, 20))
	if err != nil || len(pid) == 0 {
		return "another tenantgate dev"
	}
	return "another tenantgate dev (pid " + string(pid) + ")"
}

// Secret returns the secret that signs tokens, 256 random bits in base64url.
// It is made on the first call and kept, so that tokens survive a restart.
func (s *State) Secret() (string, error) {
	path := s.Path("jwt-secret")
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newSecret(path)
	}
	if err != nil {
		return "", fmt.Errorf("reading the token secret: %w", err)
	}
	secret := strings.TrimSpace(string(kept))
	if len(secret) < minSecret {
		return "", fmt.Errorf("%s holds fewer than %d bytes: remove it to get a new secret", path, minSecret)
	}
	return secret, nil
}

// newSecret renames the file into place whole: a start that is killed between
// the two leaves no empty secret behind.
func newSecret(path string) (string, error) {
	random := make([]byte, minSecret)
	rand.Read(random) // never fails: crypto/rand ends the program instead
	secret := base64.RawURLEncoding.EncodeToString(random)
	if err := os.WriteFile(path+".new", []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping the token secret: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fmt.Errorf("keeping the token secret: %w", err)
	}
	return secret, nil
}
