package attack_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// stockCaddyfile is Caddy's own server and proxy, without our handlers and
// without our limits: the same binary, built by the same Go.
const stockCaddyfile = `{
	admin {$CADDY_ADMIN}
	default_bind 127.0.0.1
	servers {
	}
}

:{$API_PORT:8080} {
	respond /readyz 200
	reverse_proxy {$UPSTREAM_URL}
}
`

// h2spec plays the cases of RFC 9113 and RFC 7541. The gateway may fail none that
// stock Caddy passes: our handlers must not make its HTTP/2 less strict.
func TestH2Spec(t *testing.T) {
	t.Parallel()
	program := buildH2Spec(t)
	type target struct {
		addr string
		tls  bool
	}
	start := func(caddyfile string) map[string]target {
		certificate, port := newCertificate(t), tenancytest.FreePort(t)
		caddyfile = secured(t, caddyfile)
		upstream := startKeepAlive(t)
		sites := caddyfile + secure(siteAgain(t, caddyfile, port, upstream.url), port, certificate)
		g := gatewaytest.Start(t, gatewaytest.Options{
			DatabaseURL: gatewaytest.Database(t), UpstreamURL: upstream.url, Caddyfile: sites,
		})
		return map[string]target{"h2c": {g.Addr, false}, "h2": {loopback(port), true}}
	}
	stock, ours := start(stockCaddyfile), start(string(gatewaytest.Shipped(t)))
	for _, protocol := range []string{"h2", "h2c"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			of, allowed := program.run(t, stock[protocol].addr, stock[protocol].tls)
			if of < 100 {
				t.Fatalf("h2spec has only %d cases", of)
			}
			played, failures := program.run(t, ours[protocol].addr, ours[protocol].tls)
			// Its clocks run while the machine does other work: what fails, fails always.
			for again := 0; again < 2 && len(beyond(failures, allowed)) > 0; again++ {
				_, more := program.run(t, ours[protocol].addr, ours[protocol].tls)
				maps.DeleteFunc(failures, func(name string, _ bool) bool { return !more[name] })
			}
			if played != of {
				t.Errorf("%d cases were played against the gateway, %d against stock Caddy", played, of)
			}
			for _, name := range beyond(failures, allowed) {
				t.Errorf("the gateway fails, and stock Caddy does not: %s", name)
			}
			results.add("h2spec "+protocol+" as stock Caddy", played, played-len(beyond(failures, allowed)))
			t.Logf("%d cases; the gateway fails %d, stock Caddy %d: %q", played, len(failures), len(allowed), slices.Sorted(maps.Keys(allowed)))
		})
	}
}

// beyond returns what is in failures and not in allowed.
func beyond(failures, allowed map[string]bool) (names []string) {
	for name := range failures {
		if !allowed[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// h2spec is the path of the built program.
type h2spec string

// buildH2Spec builds it from the module in testdata, which pins it: its own
// dependencies are no concern of the gateway's.
func buildH2Spec(t testing.TB) h2spec {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h2spec")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/summerwind/h2spec/cmd/h2spec")
	command.Dir = filepath.Join("testdata", "h2spec")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building h2spec: %v\n%s", err, output)
	}
	return h2spec(path)
}

// run plays all cases and returns how many there are, and which fail.
func (p h2spec) run(t testing.TB, addr string, tls bool) (played int, failures map[string]bool) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.xml")
	args := []string{"-h", host, "-p", port, "-P", "/assets/app.js", "-o", "2", "-j", file}
	if tls {
		args = append(args, "-t", "-k")
	}
	output, err := exec.CommandContext(t.Context(), string(p), args...).CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) { // it exits with 1 where a case fails
		t.Fatalf("running h2spec: %v\n%s", err, output)
	}
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("h2spec has left no report: %v\n%s", err, output)
	}
	return readReport(t, report)
}

func readReport(t testing.TB, report []byte) (played int, failures map[string]bool) {
	t.Helper()
	var suites struct {
		Suites []struct {
			ID    string `xml:"id,attr"`
			Cases []struct {
				Package string  `xml:"package,attr"`
				Name    string  `xml:"classname,attr"`
				Failure *string `xml:"failure"`
				Error   *string `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(report, &suites); err != nil {
		t.Fatalf("reading the report of h2spec: %v", err)
	}
	failures = make(map[string]bool)
	for _, suite := range suites.Suites {
		for _, c := range suite.Cases {
			played++
			if c.Failure != nil || c.Error != nil {
				failures[fmt.Sprintf("%s %s", suite.ID, strings.Join(strings.Fields(c.Package+" "+c.Name), " "))] = true
			}
		}
	}
	return played, failures
}
