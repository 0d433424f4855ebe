package contract_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/contract"
	"github.com/tenantgate/tenantgate/internal/httpapi"
)

func TestRoutesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	var want []string
	for _, operation := range load(t).Operations {
		want = append(want, operation.Method+" "+operation.Path)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, httpapi.New(httpapi.Handler{}).Routes()); diff != "" {
		t.Errorf("the contract and the routes differ (-contract +routes):\n%s", diff)
	}
}

func TestCodesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	document := load(t)
	var named []string
	for _, code := range document.Components.Schemas["ProblemCode"].Value.Enum {
		named = append(named, code.(string))
	}
	var known []string
	for _, code := range httpapi.Codes() {
		known = append(known, string(code))
	}
	slices.Sort(named)
	slices.Sort(known)
	if diff := cmp.Diff(named, known); diff != "" {
		t.Errorf("the contract's codes and ours differ (-contract +ours):\n%s", diff)
	}
	for _, operation := range document.Operations {
		for _, code := range operation.Codes {
			status := httpapi.Code(code).Status()
			if !slices.Contains(known, code) {
				t.Errorf("%s: %q is no code", operation.OperationID, code)
			} else if operation.Responses.Status(status) == nil {
				t.Errorf("%s: may end in %q, but the contract has no answer %d", operation.OperationID, code, status)
			}
		}
	}
}

func TestOperationsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range load(t).Operations {
		if o.OperationID == "" || seen[o.OperationID] {
			t.Errorf("%s %s: the operationId %q is missing or taken", o.Method, o.Path, o.OperationID)
		}
		seen[o.OperationID] = true
		has := func(header string) bool { return o.Parameters.GetByInAndName("header", header) != nil }
		if write := o.Method == http.MethodPatch || o.Method == http.MethodPut; write != (has("If-Match") && o.Method != http.MethodDelete) {
			t.Errorf("%s: If-Match is for what changes a thing", o.OperationID)
		}
		if has("Idempotency-Key") && o.Method != http.MethodPost {
			t.Errorf("%s: Idempotency-Key is for POST", o.OperationID)
		}
		for status, response := range o.Responses.Map() {
			if response.Value.Headers["X-Request-ID"] == nil {
				t.Errorf("%s: answer %s has no X-Request-ID", o.OperationID, status)
			}
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"GET /api/v1/tenants":                             "listTenants",
		"HEAD /api/v1/tenants":                            "listTenants",
		"DELETE /api/v1/tenants/x/members/a%40b%2Fc.test": "removeMember a@b/c.test x",
		"GET /api/v1/tenants/x/config/custom.a":           "getConfig custom.a x",
		"GET /api/v1/calls":                               "",
		"PUT /api/v1/tenants":                             "",
		"GET /api/v1/tenants/":                            "",
		"GET /.well-known/jwks.json":                      "getTokenKeys",
	} {
		method, path, _ := strings.Cut(target, " ")
		operation, values := load(t).Find(httptest.NewRequest(method, path, nil))
		got := ""
		if operation != nil {
			got = strings.Join(append([]string{operation.OperationID}, slices.Sorted(maps.Values(values))...), " ")
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	head := "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses: {'200': {description: d}}\n"
	for name, text := range map[string]string{
		"no YAML":       "\t",
		"no OpenAPI":    "a: b",
		"without codes": head,
		"odd codes":     head + "      x-problem-codes: [1]\n",
	} {
		if _, err := contract.Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := contract.Parse([]byte(head + "      x-problem-codes: []\n")); err != nil {
		t.Errorf("a small contract: %v", err)
	}
}
