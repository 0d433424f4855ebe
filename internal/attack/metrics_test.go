package attack_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// metrics returns what the gateway's metrics say.
func (s *stage) metrics(t testing.TB) string {
	t.Helper()
	return s.admin(t, "/metrics")
}

// admin gets a path of Caddy's admin endpoint.
func (s *stage) admin(t testing.TB, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.gateway.Admin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("asking the admin endpoint: %v", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("asking the admin endpoint: %v", err)
	}
	return string(text)
}

// metric returns one of them, by name and labels.
func (s *stage) metric(t testing.TB, name string) float64 {
	t.Helper()
	for line := range strings.Lines(s.metrics(t)) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return value
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
