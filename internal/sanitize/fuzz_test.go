package sanitize_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// The seeds of the fuzz targets are in testdata/fuzz.

// FuzzTarget checks what a target that passes may be: one path, matched and
// forwarded, that no reader can take for another.
func FuzzTarget(f *testing.F) {
	f.Fuzz(func(t *testing.T, method, target string) {
		r, err := tryParse(method + " " + target + " HTTP/1.1")
		if err != nil {
			return // net/http answers 400
		}
		if _, refusal := strict.Check(r); refusal != nil {
			if refusal.Status != http.StatusBadRequest && refusal.Status != http.StatusMethodNotAllowed {
				t.Errorf("refused with %d", refusal.Status)
			}
			return
		}
		strip(strict, r)
		if r.RequestURI == "*" {
			return
		}
		checkPath(t, r.URL)
		if got := r.URL.RequestURI(); got != r.RequestURI || strings.ContainsAny(got, " #\r\n\x00") {
			t.Errorf("forwards %q and says %q", got, r.RequestURI)
		}
		again, err := tryParse(method + " " + r.RequestURI + " HTTP/1.1")
		if err != nil || again.URL.Path != r.URL.Path || again.URL.RawQuery != r.URL.RawQuery {
			t.Errorf("the upstream reads %v (%v), rules have matched %q", again, err, r.URL.Path)
		}
	})
}

func checkPath(t *testing.T, u *url.URL) {
	t.Helper()
	if want := (&url.URL{Path: u.Path}).EscapedPath(); u.EscapedPath() != want {
		t.Errorf("forwards %q, want %q: made of the matched path alone", u.EscapedPath(), want)
	}
	if clean := path.Clean(u.Path); clean != u.Path && clean+"/" != u.Path {
		t.Errorf("path %q is not clean", u.Path)
	}
	if strings.ContainsAny(u.Path, "\\;#?") || !utf8.ValidString(u.Path) || strings.ContainsFunc(u.Path, isControl) {
		t.Errorf("path %q holds what is refused", u.Path)
	}
	for i := range u.Path {
		if end := min(len(u.Path), i+3); u.Path[i] == '%' && end == i+3 {
			if _, err := url.PathUnescape(u.Path[i:end]); err == nil {
				t.Errorf("path %q can be decoded again", u.Path)
			}
		}
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// FuzzAllowedTarget checks the same for an operator who allows %2F: the
// upstream gets a spelling of what rules have matched.
func FuzzAllowedTarget(f *testing.F) {
	p := mustPolicy(sanitize.Options{AllowEncoded: []string{"%2F", "%3B", "%25"}})
	f.Fuzz(func(t *testing.T, target string) {
		r, err := tryParse("GET " + target + " HTTP/1.1")
		if err != nil {
			return
		}
		if _, refusal := p.Check(r); refusal != nil {
			return
		}
		strip(p, r)
		decoded, err := url.PathUnescape(r.URL.EscapedPath())
		if err != nil || decoded != r.URL.Path {
			t.Errorf("forwards %q (%v), rules have matched %q", r.URL.EscapedPath(), err, r.URL.Path)
		}
		if clean := path.Clean(decoded); clean != decoded && clean+"/" != decoded {
			t.Errorf("path %q is not clean", decoded)
		}
		check(t, p, r, "ok") // what we make of a good target is a good target
	})
}

// FuzzHost checks that a host has one canonical form, and only harmless bytes.
func FuzzHost(f *testing.F) {
	f.Fuzz(func(t *testing.T, authority string) {
		host, err := sanitize.Host(authority)
		if err != nil {
			return
		}
		spelled := host
		if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
			spelled = "[" + host + "]"
		} else if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" || strings.HasSuffix(host, ".") {
			t.Errorf("Host(%q) = %q", authority, host)
		}
		if again, err := sanitize.Host(spelled + ":80"); again != host || err != nil {
			t.Errorf("Host(%q) = %q, and Host of that = %q, %v", authority, host, again, err)
		}
	})
}

// FuzzProtected compares Protected with its definition: fold, then look up.
func FuzzProtected(f *testing.F) {
	patterns := sanitize.ProtectedNames()
	f.Fuzz(func(t *testing.T, name string) {
		folded := sanitize.Fold(name)
		if len(folded) != len(name) || sanitize.Fold(folded) != folded {
			t.Fatalf("Fold(%q) = %q", name, folded)
		}
		if want, got := defined(patterns, name), sanitize.Protected(name); got != want {
			t.Errorf("Protected(%q) = %t, want %t", name, got, want)
		}
	})
}

func defined(patterns []string, name string) bool {
	folded := strings.TrimLeft(sanitize.Fold(name), "-")
	bare := strings.TrimRight(folded, "-")
	known := "x-forwarded-for x-forwarded-host x-forwarded-proto content-length " + strings.Join(hop, " ")
	for _, own := range strings.Fields(known) {
		if bare == own {
			return strings.ToLower(name) != own && name[0] != ':'
		}
	}
	for _, pattern := range patterns {
		prefix, isPrefix := strings.CutSuffix(pattern, "*")
		if bare == pattern || isPrefix && strings.HasPrefix(folded, prefix) {
			return name[0] != ':'
		}
	}
	return false
}

// FuzzConnection checks that nothing but known options is left of whatever
// Connection, Upgrade and TE say.
func FuzzConnection(f *testing.F) {
	f.Fuzz(func(t *testing.T, first, second, upgrade, te string) {
		r := &http.Request{Method: "GET", Host: "a", RequestURI: "/", URL: mustURL("/"), ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
			"Connection": {first, second}, "Upgrade": {upgrade}, "Te": {te}, "X-Kept": {"kept"},
		}}
		strip(strict, r)
		for _, option := range strings.Split(strings.Join(r.Header["Connection"], ", "), ", ") {
			if option != "" && !strings.Contains("close keep-alive upgrade te", option) {
				t.Errorf("Connection is left as %q", r.Header["Connection"])
			}
		}
		if got := r.Header.Get("Upgrade"); got != "" && !strings.EqualFold(got, "websocket") || len(got) > len("websocket") {
			t.Errorf("Upgrade is left as %q", got)
		}
		if got := r.Header.Get("Te"); got != "" && got != "trailers" || r.Header.Get("X-Kept") != "kept" {
			t.Errorf("headers are left as %v", r.Header)
		}
	})
}
