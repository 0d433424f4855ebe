package httpapi

import (
	"context"
	"net/http"

	"github.com/tenantgate/tenantgate"
)

// openAPI is GET /openapi.yaml.
func (h *Handler) openAPI(context.Context, call[nothing]) (answer, error) {
	return answer{status: http.StatusOK, raw: tenantgate.OpenAPI, kind: "application/yaml"}, nil
}
