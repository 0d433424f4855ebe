package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tenantgate/tenantgate/internal/console"
)

const script = `self.started = true`

func built(more fstest.MapFS) fstest.MapFS {
	long := strings.Repeat("plain ", 50)
	files := fstest.MapFS{
		"index.html":                {Data: []byte(`<html><script>` + script + `</script><script src="/_next/static/a.js" async=""></script></html>`)},
		"auth/login.html":           {Data: []byte(long + "login")},
		"auth/login.html.br":        {Data: []byte("br")},
		"auth/login.html.gz":        {Data: []byte("gz")},
		"t.html":                    {Data: []byte("shared")},
		"404.html":                  {Data: []byte("none")},
		"_next/static/chunks/a1.js": {Data: []byte("code")},
	}
	maps.Copy(files, more)
	return files
}

func get(t *testing.T, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	site, err := console.Read(built(nil))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	if !site.Match(r) {
		w.Code = http.StatusTeapot // not the console's
		return w
	}
	site.ServeHTTP(w, r)
	return w
}

func TestKnownFilesAloneAreServed(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":                          "<html>",
		"/auth/login":                "plain",
		"/auth/login/":               "plain",
		"/t":                         "shared",
		"/t/acme":                    "shared",
		"/t/acme/members":            "shared",
		"/t/acme/":                   "shared",
		"/_next/static/chunks/a1.js": "code",
	} {
		if got := get(t, "GET", path); got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), want) {
			t.Errorf("GET %s: got %d %.20q, want %q", path, got.Code, got.Body, want)
		}
	}
	for _, path := range []string{
		"/auth", "/auth/login.html", "/auth/login.html.br", "/nothing", "/t/UPPER", "/t/a", "/t/acme/members/1", "/t/acme/..",
		"/_next", "/_next/static", "/_next/static/", "/404", "/404.html", "//", "/index.html/", "/api/v1/tenant", "/_next/../index",
	} {
		if got := get(t, "GET", path); got.Code != http.StatusTeapot {
			t.Errorf("GET %s: got %d, want it left to the next handler", path, got.Code)
		}
	}
}

func TestOnlyReadingMethodsAreServed(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"} {
		if got := get(t, method, "/"); got.Code != http.StatusTeapot {
			t.Errorf("%s /: got %d, want it left to the next handler", method, got.Code)
		}
	}
	if got := get(t, "HEAD", "/"); got.Code != http.StatusOK || got.Body.Len() != 0 || got.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD /: got %d, %d bytes, Content-Length %q", got.Code, got.Body.Len(), got.Header().Get("Content-Length"))
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	hashed, page := get(t, "GET", "/_next/static/chunks/a1.js"), get(t, "GET", "/auth/login")
	if got := hashed.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("a hashed file: Cache-Control %q", got)
	}
	if got := page.Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("a page: Cache-Control %q", got)
	}
	// A made-up Last-Modified would answer 304 for a page of an older build.
	if got := page.Header().Get("Last-Modified"); got != "" {
		t.Errorf("Last-Modified %q, want none", got)
	}
	tag := page.Header().Get("ETag")
	if got := get(t, "GET", "/auth/login", "If-None-Match", `"other", W/`+tag); got.Code != http.StatusNotModified || got.Body.Len() != 0 {
		t.Errorf("with its ETag: got %d and %d bytes, want 304", got.Code, got.Body.Len())
	}
	if got := get(t, "GET", "/auth/login", "If-None-Match", `"other"`, "If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT"); got.Code != http.StatusOK {
		t.Errorf("with another ETag and a late date: got %d, want 200", got.Code)
	}
}

func TestTagChangesWithTheFile(t *testing.T) {
	t.Parallel()
	tag := func(text string) string {
		site, err := console.Read(built(fstest.MapFS{"dashboard.html": {Data: []byte(text)}}))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/dashboard", nil))
		return w.Header().Get("ETag")
	}
	if one, other := tag("one"), tag("two"); one == other || one == "" {
		t.Errorf("two pages have the ETags %q and %q", one, other)
	}
}

func TestContentCoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "", "identity": "", "gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip": "gzip", "BR": "br", "br;q=0.5": "br", "br; q=0.0": "",
	} {
		got := get(t, "GET", "/auth/login", "Accept-Encoding", accept)
		if coding := got.Header().Get("Content-Encoding"); coding != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, coding, want)
		}
		if got.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", accept, got.Header().Get("Vary"))
		}
	}
	plain, small := get(t, "GET", "/auth/login"), get(t, "GET", "/auth/login", "Accept-Encoding", "br")
	if plain.Header().Get("ETag") == small.Header().Get("ETag") {
		t.Error("two forms have one ETag")
	}
}

func TestPolicyNamesTheScriptsOfThePage(t *testing.T) {
	t.Parallel()
	policy := get(t, "GET", "/").Header().Get("Content-Security-Policy")
	sum := sha256.Sum256([]byte(script))
	want := "script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
	if !strings.Contains(policy, want) {
		t.Errorf("got %q, want %q in it", policy, want)
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("got %q, want nothing unsafe in it", policy)
	}
	if got := get(t, "GET", "/_next/static/chunks/a1.js").Header().Get("Content-Security-Policy"); got != "" {
		t.Errorf("a script has the policy %q", got)
	}
}

func TestFilesInTheGatewaysPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"api/v1/tenant", "api.html", "healthz.html", ".well-known/jwks.json", "assets/a.js"} {
		if _, err := console.Read(built(fstest.MapFS{name: {Data: []byte("x")}})); err == nil {
			t.Errorf("%s was taken for the console's", name)
		}
	}
	if _, err := console.Read(fstest.MapFS{"t.html": {}}); err == nil {
		t.Error("a console without a front door was taken")
	}
}

func TestAbsentSaysHowToGetIt(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	w := httptest.NewRecorder()
	console.Absent{}.ServeHTTP(w, r)
	if !(console.Absent{}).Match(r) || w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("got %d %q, want a way to get the console", w.Code, w.Body)
	}
	if (console.Absent{}).Match(httptest.NewRequestWithContext(t.Context(), "GET", "/dashboard", nil)) {
		t.Error("a page of the console that is not there is answered")
	}
}
