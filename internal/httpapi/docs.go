package httpapi

import (
	"context"
	"net/http"
	"sync"

	"github.com/tenantgate/tenantgate"
	"github.com/tenantgate/tenantgate/internal/apidocs"
)

// docsPage is made once, when somebody first asks for it.
var docsPage = sync.OnceValues(func() (apidocs.Page, error) { return apidocs.Render(tenantgate.OpenAPI) })

// openAPI is GET /openapi.yaml.
func (h *Handler) openAPI(context.Context, call[nothing]) (answer, error) {
	return answer{status: http.StatusOK, raw: tenantgate.OpenAPI, kind: "application/yaml"}, nil
}

// docs is GET /docs.
func (h *Handler) docs(context.Context, call[nothing]) (answer, error) {
	page, err := docsPage()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, raw: page.HTML, kind: "text/html; charset=utf-8", policy: page.Policy}, nil
}
