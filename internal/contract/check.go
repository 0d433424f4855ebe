package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Exchange is a request and its answer, both with their whole bodies.
type Exchange struct {
	Request *http.Request // its body is not read
	Sent    []byte
	Status  int
	Header  http.Header
	Body    []byte
}

// common are the refusals that any operation may end in: they come before it is
// reached.
var common = map[string]int{
	"bad_request": 400, "method_not_allowed": 405, "body_too_large": 413, "unsupported_media_type": 415,
	"rate_limited": 429, "internal_error": 500, "membership_unavailable": 503,
}

// identified are those that any operation may end in which looks at who calls.
var identified = map[string]int{"token_missing": 401, "token_invalid": 401, "token_expired": 401, "origin_refused": 403}

// told are the headers that a client goes by: an answer has none of them unless
// the contract says so.
var told = []string{"ETag", "Location", "X-Tenant-ID", "Set-Cookie", "Idempotency-Replayed"}

// Check returns an error where the answer is not what the contract promises, or
// where a request was carried out that the contract does not allow. An exchange
// that is none of the contract's passes.
func (d *Document) Check(x Exchange) error {
	operation, values := d.Find(x.Request)
	if operation == nil {
		return nil
	}
	input := d.input(x, operation, values)
	err := errors.Join(d.checkRequest(x, operation, input), d.checkAnswer(x, operation, input))
	if err != nil {
		return fmt.Errorf("%s %s is not as openapi.yaml says: %w", operation.Method, operation.Path, err)
	}
	return nil
}

func (d *Document) input(x Exchange, o *Operation, values map[string]string) *openapi3filter.RequestValidationInput {
	request := x.Request.Clone(context.Background())
	request.Body = io.NopCloser(bytes.NewReader(x.Sent))
	request.ContentLength = int64(len(x.Sent))
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: values,
		Route: &routers.Route{Spec: d.T, Path: o.Path, PathItem: o.item, Method: o.Method, Operation: o.Operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
			RejectWhenRequestBodyNotSpecified: true,
		},
	}
}

// checkRequest holds a request that was carried out against the contract.
func (d *Document) checkRequest(x Exchange, o *Operation, input *openapi3filter.RequestValidationInput) error {
	if x.Status >= http.StatusBadRequest {
		return nil
	}
	for name := range x.Request.URL.Query() {
		if o.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("the query has %q, which is not in the contract, and the answer is %d", name, x.Status)
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		return fmt.Errorf("the request was carried out: %w", err)
	}
	return nil
}

// checkAnswer holds the answer against the contract.
func (d *Document) checkAnswer(x Exchange, o *Operation, input *openapi3filter.RequestValidationInput) error {
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.Status, Header: x.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	output.SetBodyBytes(x.Body)
	if err := openapi3filter.ValidateResponse(context.Background(), output); err != nil {
		return fmt.Errorf("answer %d: %w\n%s", x.Status, err, x.Body)
	}
	if x.Header.Get("X-Request-ID") == "" {
		return errors.New("the answer has no X-Request-ID")
	}
	if x.Status >= http.StatusBadRequest {
		return o.checkProblem(x)
	}
	return o.checkSuccess(x)
}

// checkSuccess wants the status named, no body where none is named, and no header
// that clients go by which is not.
func (o *Operation) checkSuccess(x Exchange) error {
	response := o.Responses.Status(x.Status)
	if response == nil {
		return fmt.Errorf("status %d is not in the contract", x.Status)
	}
	if len(response.Value.Content) == 0 && len(x.Body) > 0 {
		return fmt.Errorf("answer %d has a body, the contract says none: %s", x.Status, x.Body)
	}
	for _, name := range told {
		if x.Header.Get(name) != "" && response.Value.Headers[name] == nil {
			return fmt.Errorf("answer %d has the header %s, which is not in the contract", x.Status, name)
		}
	}
	return nil
}

// checkProblem wants a code that the operation may end in.
func (o *Operation) checkProblem(x Exchange) error {
	if x.Request.Method == http.MethodHead {
		return nil // it has no body
	}
	var problem struct {
		Code   string `json:"code"`
		Status int    `json:"status"`
	}
	if err := json.Unmarshal(x.Body, &problem); err != nil {
		return fmt.Errorf("reading the problem: %w", err)
	}
	if problem.Status != x.Status {
		return fmt.Errorf("status %d in the body of an answer %d", problem.Status, x.Status)
	}
	if common[problem.Code] == x.Status || o.identifies() && identified[problem.Code] == x.Status {
		return nil
	}
	if o.inTenant() && problem.Code == "tenant_conflict" || o.idempotent() && idempotency[problem.Code] == x.Status {
		return nil
	}
	if !slices.Contains(o.Codes, problem.Code) {
		return fmt.Errorf("code %q is not one of the operation's: %v", problem.Code, o.Codes)
	}
	return nil
}

// idempotency are the refusals of operations that take Idempotency-Key.
var idempotency = map[string]int{"idempotency_in_progress": 409, "idempotency_outcome_lost": 409, "idempotency_key_reused": 422}

func (o *Operation) idempotent() bool {
	return o.Parameters.GetByInAndName("header", "Idempotency-Key") != nil
}

// identifies reports whether the operation looks at who calls: it does unless its
// security is the empty list.
func (o *Operation) identifies() bool { return o.Security == nil || len(*o.Security) > 0 }

// inTenant reports whether the operation is one of a tenant that its path names.
func (o *Operation) inTenant() bool {
	parameter := o.item.Parameters.GetByInAndName("path", "id")
	return parameter != nil && len(o.Tags) > 0 && o.Tags[0] != "me"
}
