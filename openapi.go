// Package tenantgate holds what the repository's root has to hand to programs:
// the contract of the API.
package tenantgate

import _ "embed"

// OpenAPI is openapi.yaml, an OpenAPI 3.1 document in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte
