package console

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// file is one file, in all the forms that it is sent in.
type file struct {
	mediaType string
	cache     string
	policy    string // Content-Security-Policy; empty: no page
	forms     []form // the best first, the plain one last
}

// form is a file under one content coding.
type form struct {
	coding string // "br", "gzip", or "" for none
	body   []byte
	etag   string
}

// codings are the compressed forms and the endings of their names, the best first.
var codings = []struct{ ending, coding string }{{".br", "br"}, {".gz", "gzip"}}

func isCompressed(name string) bool {
	return strings.HasSuffix(name, codings[0].ending) || strings.HasSuffix(name, codings[1].ending)
}

// Cache-Control. Names under _next/static hold a hash of what is in them; everything
// else is asked for each time, by its ETag. There is no Last-Modified: embedded files
// have no times, and a browser would take the one that is made up for the truth.
const (
	forGood  = "public, max-age=31536000, immutable"
	eachTime = "no-cache"
)

// mediaTypes are those that Go takes from the machine it runs on, or does not know.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json", ".ico": "image/x-icon",
}

func readFile(files fs.FS, name string) (*file, error) {
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	f := &file{mediaType: mediaTypeOf(name), cache: eachTime}
	if strings.HasPrefix(name, "_next/static/") {
		f.cache = forGood
	}
	if path.Ext(name) == ".html" {
		f.policy = policyOf(plain)
	}
	tag := tagOf(plain)
	for _, c := range codings {
		// One that is missing is not sent; none of them is needed.
		if body, err := fs.ReadFile(files, name+c.ending); err == nil && len(body) < len(plain) {
			f.forms = append(f.forms, form{coding: c.coding, body: body, etag: `"` + tag + "-" + c.coding + `"`})
		}
	}
	f.forms = append(f.forms, form{body: plain, etag: `"` + tag + `"`})
	return f, nil
}

func mediaTypeOf(name string) string {
	if known := mediaTypes[path.Ext(name)]; known != "" {
		return known
	}
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "application/octet-stream"
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// serve sends the file in the best form that the client takes, or says that the one
// it has is still good (RFC 9110, section 13.1.2).
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	form := f.choose(r.Header.Get("Accept-Encoding"))
	header := w.Header()
	header.Set("Cache-Control", f.cache)
	header.Set("ETag", form.etag)
	header.Add("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	if f.policy != "" {
		f.protect(header)
	}
	if matches(r.Header.Get("If-None-Match"), form.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.mediaType)
	header.Set("Content-Length", strconv.Itoa(len(form.body)))
	if form.coding != "" {
		header.Set("Content-Encoding", form.coding)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(form.body) // a client that has gone needs no answer
	}
}

// choose returns the best form that Accept-Encoding allows (RFC 9110, section
// 12.5.3). Weights other than zero are not compared: whoever takes a coding at all
// is sent the smallest form.
func (f *file) choose(accept string) form {
	accepted := map[string]bool{}
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		refused := strings.Trim(strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q="), "0.") == "" && weight != ""
		accepted[strings.ToLower(strings.TrimSpace(name))] = !refused
	}
	for _, form := range f.forms {
		if form.coding == "" || accepted[form.coding] {
			return form
		}
	}
	return f.forms[len(f.forms)-1]
}

// matches reports whether one of the validators of If-None-Match is the tag, by weak
// comparison (RFC 9110, section 8.8.3.2).
func matches(ifNoneMatch, etag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" || candidate == etag {
			return true
		}
	}
	return false
}
