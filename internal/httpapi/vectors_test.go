package httpapi_test

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tenantgate/tenantgate/internal/httpapi"
)

// vectors reads public test data, which a clone need not have beside it: false
// says, and prints, that the cases did not run.
func vectors(t *testing.T, name string, cases int, into any) bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", name))
	if os.IsNotExist(err) {
		t.Logf("%s is not here: %d cases did not run", name, cases)
		return false
	}
	if err != nil {
		t.Fatalf("reading vectors: %v", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return true
}

// refused sends the request and reports whether it was answered with a 4xx.
func refused(h *httpapi.Handler, method, target, body string) (int, bool) {
	w := serve(h, request(method, target, body))
	return w.Code, w.Code >= 400 && w.Code < 500
}

// What is no JSON is refused, and what is odd JSON is at least not a fault of
// ours (JSONTestSuite by Nicolas Seriot).
func TestJSONTestSuite(t *testing.T) {
	t.Parallel()
	var suite struct {
		Tests []struct {
			Name    string `json:"name"`
			Verdict string `json:"verdict"`
			B64     []byte `json:"b64"`
		} `json:"tests"`
	}
	if !vectors(t, "jsontestsuite.json", 318, &suite) {
		return
	}
	store := &fakeStore{outcome: addedMember}
	h := newHandler(t, store)
	for _, tc := range suite.Tests {
		for _, target := range []string{login, members} {
			code, ok := refused(h, http.MethodPost, target, string(tc.B64))
			if !ok { // none of them is what these routes want either
				t.Errorf("%s (%s) to %s = %d, want 4xx", tc.Name, tc.Verdict, target, code)
			}
			// As a value, where another decoder might let it through.
			wrapped := `{"email":"bob@acme.example","role":` + string(tc.B64) + `}`
			if code, ok := refused(h, http.MethodPost, members, wrapped); !ok {
				t.Errorf("%s (%s) as a role = %d, want 4xx", tc.Name, tc.Verdict, code)
			}
		}
	}
	if len(suite.Tests) != 318 {
		t.Errorf("%d cases ran, want 318", len(suite.Tests))
	}
	if n := store.calls.Load(); n != 0 {
		t.Errorf("the store was called %d times, want never", n)
	}
}

// No string that somebody types makes us fail (Big List of Naughty Strings).
func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	var naughty []string
	if !vectors(t, "blns.json", 515, &naughty) {
		return
	}
	h := newHandler(t, &fakeStore{outcome: addedMember})
	for _, s := range naughty {
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("quoting %q: %v", s, err)
		}
		for target, body := range map[string]string{
			login + "?as=email":    `{"email":` + string(quoted) + `,"password":"x"}`,
			login + "?as=password": `{"email":"ada@acme.example","password":` + string(quoted) + `}`,
			members + "?as=email":  `{"email":` + string(quoted) + `,"role":"viewer"}`,
			members + "?as=role":   `{"email":"bob@acme.example","role":` + string(quoted) + `}`,
		} {
			if code, ok := refused(h, http.MethodPost, target, body); !ok {
				t.Errorf("%s %q = %d, want 4xx", target, s, code)
			}
		}
		segment := base64.RawURLEncoding.EncodeToString([]byte(s)) // any text in a path that routes
		if code, ok := refused(h, http.MethodDelete, members+"/"+segment+"x", ""); !ok {
			t.Errorf("DELETE of %q = %d, want 4xx", s, code)
		}
		if code, ok := refused(h, http.MethodDelete, members+"/"+escape(s)+"%20", ""); !ok {
			t.Errorf("DELETE of %q = %d, want 4xx", s, code)
		}
	}
}

// escape percent-encodes every byte.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		b.Write([]byte{'%', hex[s[i]>>4], hex[s[i]&15]})
	}
	return b.String()
}
