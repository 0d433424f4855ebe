package console

import "net/http"

// howTo is what a gateway without the console says in its place.
const howTo = `Tenantgate is running. This build has no console.

To get it, install Node 20.9 or newer and run "make build": it builds the console
into the binary. By hand:

	(cd frontend && npm ci && npm run build)
	go build -tags console ./cmd/tenantgate

The API is under /api/v1; its description is at /api/v1/docs.
`

// Absent stands in for the console in a build that has none. It answers at / alone.
type Absent struct{}

// Match reports whether the request is for the console's front door.
func (Absent) Match(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.Path == "/"
}

// ServeHTTP says how to get the console.
func (Absent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, howTo, http.StatusNotFound)
}
