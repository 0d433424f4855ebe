package sanitize_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func TestHost(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for _, tc := range []struct{ authority, want string }{
		{"example.com", "example.com"},
		{"EXAMPLE.Com", "example.com"},
		{"example.com.", "example.com"},
		{"example.com:8080", "example.com"},
		{"Example.com.:443", "example.com"},
		{"localhost:0", "localhost"},
		{"a.b:65535", "a.b"},
		{"call_center-1", "call_center-1"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"1password.com", "1password.com"},
		{"4.example", "4.example"},
		{label + ".example", label + ".example"},
		{"127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:80", "127.0.0.1"},
		{"[::1]", "::1"},
		{"[::1]:8080", "::1"},
		{"[2001:DB8:0:0::1]", "2001:db8::1"},
	} {
		if got, err := sanitize.Host(tc.authority); got != tc.want || err != nil {
			t.Errorf("Host(%q) = %q, %v, want %q", tc.authority, got, err, tc.want)
		}
	}
}

func TestHostRefuses(t *testing.T) {
	t.Parallel()
	for _, authority := range []string{
		"", ".", "..", "a..b", ".a", "a..", "-a.example", "a-.example", "a.-b",
		strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 127) + "aa",
		"a,b", "a;b", "a b", "a\tb", "a\x00b", "a/b", "a\\b", "a?b", "a#b", "a@b", "user:pass@a", "a%2eb", "a%00", "*", "a*", "$x", "{env.X}", "a'b", "a(b)", "a=b", "a&b", "a+b", "a~b", "a!b",
		"bücher.example", "example\u3002com", "\u212Aelvin.example", "a\xff",
		"a:", "a:x", "a:-1", "a:65536", "a:000080", "a:80:80", ":80", "a:80 ", "a.:80.",
		"127.1", "127.0.0.01", "256.1.1.1", "1.2.3.4.5", "2130706433", "0x7f000001", "a.0x7f", "a.1", "a.0x", "1.2.3.4..",
		"::1", "[::1", "[]", "[", "]", "[::1]x", "[::1].", "[fe80::1%eth0]", "[1.2.3.4]", "[a]", "[::1]:", "[::1]:x",
	} {
		if got, err := sanitize.Host(authority); !errors.Is(err, sanitize.ErrBadHost) {
			t.Errorf("Host(%q) = %q, %v, want ErrBadHost", authority, got, err)
		}
	}
}

func TestHostOfRequests(t *testing.T) {
	t.Parallel()
	check(t, strict, parse(t, "GET / HTTP/1.1", "Host: Example.COM:80"), "ok")
	check(t, strict, parse(t, "GET / HTTP/1.1", "Host: a,b"), "400 host")
	check(t, strict, parse(t, "GET / HTTP/1.1", "Host: a;b"), "400 host")
	check(t, strict, parse(t, "GET / HTTP/1.1", "Host:"), "400 host")
	check(t, strict, parse(t, "GET / HTTP/1.0", "Host:"), "ok")
	check(t, strict, parse(t, "GET http://evil.example,b/ HTTP/1.1", "Host: a"), "400 host")

	r := parse(t, "GET http://a.example/ HTTP/1.1", "Host: b.example")
	claim, refusal := strict.Check(r)
	if refusal != nil || claim.Host != "a.example" || r.Host != "a.example" {
		t.Errorf("absolute form: claim %q, r.Host %q, refusal %v; want the target's host for both", claim.Host, r.Host, refusal)
	}

	r.Host = "b.example"
	check(t, strict, r, "400 target")
}

func TestHostFieldBesideAuthority(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fields []string
		want   string
	}{
		{nil, "ok"},
		{[]string{"example.com"}, "ok"},
		{[]string{"EXAMPLE.com"}, "ok"},
		{[]string{"evil.example"}, "400 host"},
		{[]string{""}, "400 host"},
		{[]string{"example.com", "example.com"}, "400 host"},
	} {
		r := parse(t, "GET / HTTP/1.1")
		r.ProtoMajor, r.ProtoMinor = 2, 0
		if tc.fields != nil {
			r.Header["Host"] = tc.fields
		}
		check(t, strict, r, tc.want)
		if strip(strict, r); r.Header["Host"] != nil {
			t.Errorf("Host field %q is left after Strip", tc.fields)
		}
	}
}

func TestForwardedHostIsCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ host, want string }{
		{"Example.COM.:8080", "example.com:8080"},
		{"example.com.", "example.com"},
		{"example.com:80", "example.com:80"},
		{"[::1]:80", "[::1]:80"},
	} {
		r := parse(t, "GET / HTTP/1.1", "Host: "+tc.host)
		strip(strict, r)
		if r.Host != tc.want {
			t.Errorf("Host %q is forwarded as %q, want %q", tc.host, r.Host, tc.want)
		}
	}
}
