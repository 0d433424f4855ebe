package devserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func callCenter(t *testing.T) *devserver.CallCenter {
	t.Helper()
	center, err := devserver.NewCallCenter(func(*http.Request) string { return "absent" })
	if err != nil {
		t.Fatal(err)
	}
	return center
}

// tenant returns the demo tenant of that slug.
func tenant(t *testing.T, slug string) devserver.Tenant {
	t.Helper()
	for _, tenant := range devserver.Tenants() {
		if tenant.Slug == slug {
			return tenant
		}
	}
	t.Fatalf("no demo tenant %q", slug)
	return devserver.Tenant{}
}

// ask sends a request with the given values of X-Tenant-ID. Its client has hung
// up already, or the live stream would never end.
func ask(center *devserver.CallCenter, method, target, body string, tenants ...string) *httptest.ResponseRecorder {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	request := httptest.NewRequestWithContext(gone, method, target, strings.NewReader(body))
	for _, id := range tenants {
		request.Header.Add("X-Tenant-ID", id)
	}
	response := httptest.NewRecorder()
	center.Handler().ServeHTTP(response, request)
	return response
}

var apiRoutes = []string{
	"GET /api/v1/calls", "POST /api/v1/calls", "GET /api/v1/calls/acme-1001", "GET /api/v1/calls/live", "GET /api/v1/agents",
	"GET /api/v1/queues", "GET /api/v1/billing/summary", "GET /api/v1/debug/headers", "POST /api/v1/debug/headers", "GET /api/other",
}

func TestNothingIsAnsweredWithoutATrustedTenant(t *testing.T) {
	t.Parallel()
	acme := tenant(t, "acme").ID.String()
	for name, headers := range map[string][]string{
		"none": nil, "empty": {""}, "a slug": {"acme"}, "unknown": {tenancy.TenantID{1}.String()},
		"two": {acme, acme}, "two in one": {acme + "," + acme}, "in braces": {"{" + acme + "}"},
	} {
		for _, route := range apiRoutes {
			method, target, _ := strings.Cut(route, " ")
			response := ask(callCenter(t), method, target, "", headers...)
			if response.Code != http.StatusUnauthorized || response.Header().Get("Content-Type") != "application/problem+json" ||
				!strings.Contains(response.Body.String(), "no trusted tenant header") || strings.Contains(response.Body.String(), "acme-") {
				t.Errorf("%s with %s: got %d %s, want a 401 problem without data", route, name, response.Code, response.Body)
			}
		}
	}
}

func TestTenantsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	center := callCenter(t)
	for _, own := range devserver.Tenants() {
		queued := ask(center, "POST", "/api/v1/calls", `{"queue": "`+firstQueue(t, center, own)+`", "caller": "`+own.Slug+`-secret"}`, own.ID.String())
		if queued.Code != http.StatusCreated {
			t.Fatalf("queueing a call for %s: got %d %s, want 201", own.Slug, queued.Code, queued.Body)
		}
	}
	for _, own := range devserver.Tenants() {
		for _, route := range []string{"/calls", "/agents", "/queues", "/billing/summary", "/calls/" + own.Slug + "-1001"} {
			response := ask(center, "GET", "/api/v1"+route, "", own.ID.String())
			if body := response.Body.String(); response.Code != http.StatusOK || !strings.Contains(body, own.ID.String()) {
				t.Errorf("GET %s as %s: got %d %s, want its own data", route, own.Slug, response.Code, body)
			}
			for _, other := range devserver.Tenants() {
				if other.ID == own.ID {
					continue
				}
				for _, mark := range []string{other.ID.String(), other.Slug} {
					if strings.Contains(response.Body.String(), mark) {
						t.Errorf("GET %s as %s: got %q of %s in the answer", route, own.Slug, mark, other.Slug)
					}
				}
				if foreign := ask(center, "GET", "/api/v1/calls/"+other.Slug+"-1001", "", own.ID.String()); foreign.Code != http.StatusNotFound {
					t.Errorf("call of %s as %s: got %d, want 404", other.Slug, own.Slug, foreign.Code)
				}
			}
		}
	}
}

func firstQueue(t *testing.T, center *devserver.CallCenter, of devserver.Tenant) string {
	t.Helper()
	var list struct{ Queues []devserver.Queue }
	if err := json.Unmarshal(ask(center, "GET", "/api/v1/queues", "", of.ID.String()).Body.Bytes(), &list); err != nil || len(list.Queues) == 0 {
		t.Fatalf("queues of %s: %v, %v", of.Slug, list, err)
	}
	return list.Queues[0].Name
}

func TestEveryStartTellsTheSameStory(t *testing.T) {
	t.Parallel()
	for _, of := range devserver.Tenants() {
		first, second := ask(callCenter(t), "GET", "/api/v1/calls", "", of.ID.String()), ask(callCenter(t), "GET", "/api/v1/calls", "", of.ID.String())
		if diff := cmp.Diff(first.Body.String(), second.Body.String()); diff != "" {
			t.Errorf("calls of %s at two starts (-first +second):\n%s", of.Slug, diff)
		}
	}
}

func TestQueueCall(t *testing.T) {
	t.Parallel()
	center, acme := callCenter(t), tenant(t, "acme").ID.String()
	for body, want := range map[string]int{
		`{"queue": "support", "caller": "+1 212 555 0100", "topic": "anvil"}`: 201,
		`{"queue": "outages"}`:                       422, // a queue of globex
		`{"queue": "support", "tenant_id": "other"}`: 400,
		`{"queue": "support"`:                        400,
		`[]`:                                         400,
		`{"queue": "support", "topic": "` + strings.Repeat("x", 5000) + `"}`: 400,
	} {
		if response := ask(center, "POST", "/api/v1/calls", body, acme); response.Code != want {
			t.Errorf("POST %.60s: got %d %s, want %d", body, response.Code, response.Body, want)
		}
	}
	if body := ask(center, "GET", "/api/v1/calls/acme-1007", "", acme).Body.String(); !strings.Contains(body, "anvil") {
		t.Errorf("the queued call: got %s, want it kept as acme-1007", body)
	}
	for range 300 {
		ask(center, "POST", "/api/v1/calls", `{"queue": "support"}`, acme)
	}
	var list struct{ Calls []devserver.Call }
	if err := json.Unmarshal(ask(center, "GET", "/api/v1/calls", "", acme).Body.Bytes(), &list); err != nil || len(list.Calls) != 200 {
		t.Errorf("after 300 more: got %d calls, %v, want the newest 200 kept", len(list.Calls), err)
	}
}

func TestDebugShowsWhatWasReceived(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(callCenter(t).Handler())
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), "PUT", server.URL+"/api/v1/debug/headers?a=%41", io.NopCloser(strings.NewReader("hello")))
	if err != nil {
		t.Fatal(err)
	}
	acme := tenant(t, "acme").ID.String()
	request.Header = http.Header{"X-Tenant-Id": {acme}, "X_tenant_id": {"first", "second"}, "User-Agent": {"test"}, "Accept-Encoding": {"identity"}}
	request.Trailer = http.Header{"X-User-Id": {"trailed"}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got devserver.Received
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := devserver.Received{
		Method: "PUT", Target: "/api/v1/debug/headers?a=%41", Protocol: "HTTP/1.1", Host: request.URL.Host,
		Headers:   map[string][]string{"X-Tenant-Id": {acme}, "X_tenant_id": {"first", "second"}, "User-Agent": {"test"}, "Accept-Encoding": {"identity"}},
		Trailers:  map[string][]string{"X-User-Id": {"trailed"}},
		BodyBytes: 5, Assertion: "absent",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}

func TestLiveStreamIsOfOneTenantAndEndsWithTheServer(t *testing.T) {
	t.Parallel()
	center := callCenter(t)
	center.Beat = time.Millisecond
	upstream, err := devserver.ServeUpstream(t.Context(), center.Handler())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", upstream.URL+"/api/v1/calls/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Tenant-ID", tenant(t, "globex").ID.String())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type: got %q, want text/event-stream", got)
	}
	lines, events := bufio.NewScanner(response.Body), 0
	for events < 20 && lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			events++
			var call devserver.Call
			if err := json.Unmarshal([]byte(data), &call); err != nil || call.TenantID != tenant(t, "globex").ID {
				t.Errorf("event: got %s, %v, want a call of globex", data, err)
			}
		}
	}
	if events != 20 {
		t.Fatalf("events: got %d, %v, want 20", events, lines.Err())
	}
	if err := upstream.Close(); err != nil {
		t.Errorf("closing under an open stream: %v", err)
	}
	for lines.Scan() { // what was on its way
	}
	if err := lines.Err(); err != nil {
		t.Errorf("end of the stream: got %v, want it ended, not cut off", err)
	}
	if _, err := http.Get(upstream.URL); err == nil {
		t.Error("after Close: got an answer, want none")
	}
}

func TestPublicPagesNeedNoTenant(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]int{"/": 200, "/assets/hello.txt": 200, "/assets/none": 404, "/other": 404} {
		if response := ask(callCenter(t), "GET", target, ""); response.Code != want {
			t.Errorf("GET %s: got %d, want %d", target, response.Code, want)
		}
	}
}
