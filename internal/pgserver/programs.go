package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version that we are tested with.
const oldest = 14

// programs is a directory that holds initdb and postgres of one major version.
type programs struct {
	dir   string
	major int
}

// search says what programs are wanted.
type search struct {
	binDir  string   // nowhere else, where set
	major   int      // the version that made the data; 0: any
	account *account // who must be able to run them
	log     *slog.Logger
}

// places are where packagers put the programs, besides PATH. The last is where
// fetch unpacks them.
func (s search) places() []string {
	patterns := []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // Red Hat and kin
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple silicon
		"/usr/local/opt/postgresql@*/bin",    // Homebrew on Intel
	}
	if cache := s.cache(); cache != "" {
		patterns = append(patterns, filepath.Join(cache, "*", "native", "bin"))
	}
	var dirs []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	return dirs
}

// find returns programs that fit: those that PG_BIN names, else in PATH, else
// the newest of the usual places, else freshly installed ones.
func (s search) find(ctx context.Context) (programs, error) {
	for _, named := range []struct{ by, dir string }{{"the binary directory", s.binDir}, {"PG_BIN", os.Getenv("PG_BIN")}} {
		if named.dir == "" {
			continue
		}
		p, err := probe(ctx, named.dir)
		if err == nil {
			err = s.fits(p)
		}
		if err != nil {
			return programs{}, fmt.Errorf("using %s (%s): %w", named.by, named.dir, err)
		}
		return p, nil
	}
	if p, err := s.look(ctx); err == nil {
		return p, nil
	}
	installing := s.install(ctx)
	p, err := s.look(ctx)
	if err != nil {
		return programs{}, fmt.Errorf("%w\n%s\n%w", err, s.advice(), installing)
	}
	return p, nil
}

func (s search) advice() string {
	if s.major != 0 {
		return fmt.Sprintf("the data was made by Postgres %d: install that version, or set PG_BIN to it, or move the data away", s.major)
	}
	return fmt.Sprintf("install Postgres %d or newer (macOS: brew install postgresql@16; Debian: apt install postgresql), or set PG_BIN to the directory of initdb and postgres", oldest)
}

// look returns the programs in PATH, else the newest elsewhere.
func (s search) look(ctx context.Context) (programs, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if p, err := probe(ctx, filepath.Dir(path)); err == nil && s.fits(p) == nil {
			return p, nil
		}
	}
	var found []programs
	for _, dir := range s.places() {
		if p, err := probe(ctx, dir); err == nil && s.fits(p) == nil {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return programs{}, errors.New("no fitting Postgres was found")
	}
	return slices.MaxFunc(found, func(a, b programs) int { return cmp.Compare(a.major, b.major) }), nil
}

// fits says what is wrong with p.
func (s search) fits(p programs) error {
	switch {
	case p.major < oldest:
		return fmt.Errorf("it is Postgres %d: want %d or newer", p.major, oldest)
	case s.major != 0 && p.major != s.major:
		return fmt.Errorf("it is Postgres %d, and the data was made by %d", p.major, s.major)
	case s.account.foreign() && !s.account.reaches(p.dir):
		return errors.New("the account that runs Postgres cannot reach it")
	default:
		return nil
	}
}

var version = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// probe asks the programs in dir which version they are.
func probe(ctx context.Context, dir string) (programs, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return programs{}, fmt.Errorf("looking for initdb: %w", err)
	}
	said, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return programs{}, fmt.Errorf("asking postgres for its version: %w", err)
	}
	match := version.FindSubmatch(said)
	if match == nil {
		return programs{}, fmt.Errorf("asking postgres for its version: it said %q", said)
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return programs{}, fmt.Errorf("reading the version of postgres: %w", err)
	}
	return programs{dir: dir, major: major}, nil
}
