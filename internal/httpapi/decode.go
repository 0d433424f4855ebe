package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	maxBody    = 1 << 20 // bytes
	maxDepth   = 32      // levels of objects and arrays
	maxPointer = 200     // bytes of a pointer that we repeat to the client
)

// decode reads the body of a request into a Body: one JSON value (RFC 8259)
// whose members are all known and none twice. A Body without fields, or one that
// embeds optional, may be absent altogether. The error is a *Problem.
func decode[Body any](w http.ResponseWriter, r *http.Request) (Body, error) {
	var body Body
	raw, err := readBody(w, r)
	if err != nil {
		return body, err
	}
	if len(raw) == 0 {
		_, absentIsFine := any(body).(interface{ absentIsFine() })
		if absentIsFine || reflect.TypeFor[Body]().NumField() == 0 {
			return body, nil
		}
		return body, &Problem{Code: BadRequest, Detail: "The body is empty; want a JSON object."}
	}
	if !isJSON(r.Header) {
		return body, &Problem{Code: UnsupportedMediaType}
	}
	if err := inspect(raw); err != nil {
		return body, err
	}
	if err := json.Unmarshal(raw, &body, json.RejectUnknownMembers(true)); err != nil {
		return body, bodyProblem(err)
	}
	return body, nil
}

// optional marks a Body that may be absent.
type optional struct{}

func (optional) absentIsFine() {}

// readBody reads all of the body, unless it is too large.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, &Problem{Code: BodyTooLarge}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &Problem{Code: BodyTooLarge}
	}
	if err != nil {
		return nil, &Problem{Code: BadRequest, Detail: "The body ended before it was complete."}
	}
	return raw, nil
}

// isJSON reports whether the headers announce plain JSON. Other types are
// refused also because a page of another site can send text/plain and forms
// without asking the browser first.
func isJSON(header http.Header) bool {
	if len(header.Values("Content-Type")) != 1 || header.Get("Content-Encoding") != "" {
		return false
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// inspect walks over the tokens before anything is built from them: it refuses
// what is no JSON or nests too deep, and NUL, which ends a string for some of
// those who read it after us.
func inspect(raw []byte) error {
	tokens := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := tokens.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bodyProblem(err)
		}
		if tokens.StackDepth() > maxDepth {
			return &Problem{Code: BadRequest, Detail: fmt.Sprintf("The body nests deeper than %d levels.", maxDepth)}
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return violation(tokens.StackPointer(), "NUL is not accepted")
		}
	}
}

// bodyProblem says where the body is wrong: 400 where it is no JSON, 422 where
// it is JSON of another shape.
func bodyProblem(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return violation(syntax.JSONPointer, "the field is given twice")
		}
		return &Problem{
			Code:       BadRequest,
			Detail:     fmt.Sprintf("The body is not valid JSON in UTF-8, at byte %d.", syntax.ByteOffset),
			Violations: []tenancy.Violation{{In: "body", Pointer: shorten(syntax.JSONPointer), Detail: "not valid JSON"}},
		}
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return &Problem{Code: BadRequest, Detail: "The body is not one JSON value."}
	case errors.Is(err, json.ErrUnknownName):
		return violation(semantic.JSONPointer, "unknown field")
	}
	return violation(semantic.JSONPointer, "want "+wanted(semantic.GoType))
}

func violation(pointer jsontext.Pointer, detail string) error {
	return tenancy.Invalid(shorten(pointer), detail)
}

// shorten returns the pointer, or the nearest parent that is short enough to be
// repeated: what a client names its fields is of any length.
func shorten(pointer jsontext.Pointer) string {
	for len(pointer) > maxPointer {
		pointer = pointer.Parent()
	}
	return string(pointer)
}

// wanted names the JSON type that a field of ours takes.
func wanted(t reflect.Type) string {
	if t == nil {
		return "another type"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct:
		return "an object"
	default:
		return "another type"
	}
}
