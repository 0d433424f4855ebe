package forward_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/forward"
)

func TestDropCredentials(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ cookies, want []string }{
		"none":                   {nil, nil},
		"others":                 {[]string{"a=1; b=\"2\";c"}, []string{"a=1; b=\"2\";c"}},
		"ours alone":             {[]string{"tenantgate_session=eyJ"}, nil},
		"ours over TLS":          {[]string{"__Host-tenantgate_session=eyJ"}, nil},
		"first":                  {[]string{"tenantgate_session=eyJ; a=1;  b=2"}, []string{"a=1;  b=2"}},
		"between":                {[]string{"a=1; tenantgate_session=eyJ; b=2"}, []string{"a=1; b=2"}},
		"last":                   {[]string{"a=1;b = 2; tenantgate_session=eyJ"}, []string{"a=1;b = 2"}},
		"twice":                  {[]string{"tenantgate_session=1; a=1; tenantgate_session=2"}, []string{"a=1"}},
		"both":                   {[]string{"tenantgate_session=1; __Host-tenantgate_session=2"}, nil},
		"blanks around":          {[]string{"a=1;\ttenantgate_session =eyJ"}, []string{"a=1"}},
		"without a value":        {[]string{"tenantgate_session; a=1"}, []string{"a=1"}},
		"two lines":              {[]string{"a=1", "tenantgate_session=eyJ"}, []string{"a=1"}},
		"two lines, one of each": {[]string{"tenantgate_session=eyJ; a=1", "b=2"}, []string{"a=1", "b=2"}},
		"alike":                  {[]string{"my_tenantgate_session=1; tenantgate_session2=2"}, []string{"my_tenantgate_session=1; tenantgate_session2=2"}},
		"only in a value":        {[]string{"a=tenantgate_session"}, []string{"a=tenantgate_session"}},
		"refresh":                {[]string{"a=1; tenantgate_refresh=r; b=2"}, []string{"a=1; b=2"}},
		"refresh over TLS":       {[]string{"__Secure-tenantgate_refresh=r"}, nil},
		"other case":             {[]string{"Tenantgate_Refresh=r; a=1"}, []string{"a=1"}},
		"as PHP reads it":        {[]string{"tenantgate.session=1; tenantgate%5frefresh=2; %74enantgate refresh=3; a=1"}, []string{"a=1"}},
		"behind a comma":         {[]string{"a=1, tenantgate_refresh=r; b=2"}, []string{"b=2"}},
		"behind a blank":         {[]string{"a=1 tenantgate_refresh =r; b=2"}, []string{"b=2"}},
		"quoted":                 {[]string{"\"tenantgate_refresh\"=r; $Version=1"}, []string{"$Version=1"}},
		"commas elsewhere":       {[]string{"a=1,2; b=\"x, y\"; c=100%"}, []string{"a=1,2; b=\"x, y\"; c=100%"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Accept": {"*/*"}, "Authorization": {"Bearer eyJ", "Basic eDp5"}}
			want := http.Header{"Accept": {"*/*"}}
			if test.cookies != nil {
				h["Cookie"] = test.cookies
			}
			if test.want != nil {
				want["Cookie"] = test.want
			}
			forward.DropCredentials(h)
			if diff := cmp.Diff(want, h); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

// Where the upstream may act as its caller, the refresh token stays here.
func TestDropRefreshToken(t *testing.T) {
	t.Parallel()
	got := http.Header{
		"Authorization": {"Bearer eyJ"},
		"Cookie":        {"tenantgate_session=eyJ; tenantgate_refresh=r", "__Secure-tenantgate_refresh=r"},
	}
	forward.DropRefreshToken(got)
	want := http.Header{"Authorization": {"Bearer eyJ"}, "Cookie": {"tenantgate_session=eyJ"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// No cookie of ours is left as net/http reads them, and of the others none that
// has nothing to do with us is lost.
func FuzzNoSessionCookieIsLeft(f *testing.F) {
	f.Add("a=1; tenantgate_session=eyJ; b=2")
	f.Add("__Host-tenantgate_session =x;;\t tenantgate_session")
	f.Add("tenantgate_session\n")
	f.Add("a=\"; tenantgate_session=eyJ\"")
	f.Add("__Secure-tenantgate_refresh=x; a=1, tenantgate.refresh=y; c=%")
	f.Fuzz(func(t *testing.T, line string) {
		r := http.Request{Header: http.Header{"Cookie": {line}}}
		before := r.Cookies()
		forward.DropCredentials(r.Header)
		left := make(map[string]int)
		for _, cookie := range r.Cookies() {
			left[cookie.String()]++
			switch cookie.Name {
			case "tenantgate_session", "__Host-tenantgate_session", "tenantgate_refresh", "__Secure-tenantgate_refresh":
				t.Errorf("%s of %q is left", cookie.Name, line)
			}
		}
		for _, cookie := range before {
			left[cookie.String()]--
			if left[cookie.String()] < 0 && !ourWords.MatchString(line) {
				t.Errorf("%s of %q is lost", cookie.Name, line)
			}
		}
	})
}

// ourWords are in every line that anything may be taken off.
var ourWords = regexp.MustCompile(`(?i)%|tenantgate[^a-z0-9](session|refresh)`)
