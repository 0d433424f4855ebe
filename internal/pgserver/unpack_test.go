package pgserver_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tenantgate/tenantgate/internal/pgserver"
)

const links = `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`

// tarball writes an npm tarball as "t.tgz" and returns its directory and its
// integrity value.
func tarball(t *testing.T, files map[string]string) (dir, integrity string) {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o4755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.tgz"), packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(packed.Bytes())
	return dir, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func unpack(t *testing.T, dir, integrity string) error {
	t.Helper()
	root := must(os.OpenRoot(dir))(t)
	defer func() { _ = root.Close() }()
	return pgserver.Unpack(root, "t.tgz", integrity)
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir, integrity := tarball(t, map[string]string{
		"package/native/bin/postgres":      "a program",
		"package/native/lib/libpq.so.5.18": "a library",
		"package/native/pg-symlinks.json":  links,
	})
	if err := unpack(t, dir, integrity); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "package/native/bin/postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o755 {
		t.Errorf("mode of a program: got %v, want 0755 (no setuid bit)", info.Mode())
	}
	linked, err := os.ReadFile(filepath.Join(dir, "package/native/lib/libpq.so.5"))
	if string(linked) != "a library" {
		t.Errorf("through the link: got %q and %v, want the library", linked, err)
	}
}

func TestUnpackRefusesAnAlteredTarball(t *testing.T) {
	t.Parallel()
	dir, _ := tarball(t, map[string]string{"package/native/pg-symlinks.json": links})
	_, other := tarball(t, map[string]string{"package/native/pg-symlinks.json": "[]"})
	if err := unpack(t, dir, other); !errors.Is(err, pgserver.ErrAltered) {
		t.Errorf("got %v, want ErrAltered", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "package")); !os.IsNotExist(err) {
		t.Errorf("something was unpacked: %v", err)
	}
}

func TestUnpackStaysInItsDirectory(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"a file": {"package/../../escaped": "x"},
		"a link": {"package/native/pg-symlinks.json": `[{"source":"native/x","target":"../../escaped"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, integrity := tarball(t, files)
			if err := unpack(t, dir, integrity); err == nil {
				t.Error("got no error")
			}
			if _, err := os.Lstat(filepath.Join(dir, "..", "escaped")); !os.IsNotExist(err) {
				t.Errorf("outside of the directory: %v", err)
			}
		})
	}
}
