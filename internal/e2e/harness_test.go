package e2e_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// stage is a gateway with what stands around it.
type stage struct {
	*gatewaytest.Gateway
	upstream *gatewaytest.Upstream
	database string
}

// start starts a gateway without Redis on the demo's data; each prepare may
// change options or data before.
func start(t *testing.T, prepare ...func(*gatewaytest.Options)) stage {
	t.Helper()
	s := stage{upstream: gatewaytest.StartUpstream(t)}
	options := gatewaytest.Options{UpstreamURL: s.upstream.URL}
	for _, change := range prepare {
		change(&options)
	}
	if options.DatabaseURL == "" {
		options.DatabaseURL = gatewaytest.Database(t)
	}
	s.database = options.DatabaseURL
	s.Gateway = gatewaytest.Start(t, options)
	return s
}

// sql runs statements before the gateway starts, so that no cache is in the way.
func sql(t *testing.T, statements ...string) func(*gatewaytest.Options) {
	t.Helper()
	return func(o *gatewaytest.Options) {
		o.DatabaseURL = gatewaytest.Database(t)
		for _, statement := range statements {
			gatewaytest.Execute(t, o.DatabaseURL, statement)
		}
	}
}

// ask is a request; what is empty is not sent.
type ask struct {
	method string // empty: GET
	path   string
	token  string
	tenant string // X-Tenant
	host   string
	body   string // with Content-Type application/json, unless header says another
	header http.Header
}

// reply is the answer to it.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// client keeps no cookies and follows nothing. Its time limit is above all the
// gateway's own.
var client = &http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// do sends a request and returns the whole answer.
func (s stage) do(t testing.TB, a ask) reply {
	t.Helper()
	r, err := s.try(t, a)
	if err != nil {
		t.Fatalf("%s %s: %v", cmp.Or(a.method, "GET"), a.path, err)
	}
	return r
}

// try is do for a gateway that may not answer.
func (s stage) try(t testing.TB, a ask) (reply, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), cmp.Or(a.method, http.MethodGet), s.URL+a.path, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = a.host
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	if a.tenant != "" {
		request.Header.Set("X-Tenant", a.tenant)
	}
	if a.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range a.header {
		request.Header[name] = values
	}
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, header: response.Header, body: string(body), took: time.Since(began)}, err
}

// code returns the stable code of a refusal, or nothing.
func (r reply) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal([]byte(r.body), &problem) // what is no problem has no code
	return problem.Code
}

// refused checks that a reply is the refusal of that status and code, whole and
// in its form: RFC 9457, and RFC 6750 where it is a 401.
func refused(t *testing.T, r reply, status int, code string) {
	t.Helper()
	if r.status != status || r.code() != code {
		t.Errorf("got %d %s, want %d %s\n%s", r.status, r.code(), status, code, r.body)
		return
	}
	var problem struct {
		Type, Title, Detail string
		Status              int
		RequestID           string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(r.body), &problem); err != nil {
		t.Errorf("the problem is no JSON: %v\n%s", err, r.body)
	}
	id := r.header.Get("X-Request-ID")
	if problem.Status != status || problem.Title != http.StatusText(status) || problem.Type != "about:blank" || problem.Detail == "" {
		t.Errorf("got the problem %s, want type, title, detail and status %d", r.body, status)
	}
	if problem.RequestID == "" || problem.RequestID != id {
		t.Errorf("got request_id %q in the body and %q in the header, want the same", problem.RequestID, id)
	}
	for name, want := range map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Tenant-Id": ""} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got, want := r.header.Get("WWW-Authenticate"), challenges[code]; got != want {
		t.Errorf("WWW-Authenticate: got %q, want %q", got, want)
	}
}

// challenges are the WWW-Authenticate headers by code.
var challenges = map[string]string{
	"token_missing":       `Bearer realm="tenantgate"`,
	"credentials_invalid": `Bearer realm="tenantgate"`,
	"token_invalid":       `Bearer realm="tenantgate", error="invalid_token", error_description="The access token is not valid"`,
	"token_expired":       `Bearer realm="tenantgate", error="invalid_token", error_description="The access token expired"`,
}

// notReached checks that nothing has reached the upstream since it was last asked.
func (s stage) notReached(t *testing.T) {
	t.Helper()
	for _, seen := range s.upstream.Take() {
		t.Errorf("the upstream was reached:\n%s", seen.Raw)
	}
}

// reached returns the one request that has reached the upstream.
func (s stage) reached(t *testing.T) gatewaytest.Received {
	t.Helper()
	seen := s.upstream.Take()
	if len(seen) != 1 {
		t.Fatalf("the upstream got %d requests, want 1", len(seen))
	}
	return seen[0]
}

// answers checks status and JSON body. In want, "<id>", "<time>" and "<token>"
// stand for any value of that form; the demo's own ids are literal.
func answers(t *testing.T, r reply, status int, want string) {
	t.Helper()
	if r.status != status {
		t.Errorf("got status %d, want %d\n%s", r.status, status, r.body)
		return
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q, want application/json", got)
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: got %q, want no-store", got)
	}
	if diff := gocmp.Diff(canonical(t, want), canonical(t, masked(r.body))); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

var (
	idForm    = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"`)
	timeForm  = regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	tokenForm = regexp.MustCompile(`"[\w-]+\.[\w-]+\.[\w-]{40,}"`)
)

const demoIDs = `"019b76da-a800-7000-8000-00000000`

// masked replaces what differs from run to run.
func masked(body string) string {
	body = idForm.ReplaceAllStringFunc(body, func(id string) string {
		if strings.HasPrefix(id, demoIDs) {
			return id
		}
		return `"<id>"`
	})
	body = timeForm.ReplaceAllString(body, `"<time>"`)
	return tokenForm.ReplaceAllString(body, `"<token>"`)
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var value any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// field returns a string field of a JSON object, by its path.
func field(t *testing.T, r reply, path ...string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(r.body), &value); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, found := value.(string)
	if !found {
		t.Fatalf("no text at %v in %s", path, r.body)
	}
	return text
}

// eventually calls check until it returns true, and fails where it does not in
// that time.
func eventually(t *testing.T, within time.Duration, what string, check func() bool) {
	t.Helper()
	deadline := time.After(within)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !check() {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("not after %v: %s", within, what)
		}
	}
}

// people of the demo, and what they are in it: see package devserver.
const (
	alice  tenancy.Email = "alice@acme.test"      // acme:admin globex:viewer
	bob    tenancy.Email = "bob@acme.test"        // acme:member
	carol  tenancy.Email = "carol@acme.test"      // acme:viewer
	dave   tenancy.Email = "dave@globex.test"     // globex:admin acme:member
	peggy  tenancy.Email = "peggy@globex.test"    // globex:viewer
	frank  tenancy.Email = "frank@initech.test"   // initech:admin, suspended
	ursula tenancy.Email = "ursula@umbrella.test" // umbrella:admin
	erin   tenancy.Email = "erin@nowhere.test"    // in no tenant
	root   tenancy.Email = "root@tenantgate.test" // platform admin, in no tenant
)

// The demo's ids, as they appear in answers.
const (
	acmeID     = "019b76da-a800-7000-8000-00000000a001"
	globexID   = "019b76da-a800-7000-8000-00000000a002"
	initechID  = "019b76da-a800-7000-8000-00000000a003"
	umbrellaID = "019b76da-a800-7000-8000-00000000a004"
)

func token(t testing.TB, person tenancy.Email, claims ...gatewaytest.Claims) string {
	t.Helper()
	return gatewaytest.Token(t, person, claims...)
}
