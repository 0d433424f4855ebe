package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// reached is our upstream as a subject, and a load of two tokens and three names.
func reached(t *testing.T) (*running, load) {
	t.Helper()
	addr, err := startUpstream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	l := load{path: smallPath, tokens: filepath.Join(t.TempDir(), "tokens"), names: filepath.Join(t.TempDir(), "names"), header: "X-Tenant"}
	for file, lines := range map[string]string{l.tokens: "a\nb\n", l.names: "x\ny\nz\n"} {
		if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &running{port: port}, l
}

func TestCallerReadsAnswersWhole(t *testing.T) {
	t.Parallel()
	r, _ := reached(t)
	c := &caller{addr: r.addr()}
	defer c.close()
	for _, path := range []string{smallPath, largePath, echoPath} { // on one connection
		if status, err := c.get(t.Context(), path, "token", [2]string{"X-Tenant-ID", "acme"}); status != 200 || err != nil {
			t.Errorf("%s: got %d, %v", path, status, err)
		}
	}
}

func TestPaceSendsEveryRequest(t *testing.T) {
	t.Parallel()
	r, l := reached(t)
	seen, err := l.pace(t.Context(), r, 1000, 200*time.Millisecond)
	if err != nil || seen.requests != 200 || seen.p99 <= 0 {
		t.Errorf("got %+v, %v", seen, err)
	}
	r.port = 1 // nobody listens
	if _, err := l.pace(t.Context(), r, 1000, 200*time.Millisecond); err == nil {
		t.Error("requests that nobody answered were counted")
	}
}

func TestEachPairIsSentOnce(t *testing.T) {
	t.Parallel()
	l := load{names: "file"}
	seen := make(map[[2]int]bool)
	for i := range 6000 {
		token, name := l.pair(i, 100, 60)
		seen[[2]int{token, name}] = true
	}
	if len(seen) != 6000 {
		t.Errorf("6000 requests are %d pairs", len(seen))
	}
}

func TestFailedScenarioKeepsItsFigures(t *testing.T) {
	t.Parallel()
	var r Report
	s := scenario{name: "rules"}
	r.add(Scenario{Name: "rules"}, []scenario{s})
	r.fail(s, errors.New("wrk is gone\nand more"))
	if len(r.Scenarios) != 1 || r.Failed["rules"] != "wrk is gone" {
		t.Errorf("got %+v", r)
	}
	r.add(Scenario{Name: "rules"}, []scenario{s})
	if len(r.Failed) != 0 {
		t.Errorf("measured again, and still failed: %v", r.Failed)
	}
}
