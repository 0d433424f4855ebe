package forward_test

import (
	"net/http"
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

func FuzzNoSessionCookieIsLeft(f *testing.F) {
	f.Add("a=1; tenantgate_session=eyJ; b=2")
	f.Add("__Host-tenantgate_session =x;;\t tenantgate_session")
	f.Add("tenantgate_session\n")
	f.Add("a=\"; tenantgate_session=eyJ\"")
	f.Fuzz(func(t *testing.T, line string) {
		r := http.Request{Header: http.Header{"Cookie": {line}}}
		before := r.Cookies()
		forward.DropCredentials(r.Header)
		var want, got []string
		for _, cookie := range before {
			if cookie.Name != "tenantgate_session" && cookie.Name != "__Host-tenantgate_session" {
				want = append(want, cookie.String())
			}
		}
		for _, cookie := range r.Cookies() {
			got = append(got, cookie.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cookies of %q (-want +got):\n%s", line, diff)
		}
	})
}
