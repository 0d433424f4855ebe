package console

import (
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// reserved is where the console must have no files: the gateway's own endpoints,
// and what stands for its upstream.
var reserved = []string{"/api", "/healthz", "/readyz", "/.well-known", "/assets"}

// shared are the addresses that people pass on, which name a tenant and a page:
// /t/{slug} and /t/{slug}/{page}. One page answers for all of them.
var shared = regexp.MustCompile(`^/t/[a-z0-9][a-z0-9-]{0,61}[a-z0-9](/[a-z]+)?/?$`)

const sharedPage = "/t"

// Site is a console that has been read. It is safe for concurrent use.
type Site struct {
	files map[string]*file // by the path of their URL
}

// Read reads the console that `npm run build` has made, compressed forms beside the
// files. It fails on a file where the gateway answers itself.
func Read(files fs.FS) (*Site, error) {
	site := &Site{files: map[string]*file{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || isCompressed(name) || errorPage(name) {
			return err
		}
		return site.add(files, name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the console: %w", err)
	}
	if site.files["/"] == nil {
		return nil, fmt.Errorf("reading the console: there is no index.html")
	}
	return site, nil
}

// errorPage reports whether the file belongs to a page that says "not found": what
// is no file of the console is not the console's to say that of.
func errorPage(name string) bool {
	return name == "404.html" || strings.HasPrefix(name, "_not-found")
}

func (s *Site) add(files fs.FS, name string) error {
	path := pathOf(name)
	if slices.ContainsFunc(reserved, func(base string) bool { return path == base || strings.HasPrefix(path, base+"/") }) {
		return fmt.Errorf("%s is where the gateway answers itself", path)
	}
	f, err := readFile(files, name)
	if err != nil {
		return err
	}
	s.files[path] = f
	return nil
}

// pathOf returns the path of the URL of a file: pages go without their ending.
func pathOf(name string) string {
	page, isPage := strings.CutSuffix(name, ".html")
	switch {
	case !isPage:
		return "/" + name
	case page == "index":
		return "/"
	}
	return "/" + page
}

// Match reports whether the request is for a file of the console. Other methods than
// GET and HEAD never are.
func (s *Site) Match(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && s.find(r.URL.Path) != nil
}

func (s *Site) find(path string) *file {
	if f := s.files[path]; f != nil {
		return f
	}
	if strings.HasPrefix(path, sharedPage) && shared.MatchString(path) { // most of what comes by is not ours
		return s.files[sharedPage]
	}
	if trimmed := strings.TrimSuffix(path, "/"); len(trimmed) > 1 {
		return s.files[trimmed]
	}
	return nil
}

// ServeHTTP answers a request that matches, and 404 to any other.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.find(r.URL.Path)
	if f == nil {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}
