package sanitize_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

// strict is the policy of the zero Options.
var strict = mustPolicy(sanitize.Options{})

func mustPolicy(o sanitize.Options) *sanitize.Policy {
	p, err := sanitize.New(o)
	if err != nil {
		panic(err)
	}
	return p
}

// parse reads a request line and headers as net/http does for HTTP/1. Host is
// example.com where the headers name none.
func parse(t *testing.T, line string, headers ...string) *http.Request {
	t.Helper()
	r, err := tryParse(line, headers...)
	if err != nil {
		t.Fatalf("net/http refuses %q itself: %v", line, err)
	}
	return r
}

func tryParse(line string, headers ...string) (*http.Request, error) {
	raw := line + "\r\n"
	if !strings.Contains(strings.Join(headers, "\n"), "Host:") {
		raw += "Host: example.com\r\n"
	}
	for _, header := range headers {
		raw += header + "\r\n"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw + "\r\n")))
	if err == nil {
		delete(r.Header, "Host") // as the server does
	}
	return r, err
}

// verdict is the outcome of Check in words: "ok", or status and reason.
func verdict(refusal *sanitize.Refusal) string {
	if refusal == nil {
		return "ok"
	}
	return fmt.Sprint(refusal.Status, " ", refusal.Reason)
}

func check(t *testing.T, p *sanitize.Policy, r *http.Request, want string) {
	t.Helper()
	if _, refusal := p.Check(r); verdict(refusal) != want {
		t.Errorf("Check(%s %q) = %s, want %s", r.Method, r.RequestURI, verdict(refusal), want)
	}
}

// strip runs Strip and returns what it observed.
func strip(p *sanitize.Policy, r *http.Request) map[sanitize.Reason]int {
	observed := map[sanitize.Reason]int{}
	p.Strip(r, func(reason sanitize.Reason, n int) { observed[reason] += n })
	return observed
}

func TestMethods(t *testing.T) {
	t.Parallel()
	purging := mustPolicy(sanitize.Options{AllowMethods: []string{"PURGE", "GET"}})
	for _, tc := range []struct {
		policy       *sanitize.Policy
		method, want string
	}{
		{strict, "GET", "ok"},
		{strict, "HEAD", "ok"},
		{strict, "POST", "ok"},
		{strict, "PUT", "ok"},
		{strict, "PATCH", "ok"},
		{strict, "DELETE", "ok"},
		{strict, "OPTIONS", "ok"},
		{strict, "CONNECT", "405 method"},
		{strict, "TRACE", "405 method"},
		{strict, "connect", "405 method"},
		{strict, "get", "405 method"},
		{strict, "PRI", "405 method"},
		{strict, "PURGE", "405 method"},
		{purging, "PURGE", "ok"},
		{purging, "purge", "405 method"},
		{purging, "CONNECT", "405 method"},
	} {
		check(t, tc.policy, parse(t, tc.method+" / HTTP/1.1"), tc.want)
	}

	_, refusal := purging.Check(parse(t, "TRACE / HTTP/1.1"))
	if want := "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PURGE"; refusal == nil || refusal.Allow != want {
		t.Errorf("Allow of a 405 = %+v, want %q", refusal, want)
	}
}

func TestConnectIsRefusedInEveryForm(t *testing.T) {
	t.Parallel()
	reporting := mustPolicy(sanitize.Options{ReportOnly: true})
	extended := parse(t, "GET /chat HTTP/1.1")
	extended.Method, extended.ProtoMajor, extended.ProtoMinor = http.MethodConnect, 2, 0
	extended.Header[":protocol"] = []string{"websocket"}
	for _, r := range []*http.Request{
		parse(t, "CONNECT example.com:443 HTTP/1.1"),
		parse(t, "CONNECT / HTTP/1.1"),
		parse(t, "CONNECT /api HTTP/1.1", "Authorization: Bearer a", "Authorization: Bearer b"),
		extended,
	} {
		for _, p := range []*sanitize.Policy{strict, reporting} {
			_, refusal := p.Check(r)
			if refusal == nil || refusal.Status != 405 || refusal.ReportOnly {
				t.Errorf("Check(CONNECT %q) = %+v, want an enforced 405", r.RequestURI, refusal)
			}
		}
	}
}

func TestNewRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, o := range []sanitize.Options{
		{AllowMethods: []string{"CONNECT"}},
		{AllowMethods: []string{"TRACE"}},
		{AllowMethods: []string{"PRI"}},
		{AllowMethods: []string{""}},
		{AllowMethods: []string{"GET,HEAD"}},
		{AllowMethods: []string{"BÄH"}},
		{AllowEncoded: []string{"%00"}},
		{AllowEncoded: []string{"%2E"}},
		{AllowEncoded: []string{"%0d"}},
		{AllowEncoded: []string{"2F"}},
		{AllowEncoded: []string{"%2F%2F"}},
		{AllowEncoded: []string{"/"}},
		{AllowEncoded: []string{""}},
		{ProtectNames: []string{""}},
		{ProtectNames: []string{"*"}},
		{ProtectNames: []string{"x-*"}},
		{ProtectNames: []string{"x-a*b"}},
		{ProtectNames: []string{"x-org id"}},
		{ProtectNames: []string{"-x-org"}},
		{ProtectNames: []string{strings.Repeat("x", 65)}},
	} {
		if _, err := sanitize.New(o); err == nil {
			t.Errorf("New(%+v) succeeded, want an error", o)
		}
	}
}

func TestReportOnlyFlagsAndCompletesTheClaim(t *testing.T) {
	t.Parallel()
	reporting := mustPolicy(sanitize.Options{ReportOnly: true})
	r := parse(t, "GET /a%2fb HTTP/1.1", "Authorization: Bearer tok", "X-Tenant: acme", "X_Tenant_ID: forged")

	claim, refusal := reporting.Check(r)
	if refusal == nil || !refusal.ReportOnly || refusal.Reason != sanitize.ReasonPathEncoding {
		t.Fatalf("Check = %+v, want a flagged path_encoding", refusal)
	}
	want := sanitize.Claim{Host: "example.com", Bearer: "tok", Tenant: "acme"}
	if diff := cmp.Diff(want, claim); diff != "" {
		t.Errorf("claim (-want +got):\n%s", diff)
	}

	observed := strip(reporting, r)
	if observed[sanitize.ReasonName] != 2 {
		t.Errorf("stripped %v, want both tenant names: reporting never applies to names", observed)
	}
	if got := r.URL.EscapedPath(); got != "/a%2fb" {
		t.Errorf("forwarded path = %q, want it untouched", got)
	}
	if _, refusal := strict.Check(r); refusal == nil || refusal.ReportOnly {
		t.Errorf("strict Check = %+v, want an enforced refusal: the flag must not leak between policies", refusal)
	}
}

func TestReportOnlyStillRefusesDoubledCredentials(t *testing.T) {
	t.Parallel()
	reporting := mustPolicy(sanitize.Options{ReportOnly: true})
	for _, headers := range [][]string{
		{"Authorization: Bearer a", "Authorization: Bearer b"},
		{"X-Tenant: a", "X-Tenant: b"},
		{"Cookie: tenantgate_session=a; tenantgate_session=b"},
	} {
		_, refusal := reporting.Check(parse(t, "GET /a//b HTTP/1.1", headers...))
		if refusal == nil || refusal.ReportOnly || refusal.Status != 400 || refusal.Reason == sanitize.ReasonPathSegment {
			t.Errorf("Check with %q = %+v, want an enforced 400 for the doubled claim", headers, refusal)
		}
	}
}
