package contract

import (
	"bytes"
	"io"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3filter"
)

func init() {
	// What has no structure to check.
	for _, kind := range []string{"text/html", "application/x-ndjson"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.PlainBodyDecoder)
	}
	openapi3filter.RegisterBodyDecoder("application/jwk-set+json", openapi3filter.JSONBodyDecoder)
}

// Transport holds every exchange that goes through it against the contract; one
// that is not as it says is an error of RoundTrip. Answers of what is none of the
// contract's are passed on as they come.
type Transport struct {
	Base http.RoundTripper // nil: http.DefaultTransport
}

// RoundTrip sends the request.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	document, err := Load()
	if err != nil {
		return nil, err
	}
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	if operation, _ := document.Find(r); operation == nil {
		return base.RoundTrip(r)
	}
	x := Exchange{Request: r}
	if r.Body != nil {
		if x.Sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(x.Sent))
	}
	response, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if x.Body, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(x.Body))
	x.Status, x.Header = response.StatusCode, response.Header
	if err := document.Check(x); err != nil {
		return nil, err
	}
	return response, nil
}
