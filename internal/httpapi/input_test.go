package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/httpapi"
)

const (
	members = "/api/v1/tenants/02000000-0000-0000-0000-000000000001/members"
	login   = "/api/v1/auth/login"
)

// Every class of bad input is refused with its status, its code and a pointer
// to the field, before the store is asked anything.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, target string // POST to members where empty
		body           string
		status         int
		code           string
		fields         []string
	}{
		"not JSON":          {body: `email=bob`, status: 400, code: "bad_request", fields: []string{"body "}},
		"cut off":           {body: `{"email":"bob@acme.example"`, status: 400, code: "bad_request", fields: []string{"body "}},
		"cut off in value":  {body: `{"email":"bob@acme`, status: 400, code: "bad_request", fields: []string{"body /email"}},
		"trailing object":   {body: `{"email":"bob@acme.example","role":"viewer"}{}`, status: 400, code: "bad_request", fields: []string{"body "}},
		"trailing comma":    {body: `{"email":"bob@acme.example","role":"viewer",}`, status: 400, code: "bad_request", fields: []string{"body "}},
		"only space":        {body: " \n", status: 400, code: "bad_request", fields: []string{"body "}},
		"byte order mark":   {body: "\ufeff{}", status: 400, code: "bad_request", fields: []string{"body "}},
		"invalid UTF-8":     {body: "{\"email\":\"\xff\",\"role\":\"viewer\"}", status: 400, code: "bad_request", fields: []string{"body /email"}},
		"lone surrogate":    {body: `{"email":"\ud800","role":"viewer"}`, status: 400, code: "bad_request", fields: []string{"body /email"}},
		"too deep":          {body: strings.Repeat("[", 33) + strings.Repeat("]", 33), status: 400, code: "bad_request"},
		"empty":             {body: "", status: 400, code: "bad_request"},
		"null":              {body: `null`, status: 422, code: "validation_failed", fields: []string{"body /email", "body /role"}},
		"an array":          {body: `[]`, status: 422, code: "validation_failed", fields: []string{"body "}},
		"a string":          {body: `"bob@acme.example"`, status: 422, code: "validation_failed", fields: []string{"body "}},
		"no fields":         {body: `{}`, status: 422, code: "validation_failed", fields: []string{"body /email", "body /role"}},
		"no address":        {body: `{"role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"null address":      {body: `{"email":null,"role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"bad address":       {body: `{"email":"bob","role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"non-ASCII address": {body: `{"email":"b\u00f6b@acme.example","role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"address a number":  {body: `{"email":5,"role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"address an object": {body: `{"email":{"a":1},"role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"no role":           {body: `{"email":"bob@acme.example"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"unknown role":      {body: `{"email":"bob@acme.example","role":"owner"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"role none":         {body: `{"email":"bob@acme.example","role":"none"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"role in capitals":  {body: `{"email":"bob@acme.example","role":"Admin"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"role a boolean":    {body: `{"email":"bob@acme.example","role":true}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"both wrong":        {body: `{"email":"bob","role":"owner"}`, status: 422, code: "validation_failed", fields: []string{"body /email", "body /role"}},
		"unknown field":     {body: `{"email":"bob@acme.example","role":"viewer","tenant_id":"x"}`, status: 422, code: "validation_failed", fields: []string{"body /tenant_id"}},
		"other case":        {body: `{"Email":"bob@acme.example","role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /Email"}},
		"odd field name":    {body: `{"a/b~c":1}`, status: 422, code: "validation_failed", fields: []string{"body /a~1b~0c"}},
		"huge field name":   {body: `{"` + strings.Repeat("x", 1000) + `":1}`, status: 422, code: "validation_failed", fields: []string{"body "}},
		"field twice":       {body: `{"email":"bob@acme.example","role":"viewer","role":"admin"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"field twice, escaped": {
			body: `{"email":"bob@acme.example","role":"viewer","\u0072ole":"admin"}`, status: 422, code: "validation_failed", fields: []string{"body /role"},
		},
		"NUL in value":      {body: `{"email":"bob@acme.example\u0000","role":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"NUL in name":       {body: `{"role\u0000":"viewer"}`, status: 422, code: "validation_failed", fields: []string{"body /role\x00"}},
		"2 MiB":             {body: `{"email":"` + strings.Repeat("x", 2<<20) + `"}`, status: 413, code: "body_too_large"},
		"tenant no uuid":    {target: "/api/v1/tenants/acme/members", body: `{}`, status: 422, code: "validation_failed", fields: []string{"path /id"}},
		"tenant in braces":  {target: "/api/v1/tenants/%7B02000000-0000-0000-0000-000000000001%7D/members", body: `{}`, status: 422, code: "validation_failed", fields: []string{"path /id"}},
		"switch to no uuid": {target: "/api/v1/tenants/x/switch", status: 422, code: "validation_failed", fields: []string{"path /id"}},
		"switch with field": {target: "/api/v1/tenants/02000000-0000-0000-0000-000000000001/switch", body: `{"role":"admin"}`, status: 422, code: "validation_failed", fields: []string{"body /role"}},
		"remove nobody":     {method: "DELETE", target: members + "/bob", status: 422, code: "validation_failed", fields: []string{"path /member"}},
		"remove NUL":        {method: "DELETE", target: members + "/bob%00@acme.example", status: 422, code: "validation_failed", fields: []string{"path /member"}},
		"remove slash":      {method: "DELETE", target: members + "/..%2f..%2fswitch", status: 422, code: "validation_failed", fields: []string{"path /member"}},
		"login empty":       {target: login, body: `{}`, status: 422, code: "validation_failed", fields: []string{"body /email", "body /password"}},
		"login bad address": {target: login, body: `{"email":"ada","password":"x"}`, status: 422, code: "validation_failed", fields: []string{"body /email"}},
		"login NUL":         {target: login, body: `{"email":"ada@acme.example","password":"a\u0000b"}`, status: 422, code: "validation_failed", fields: []string{"body /password"}},
		"login remember":    {target: login, body: `{"email":"ada@acme.example","password":"x","remember":true}`, status: 422, code: "validation_failed", fields: []string{"body /remember"}},
		"limit nought":      {method: "GET", target: "/api/v1/tenants?limit=0", status: 422, code: "validation_failed", fields: []string{"query /limit"}},
		"limit 101":         {method: "GET", target: "/api/v1/tenants?limit=101", status: 422, code: "validation_failed", fields: []string{"query /limit"}},
		"limit a word":      {method: "GET", target: "/api/v1/tenants?limit=ten", status: 422, code: "validation_failed", fields: []string{"query /limit"}},
		"limit twice":       {method: "GET", target: "/api/v1/tenants?limit=1&limit=2", status: 422, code: "validation_failed", fields: []string{"query /limit"}},
		"cursor of letters": {method: "GET", target: "/api/v1/tenants?cursor=hello", status: 422, code: "validation_failed", fields: []string{"query /cursor"}},
		"cursor too long":   {method: "GET", target: "/api/v1/tenants?cursor=" + strings.Repeat("A", 24), status: 422, code: "validation_failed", fields: []string{"query /cursor"}},
		"cursor misspelt":   {method: "GET", target: "/api/v1/tenants?cursor=" + strings.Repeat("A", 21) + "B", status: 422, code: "validation_failed", fields: []string{"query /cursor"}},
		"unknown scope":     {method: "GET", target: "/api/v1/tenants?scope=mine&limit=x", status: 422, code: "validation_failed", fields: []string{"query /limit", "query /scope"}},
		"broken query":      {method: "GET", target: "/api/v1/tenants?limit=%zz", status: 400, code: "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fakeStore{}
			method, target := tc.method, tc.target
			if method == "" {
				method = "POST"
			}
			if target == "" {
				target = members
			}
			w := serve(newHandler(t, store), request(method, target, tc.body))
			p := readProblem(t, w)
			if w.Code != tc.status || p.Code != tc.code {
				t.Errorf("%s %s = %d %s, want %d %s", method, target, w.Code, p.Code, tc.status, tc.code)
			}
			if diff := cmp.Diff(tc.fields, p.fields()); diff != "" {
				t.Errorf("fields pointed to (-want +got):\n%s", diff)
			}
			if n := store.calls.Load(); n != 0 {
				t.Errorf("the store was called %d times, want never", n)
			}
		})
	}
}

func TestSyntaxErrorsSayWhere(t *testing.T) {
	t.Parallel()
	p := readProblem(t, serve(newHandler(t, &fakeStore{}), request("POST", members, `{"email":"bob@acme.example" "role"}`)))
	if !strings.Contains(p.Detail, "byte 28") {
		t.Errorf("detail = %q, want it to name byte 28", p.Detail)
	}
}

// Only plain JSON is read, and it says so itself: other types can be sent by a
// page of another site without a preflight.
func TestContentType(t *testing.T) {
	t.Parallel()
	const body = `{"email":"bob@acme.example","role":"viewer"}`
	for name, tc := range map[string]struct {
		header http.Header
		ok     bool
	}{
		"plain":           {http.Header{"Content-Type": {"application/json"}}, true},
		"UTF-8":           {http.Header{"Content-Type": {"Application/JSON; charset=UTF-8"}}, true},
		"none":            {http.Header{}, false},
		"text":            {http.Header{"Content-Type": {"text/plain"}}, false},
		"form":            {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, false},
		"JSON of a kind":  {http.Header{"Content-Type": {"application/merge-patch+json"}}, false},
		"longer":          {http.Header{"Content-Type": {"application/json5"}}, false},
		"UTF-16":          {http.Header{"Content-Type": {"application/json; charset=utf-16"}}, false},
		"other parameter": {http.Header{"Content-Type": {"application/json; version=2"}}, false},
		"two":             {http.Header{"Content-Type": {"application/json", "text/plain"}}, false},
		"two in one":      {http.Header{"Content-Type": {"application/json, text/plain"}}, false},
		"compressed":      {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fakeStore{outcome: addedMember}
			r := request("POST", members, body)
			r.Header.Del("Content-Type")
			for name, values := range tc.header {
				r.Header[name] = values
			}
			w := serve(newHandler(t, store), r)
			if tc.ok {
				if w.Code != http.StatusCreated {
					t.Errorf("status = %d, want 201", w.Code)
				}
				return
			}
			if p := readProblem(t, w); w.Code != 415 || p.Code != "unsupported_media_type" {
				t.Errorf("answer = %d %s, want 415 unsupported_media_type", w.Code, p.Code)
			}
			if n := store.calls.Load(); n != 0 {
				t.Errorf("the store was called %d times, want never", n)
			}
		})
	}
}

// A body of unknown length is cut off at the limit, not read to its end.
func TestBodyWithoutLengthIsBounded(t *testing.T) {
	t.Parallel()
	read := 0
	r := request("POST", members, "x")
	r.ContentLength = -1
	r.Body = endless{&read}
	w := serve(newHandler(t, &fakeStore{}), r)
	if p := readProblem(t, w); w.Code != 413 || p.Code != "body_too_large" {
		t.Errorf("answer = %d %s, want 413 body_too_large", w.Code, p.Code)
	}
	if read > 2<<20 {
		t.Errorf("%d bytes read, want about 1 MiB", read)
	}
}

// A body that announces itself as too large is not read at all.
func TestBodyTooLargeByItsLength(t *testing.T) {
	t.Parallel()
	read := 0
	r := request("POST", members, "x")
	r.ContentLength = 1<<20 + 1
	r.Body = endless{&read}
	if w := serve(newHandler(t, &fakeStore{}), r); w.Code != 413 || read != 0 {
		t.Errorf("status %d with %d bytes read, want 413 with none", w.Code, read)
	}
}

type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) { *e.read += len(p); return len(p), nil }
func (endless) Close() error                 { return nil }

// Nobody's body is read before we know who they are.
func TestBodyIsReadAfterTheToken(t *testing.T) {
	t.Parallel()
	read := 0
	r := request("POST", members, "x")
	r.Header.Set("Authorization", "Bearer forged")
	r.Body = endless{&read}
	if w := serve(newHandler(t, &fakeStore{}), r); w.Code != 401 || read != 0 {
		t.Errorf("status %d with %d bytes read, want 401 with none", w.Code, read)
	}
}

func TestCodesHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[httpapi.Code]int{
		"tenant_conflict": 400, "tenant_required": 400, "bad_request": 400,
		"token_missing": 401, "token_invalid": 401, "token_expired": 401,
		"not_a_member": 403, "role_required": 403, "tenant_suspended": 403, "origin_refused": 403, "not_found": 404,
		"already_member": 409, "last_admin": 409, "seat_limit_reached": 409, "slug_taken": 409, "invitation_gone": 410,
		"version_mismatch": 412, "validation_failed": 422, "rate_limited": 429, "membership_unavailable": 503,
		"of no table": 500,
	} {
		if got := code.Status(); got != want {
			t.Errorf("%s has status %d, want %d", code, got, want)
		}
	}
}
