package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/contract"
)

const (
	id      = "0198f0a5-5c3e-7d2b-9a41-1f6f0a5b7c3d"
	member  = `{"member":{"id":"` + id + `","user_id":"` + id + `","email":"a@b.test","name":"","role":"viewer","status":"active","joined_at":"2026-01-01T00:00:00Z"}}`
	problem = `{"type":"about:blank","title":"t","status":409,"detail":"d","code":"seat_limit_reached","request_id":"0123456789abcdef0123456789abcdef"}`
)

// exchange is one that is as the contract says: somebody is let in.
func exchange() contract.Exchange {
	request := httptest.NewRequest(http.MethodPost, "/api/v1/tenants/"+id+"/members", nil)
	request.Header.Set("Content-Type", "application/json")
	return contract.Exchange{
		Request: request, Sent: []byte(`{"email":"a@b.test","role":"viewer"}`), Status: http.StatusCreated,
		Header: http.Header{
			"Content-Type": {"application/json"}, "X-Request-Id": {"0123456789abcdef0123456789abcdef"}, "X-Tenant-Id": {id},
		},
		Body: []byte(member),
	}
}

// refusal is one that is refused as the contract says.
func refusal() contract.Exchange {
	x := exchange()
	x.Status, x.Body = http.StatusConflict, []byte(problem)
	x.Header.Set("Content-Type", "application/problem+json")
	x.Header.Del("X-Tenant-Id")
	return x
}

func load(t *testing.T) *contract.Document {
	t.Helper()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestCheckPasses(t *testing.T) {
	t.Parallel()
	elsewhere := exchange()
	elsewhere.Request = httptest.NewRequest(http.MethodGet, "/api/v1/calls", nil)
	for name, x := range map[string]contract.Exchange{"success": exchange(), "refusal": refusal(), "not the contract's": elsewhere} {
		if err := load(t).Check(x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	body := func(old, new string) func(*contract.Exchange) {
		return func(x *contract.Exchange) { x.Body = []byte(strings.ReplaceAll(string(x.Body), old, new)) }
	}
	for name, test := range map[string]struct {
		x     contract.Exchange
		spoil func(*contract.Exchange)
		want  string
	}{
		"a member too many":   {exchange(), body(`"name":""`, `"name":"","secret":1`), "secret"},
		"a member missing":    {exchange(), body(`"name":"",`, ``), "name"},
		"another type":        {exchange(), body(`"name":""`, `"name":1`), "name"},
		"no id":               {exchange(), body(`{"id":"`+id, `{"id":"x`), "pattern"},
		"no time":             {exchange(), body("2026-01-01T00:00:00Z", "yesterday"), "date-time"},
		"a role that is none": {exchange(), body("viewer", "owner"), "role"},
		"a status not named":  {exchange(), func(x *contract.Exchange) { x.Status = 200 }, "200"},
		"another media type":  {exchange(), func(x *contract.Exchange) { x.Header.Set("Content-Type", "text/plain") }, "text/plain"},
		"no request id":       {exchange(), func(x *contract.Exchange) { x.Header.Del("X-Request-Id") }, "X-Request-ID"},
		"a header not named":  {exchange(), func(x *contract.Exchange) { x.Header.Set("ETag", `"7"`) }, "ETag"},
		"a header spoilt":     {exchange(), func(x *contract.Exchange) { x.Header.Set("X-Tenant-Id", "acme") }, "X-Tenant-ID"},
		"a body where none is": {exchange(), func(x *contract.Exchange) {
			x.Request.Method = "DELETE"
			x.Request.URL.Path += "/" + id
			x.Status = 204
			x.Sent = nil
		}, "body"},
		"carried out, no role":   {exchange(), func(x *contract.Exchange) { x.Sent = []byte(`{"email":"a@b.test"}`) }, "carried out"},
		"carried out, unknown":   {exchange(), func(x *contract.Exchange) { x.Sent = []byte(`{"email":"a@b.test","role":"viewer","x":1}`) }, "carried out"},
		"carried out, parameter": {exchange(), func(x *contract.Exchange) { x.Request.URL.RawQuery = "force=1" }, "force"},
		"carried out, path":      {exchange(), func(x *contract.Exchange) { x.Request.URL.Path = "/api/v1/tenants/acme/members" }, "carried out"},
		"a code not its own":     {refusal(), body("seat_limit_reached", "slug_taken"), "slug_taken"},
		"a code that is none":    {refusal(), body("seat_limit_reached", "no_luck"), "code"},
		"another status inside":  {refusal(), body("409", "400"), "409"},
		"a common code, status":  {refusal(), body("seat_limit_reached", "bad_request"), "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.spoil(&test.x)
			if err := load(t).Check(test.x); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that names %q", err, test.want)
			}
		})
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	answer := member
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		x := exchange()
		for name, values := range x.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	client := http.Client{Transport: contract.Transport{}}
	post := func(path string) error {
		response, err := client.Post(server.URL+path, "application/json", strings.NewReader(string(exchange().Sent)))
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	if err := post("/api/v1/tenants/" + id + "/members"); err != nil {
		t.Errorf("an exchange as it should be: %v", err)
	}
	answer = `{"member":{}}`
	if err := post("/api/v1/tenants/" + id + "/members"); err == nil {
		t.Error("an answer that is not as the contract says went through")
	}
	if err := post("/api/v1/calls"); err != nil {
		t.Errorf("what is none of the contract's: %v", err)
	}
}
