package httpapi

import (
	"errors"
	"net/http"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fields []string
		want   map[int64]error // by the version that is there
	}{
		"absent":           {nil, map[int64]error{7: nil, 0: nil}},
		"star":             {[]string{"*"}, map[int64]error{7: nil, 0: tenancy.ErrVersionMismatch}},
		"one":              {[]string{`"7"`}, map[int64]error{7: nil, 8: tenancy.ErrVersionMismatch}},
		"several":          {[]string{`"6" ,, "7"`}, map[int64]error{6: nil, 7: nil, 8: tenancy.ErrVersionMismatch}},
		"two fields":       {[]string{`"6"`, `"7"`}, map[int64]error{6: nil, 7: nil, 8: tenancy.ErrVersionMismatch}},
		"weak":             {[]string{`W/"7"`}, map[int64]error{7: tenancy.ErrVersionMismatch}},
		"somebody else's":  {[]string{`"abc,def"`}, map[int64]error{7: tenancy.ErrVersionMismatch}},
		"another spelling": {[]string{`"07", "+7"`}, map[int64]error{7: tenancy.ErrVersionMismatch}},
		"beyond a number":  {[]string{`"99999999999999999999"`}, map[int64]error{7: tenancy.ErrVersionMismatch}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			match, err := ifMatch(http.Header{"If-Match": test.fields})
			if err != nil {
				t.Fatalf("ifMatch(%q): %v", test.fields, err)
			}
			for version, want := range test.want {
				if got := match.Check(version); !errors.Is(got, want) {
					t.Errorf("If-Match %q of version %d = %v, want %v", test.fields, version, got, want)
				}
			}
		})
	}
}

func TestIfMatchRefuses(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"", " , ", "7", `"7`, `"7" "8"`, `"7", *`, `w/"7"`, `"a b"`, "\"\x01\""} {
		if _, err := ifMatch(http.Header{"If-Match": {field}}); ProblemOf(err).Code != BadRequest {
			t.Errorf("ifMatch(%q) = %v, want %s", field, err, BadRequest)
		}
	}
}
