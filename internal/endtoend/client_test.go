package endtoend_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/contract"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// ask is a request of the tests. The zero value of each field leaves it out.
type ask struct {
	as     tenancy.Email // whose token
	method string        // GET where empty
	path   string
	tenant string // X-Tenant
	body   string // sent as application/json
	header http.Header
	claims gatewaytest.Claims
}

// told is an answer.
type told struct {
	status int
	header http.Header
	body   string
}

// connections are those of client.
var connections = &http.Transport{MaxIdleConnsPerHost: 64}

// client holds every exchange of the API against openapi.yaml.
var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: contract.Transport{Base: connections},
}

// send asks the gateway.
func send(t testing.TB, gateway *gatewaytest.Gateway, a ask) told {
	t.Helper()
	answer, err := try(t, gateway, a)
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	return answer
}

func try(t testing.TB, gateway *gatewaytest.Gateway, a ask) (told, error) {
	t.Helper()
	if a.method == "" {
		a.method = http.MethodGet
	}
	request, err := http.NewRequest(a.method, gateway.URL+a.path, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if a.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.as != "" {
		request.Header.Set("Authorization", "Bearer "+gatewaytest.Token(t, a.as, a.claims))
	}
	if a.tenant != "" {
		request.Header.Set("X-Tenant", a.tenant)
	}
	for name, values := range a.header {
		request.Header[name] = values
	}
	response, err := client.Do(request)
	if err != nil {
		return told{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return told{status: response.StatusCode, header: response.Header, body: string(body)}, err
}

// code is the stable code of a problem, or nothing.
func (a told) code() string {
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal([]byte(a.body), &problem) // no problem, no code
	return problem.Code
}

// into decodes the body.
func (a told) into(t testing.TB, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), to); err != nil {
		t.Fatalf("reading %q: %v", a.body, err)
	}
}

// want fails the test unless the answer has that status and code.
func (a told) want(t testing.TB, status int, code string) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("got %d %q, want %d %q\n%s", a.status, a.code(), status, code, a.body)
	}
}

// start runs a gateway on a fresh demo database in front of a recording upstream.
func start(t testing.TB, change ...func(*gatewaytest.Options)) (*gatewaytest.Gateway, *gatewaytest.Upstream) {
	t.Helper()
	upstream := gatewaytest.StartUpstream(t)
	options := gatewaytest.Options{UpstreamURL: upstream.URL}
	for _, apply := range change {
		apply(&options)
	}
	if options.DatabaseURL == "" {
		options.DatabaseURL = gatewaytest.Database(t)
	}
	return gatewaytest.Start(t, options), upstream
}

func path(t testing.TB, slug, rest string) string {
	t.Helper()
	return fmt.Sprintf("/api/v1/tenants/%s%s", gatewaytest.Tenant(t, slug), rest)
}
