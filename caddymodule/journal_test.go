package caddymodule_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/caddymodule"
)

const clientText = "fromtheclient"

func TestRefusalsAreCountedAllAndLoggedSome(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	now := time.Now()
	g.app.SetClock(func() time.Time { return now })
	refuse := func() {
		r := httptest.NewRequest("GET", "/"+clientText+"%2f", nil)
		r.Header.Set("Authorization", clientText)
		g.serve(t, r)
	}
	for range 5 {
		refuse()
	}
	now = now.Add(time.Second)
	refuse()
	want := []map[string]any{
		{"level": "WARN", "msg": "request refused", "reason": "path_encoding", "method": "GET", "left_out": 0.0},
		{"level": "WARN", "msg": "request refused", "reason": "path_encoding", "method": "GET", "left_out": 4.0},
	}
	if diff := cmp.Diff(want, withoutIDs(t, g.log.take(t))); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := g.counted(t, "tenantgate_sanitizer_refusals_total", "path_encoding"); got != 6 {
		t.Errorf("counted %v, want 6", got)
	}
	g.serve(t, httptest.NewRequest("PURGE", "/", nil))
	want = []map[string]any{{"level": "WARN", "msg": "request refused", "reason": "method", "method": "other", "left_out": 0.0}}
	if diff := cmp.Diff(want, withoutIDs(t, g.log.take(t))); diff != "" {
		t.Errorf("another reason has a rate of its own (-want +got):\n%s", diff)
	}
}

func TestStripsAreCountedAllAndLoggedSome(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	now := time.Now()
	g.app.SetClock(func() time.Time { return now })
	strip := func() {
		if w := g.do(t, "GET", "/api/v1/calls", "X-Tenant-Id", clientText, "X_Tenant_Id", clientText, "Trailer", clientText); w.Code != 200 {
			t.Errorf("got %d, want 200", w.Code)
		}
	}
	strip()
	strip()
	now = now.Add(time.Minute)
	strip()
	want := []map[string]any{
		{"level": "INFO", "msg": "fields stripped", "reason": "name", "fields": 2.0, "left_out": 0.0},
		{"level": "INFO", "msg": "fields stripped", "reason": "trailer", "fields": 1.0, "left_out": 0.0},
		{"level": "INFO", "msg": "fields stripped", "reason": "name", "fields": 2.0, "left_out": 1.0},
		{"level": "INFO", "msg": "fields stripped", "reason": "trailer", "fields": 1.0, "left_out": 1.0},
	}
	if diff := cmp.Diff(want, withoutIDs(t, g.log.take(t))); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := g.counted(t, "tenantgate_sanitizer_stripped_total", "name"); got != 6 {
		t.Errorf("counted %v names, want 6", got)
	}
}

func TestOrdinaryRequestsAreNotLogged(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	if w := g.do(t, "GET", "/api/v1/calls", "Accept", "text/html", "User-Agent", "x"); w.Code != 200 {
		t.Fatalf("got %d, want 200", w.Code)
	}
	if records := g.log.take(t); len(records) != 0 {
		t.Errorf("logged %v, want nothing", records)
	}
}

func TestReportOnlyServesAndReports(t *testing.T) {
	t.Parallel()
	on := true
	g := newGateway(t, func(app *caddymodule.App) { app.Sanitize.ReportOnly = &on })
	if records := g.log.take(t); len(records) != 1 || !strings.Contains(records[0]["msg"].(string), "report_only") {
		t.Errorf("at the start: logged %v, want a warning", records)
	}
	if w := g.do(t, "GET", "/public/a;b"); w.Code != 200 || g.reached == nil {
		t.Errorf("got %d, want it served", w.Code)
	}
	want := []map[string]any{
		{"level": "WARN", "msg": "request would be refused", "reason": "path_byte", "method": "GET", "left_out": 0.0},
	}
	if diff := cmp.Diff(want, withoutIDs(t, g.log.take(t))); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for name, want := range map[string]float64{"tenantgate_sanitizer_reports_total": 1, "tenantgate_sanitizer_refusals_total": 0} {
		if got := g.counted(t, name, "path_byte"); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if w := g.do(t, "CONNECT", "/x"); w.Code != 405 {
		t.Errorf("CONNECT: got %d, want 405 all the same", w.Code)
	}
}

func TestOperatorsExceptions(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(app *caddymodule.App) {
		app.Sanitize.AllowMethods = []string{"PURGE"}
		app.Sanitize.AllowEncoded = []string{"%2F"}
		app.Sanitize.Protect = []string{"X-Org-*"}
	})
	strict := newGateway(t)
	for _, request := range [][2]string{{"PURGE", "/x"}, {"GET", "/a%2Fb"}} {
		if w := g.do(t, request[0], request[1]); w.Code != 200 {
			t.Errorf("%v: got %d, want 200", request, w.Code)
		}
		if w := strict.do(t, request[0], request[1]); w.Code < 400 {
			t.Errorf("%v without the exception: got %d, want a refusal", request, w.Code)
		}
	}
	g.do(t, "GET", "/x", "X_Org_Id", "forged", "X-Orgy", "fine")
	if g.reached.Header.Get("X_org_id") != "" || g.reached.Header.Get("X-Orgy") == "" {
		t.Errorf("at the upstream: %v, want X-Orgy alone", g.reached.Header)
	}
}

// withoutIDs takes the request ids off, and fails where one is missing or a line
// has a word of the client's.
func withoutIDs(t *testing.T, records []map[string]any) []map[string]any {
	t.Helper()
	for _, record := range records {
		if id, _ := record["request_id"].(string); len(id) != 32 {
			t.Errorf("request_id of %v, want 32 digits", record)
		}
		delete(record, "request_id")
		for name, value := range record {
			if text, _ := value.(string); strings.Contains(text, clientText) {
				t.Errorf("%s is %q: the client's own words", name, text)
			}
		}
	}
	return records
}
