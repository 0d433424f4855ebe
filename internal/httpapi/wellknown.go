package httpapi

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// assertionKeys is GET /.well-known/tenantgate/jwks.json.
func (h *Handler) assertionKeys(ctx context.Context, _ call[nothing]) (answer, error) {
	set, err := h.AssertionKeys(ctx)
	return keys(set, err)
}

// tokenKeys is GET /.well-known/jwks.json; there is none for a shared secret.
func (h *Handler) tokenKeys(ctx context.Context, _ call[nothing]) (answer, error) {
	set, err := h.TokenKeys(ctx)
	return keys(set, err)
}

// keys answers with a JWK set (RFC 7517, section 8.5.2). Those who verify may
// keep it for a while; a key they do not know makes them ask again.
func keys(set []byte, err error) (answer, error) {
	switch {
	case err != nil:
		return answer{}, err
	case set == nil:
		return answer{}, &Problem{Code: NotFound}
	}
	return answer{
		status: http.StatusOK, body: jsontext.Value(set),
		kind: "application/jwk-set+json", cache: "public, max-age=300",
	}, nil
}
