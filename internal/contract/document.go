// Package contract holds requests and answers against openapi.yaml. Only tests
// import it: the gateway itself decides by its code, and the tests that the code
// and the contract say the same.
package contract

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tenantgate/tenantgate"
)

// Operation is one method of one path.
type Operation struct {
	*openapi3.Operation
	Method string // GET serves HEAD too
	Path   string // a template: "/api/v1/tenants/{id}"
	// Codes are the refusals that belong to it, besides those that any operation
	// may end in.
	Codes []string

	item *openapi3.PathItem
}

// Document is the contract.
type Document struct {
	*openapi3.T
	// Operations are sorted by path and method.
	Operations []*Operation

	paths *http.ServeMux
}

// Load reads the contract that is built in, once.
var Load = sync.OnceValues(func() (*Document, error) { return Parse(tenantgate.OpenAPI) })

// Parse reads a contract. It returns an error where the text is no valid OpenAPI.
func Parse(text []byte) (*Document, error) {
	spec, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	if err := spec.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validating the contract: %w", err)
	}
	d := &Document{T: spec, paths: http.NewServeMux()}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			o := &Operation{Operation: operation, Method: method, Path: path, item: item}
			if o.Codes, err = codes(operation); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			d.Operations = append(d.Operations, o)
			d.paths.Handle(method+" "+path, o)
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int {
		return slices.Compare([]string{a.Path, a.Method}, []string{b.Path, b.Method})
	})
	if spec.Components != nil {
		for _, schema := range spec.Components.Schemas {
			closeObject(schema)
		}
	}
	return d, nil
}

// closeObject makes a schema refuse the members that it does not name. Clients
// have to put up with new ones; a test that met one has found what nobody wrote
// down.
func closeObject(ref *openapi3.SchemaRef) {
	schema := ref.Value
	if schema.Properties != nil && schema.AdditionalProperties.Has == nil {
		closed := false
		schema.AdditionalProperties.Has = &closed
	}
	for _, property := range schema.Properties {
		if property.Ref == "" {
			closeObject(property)
		}
	}
	if schema.Items != nil && schema.Items.Ref == "" {
		closeObject(schema.Items)
	}
}

// codes reads x-problem-codes.
func codes(operation *openapi3.Operation) ([]string, error) {
	list, ok := operation.Extensions["x-problem-codes"].([]any)
	if !ok {
		return nil, fmt.Errorf("want a list x-problem-codes, got %T", operation.Extensions["x-problem-codes"])
	}
	codes := make([]string, len(list))
	for i, code := range list {
		if codes[i], ok = code.(string); !ok {
			return nil, fmt.Errorf("x-problem-codes holds %v, want strings", code)
		}
	}
	return codes, nil
}

// found is where an Operation leaves itself as the handler of its path.
type found struct {
	http.ResponseWriter
	operation *Operation
	values    map[string]string
}

// ServeHTTP says that the operation is this one.
func (o *Operation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := w.(*found)
	f.operation, f.values = o, make(map[string]string)
	for _, parameter := range append(slices.Clone(o.item.Parameters), o.Parameters...) {
		if parameter.Value.In == openapi3.ParameterInPath {
			f.values[parameter.Value.Name] = r.PathValue(parameter.Value.Name)
		}
	}
}

// Find returns the operation that the request is for, and the values in its path.
// It is nil where the contract has none.
func (d *Document) Find(r *http.Request) (*Operation, map[string]string) {
	f := &found{ResponseWriter: httptest.NewRecorder()}
	d.paths.ServeHTTP(f, r.Clone(r.Context()))
	return f.operation, f.values
}
