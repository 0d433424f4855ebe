package sanitize_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func TestTargets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ target, want string }{
		{"/", "ok"},
		{"/api/v1/calls", "ok"},
		{"/api/v1/calls/", "ok"},
		{"/.well-known/jwks.json", "ok"},
		{"/a.b/..c/d../...", "ok"},
		{"/file%2Etxt", "ok"},
		{"/a%20b/%C3%A9/%40%2B", "ok"},
		{"/caf\u00e9", "ok"},
		{"/50%25", "ok"},
		{"/50%25off", "ok"},
		{"/100%25/x", "ok"},
		{"/a?q=//../%2f%00%0d%0a;\\", "ok"},
		{"/a?", "ok"},
		{"http://example.com/a", "ok"},
		{"HTTP://example.com/a?b", "ok"},
		{"https://example.com", "ok"},
		{"http://example.com?q", "ok"},

		// Forms (RFC 9112, section 3.2).
		{"*", "400 target"},
		{"foo:bar", "400 target"},
		{"http:foo", "400 target"},
		{"http:/foo", "400 target"},
		{"http:///foo", "400 target"},
		{"ftp://example.com/", "400 target"},
		{"mailto:a@example.com", "400 target"},
		{"http://user@example.com/", "400 target"},
		{"http://user:pass@example.com/", "400 target"},

		// Bytes.
		{"/a\\b", "400 path_byte"},
		{"/a;jsessionid=1", "400 path_byte"},
		{"/public/..;/admin", "400 path_byte"},
		{"/a#b", "400 path_byte"},
		{"/a?b#c", "400 query"},

		// Escapes.
		{"/a%2fb", "400 path_encoding"},
		{"/a%2Fb", "400 path_encoding"},
		{"/a%5cb", "400 path_encoding"},
		{"/a%5Cb", "400 path_encoding"},
		{"/a%00", "400 path_encoding"},
		{"/a%0d%0ab", "400 path_encoding"},
		{"/a%1f", "400 path_encoding"},
		{"/a%7F", "400 path_encoding"},
		{"/a%23b", "400 path_encoding"},
		{"/a%3fb", "400 path_encoding"},
		{"/a%3Fb", "400 path_encoding"},
		{"/a%3bb", "400 path_encoding"},

		// Escapes of escapes: %252e%252e is .. to whoever decodes twice.
		{"/a%252fb", "400 path_encoding"},
		{"/%252e%252e/b", "400 path_encoding"},
		{"/a%25%32%66b", "400 path_encoding"},
		{"/a%252%66b", "400 path_encoding"},
		{"/a%25252fb", "400 path_encoding"},
		{"/%2561dmin", "400 path_encoding"},

		// UTF-8: an overlong slash, a lone continuation, a surrogate.
		{"/a%c0%afb", "400 path_encoding"},
		{"/a%80", "400 path_encoding"},
		{"/a%ed%a0%80", "400 path_encoding"},
		{"/a\xff", "400 path_encoding"},

		// Segments.
		{"//", "400 path_segment"},
		{"//evil.example/a", "400 path_segment"},
		{"/a//b", "400 path_segment"},
		{"/a//", "400 path_segment"},
		{"/.", "400 path_segment"},
		{"/./a", "400 path_segment"},
		{"/..", "400 path_segment"},
		{"/../a", "400 path_segment"},
		{"/a/..", "400 path_segment"},
		{"/a/../b", "400 path_segment"},
		{"/a/%2e%2e/b", "400 path_segment"},
		{"/a/%2E./b", "400 path_segment"},
		{"/a/.%2e", "400 path_segment"},
		{"/%2e", "400 path_segment"},
		{"http://example.com/a/../b", "400 path_segment"},
		{"http://example.com//a", "400 path_segment"},
	} {
		check(t, strict, parse(t, "GET "+tc.target+" HTTP/1.1"), tc.want)
	}
	check(t, strict, parse(t, "OPTIONS * HTTP/1.1"), "ok")
	check(t, strict, parse(t, "OPTIONS foo:bar HTTP/1.1"), "400 target")
}

func TestEveryControlByteIsRefused(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		if c >= ' ' && c != 0x7f {
			continue
		}
		for _, target := range []string{fmt.Sprintf("/a%c", c), fmt.Sprintf("/a?b=%c", c)} {
			r := &http.Request{Method: "GET", Host: "example.com", RequestURI: target, URL: &url.URL{Path: "/a"}, ProtoMajor: 2}
			if _, refusal := strict.Check(r); refusal == nil {
				t.Errorf("Check(%q) passed, want 400", target)
			}
		}
		check(t, strict, parse(t, fmt.Sprintf("GET /a%%%02x HTTP/1.1", c)), "400 path_encoding")
	}
}

// A handler before us may have rewritten r.URL, which is what gets forwarded.
func TestRewrittenURLIsCheckedToo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url  url.URL
		want string
	}{
		{url.URL{Path: "/b"}, "ok"},
		{url.URL{Path: "/a/../b"}, "400 path_segment"},
		{url.URL{Path: "/a/b", RawPath: "/a%2fb"}, "400 path_encoding"},
		{url.URL{Path: "b"}, "400 target"},
		{url.URL{Path: "*"}, "400 target"},
		{url.URL{Opaque: "//evil/b"}, "400 target"},
		{url.URL{Path: "/a", RawQuery: "b HTTP/1.1"}, "400 query"},
	} {
		r := parse(t, "GET /a HTTP/1.1")
		r.URL = &tc.url
		if _, refusal := strict.Check(r); verdict(refusal) != tc.want {
			t.Errorf("Check with URL %#v = %s, want %s", tc.url, verdict(refusal), tc.want)
		}
	}
}

// HTTP/2 hands over what HTTP/1 parsing cannot: spaces, and absolute URLs.
func TestTargetsOfHTTP2(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, want string }{
		{"/a b", "400 path_byte"},
		{"/a?b HTTP/1.1", "400 query"},
		{"http://example.com/a", "400 target"},
		{"/a", "ok"},
	} {
		u, err := url.ParseRequestURI(tc.path)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: "GET", Host: "example.com", RequestURI: tc.path, URL: u, ProtoMajor: 2}
		check(t, strict, r, tc.want)
	}
}

func TestForwardedPathIsMadeOfTheMatchedOne(t *testing.T) {
	t.Parallel()
	slashes := mustPolicy(sanitize.Options{AllowEncoded: []string{"%2f", "%3B", "%25"}})
	for _, tc := range []struct {
		policy                     *sanitize.Policy
		target, matched, forwarded string
	}{
		{strict, "/a/b?c=%2f", "/a/b", "/a/b?c=%2f"},
		{strict, "/%61dmin", "/admin", "/admin"},
		{strict, "/a%2Bb%40%3d", "/a+b@=", "/a+b@="},
		{strict, "/caf%c3%a9%20", "/café ", "/caf%C3%A9%20"},
		{strict, "/caf\u00e9", "/café", "/caf%C3%A9"},
		{strict, "/a%25", "/a%", "/a%25"},
		{strict, "/a'(b)!", "/a'(b)!", "/a%27%28b%29%21"},
		{strict, "/a?", "/a", "/a?"},
		{strict, "http://example.com/a?b", "/a", "/a?b"},
		{strict, "http://example.com", "/", "/"},
		{strict, "http://example.com?b", "/", "/?b"},
		{slashes, "/%61%2fb", "/a/b", "/a%2Fb"},
		{slashes, "/%61%2fb%3b%2561", "/a/b;%61", "/a%2Fb%3B%2561"},
		{slashes, "/%61/b", "/a/b", "/a/b"},
	} {
		r := parse(t, "GET "+tc.target+" HTTP/1.1")
		check(t, tc.policy, r, "ok")
		strip(tc.policy, r)
		if r.URL.Path != tc.matched || r.URL.RequestURI() != tc.forwarded || r.RequestURI != tc.forwarded {
			t.Errorf("%q: matched %q, forwarded %q, RequestURI %q; want %q and %q twice",
				tc.target, r.URL.Path, r.URL.RequestURI(), r.RequestURI, tc.matched, tc.forwarded)
		}
		if r.URL.Host != "" || r.URL.Scheme != "" {
			t.Errorf("%q: URL keeps scheme %q and host %q, want neither", tc.target, r.URL.Scheme, r.URL.Host)
		}
	}
}

func TestAllowedEscapesStillSeparate(t *testing.T) {
	t.Parallel()
	slashes := mustPolicy(sanitize.Options{AllowEncoded: []string{"%2F", "%5C"}})
	for _, tc := range []struct{ target, want string }{
		{"/a%2Fb", "ok"},
		{"/a%2fb%5c", "ok"},
		{"/a%3Bb", "400 path_encoding"},
		{"/a%252fb", "400 path_encoding"},
		{"/a;b", "400 path_byte"},
		{"/a\\b", "400 path_byte"},
		{"/public%2f..%2fadmin", "400 path_segment"},
		{"/public%5c..%5cadmin", "400 path_segment"},
		{"/public/..%2fadmin", "400 path_segment"},
		{"/a%2f%2fb", "400 path_segment"},
		{"/%2fevil.example", "400 path_segment"},
	} {
		check(t, slashes, parse(t, "GET "+tc.target+" HTTP/1.1"), tc.want)
	}
}
