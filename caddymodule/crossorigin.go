package caddymodule

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/rs/cors"
)

// crossOrigin answers preflights and says which frontends on other hosts may
// read our answers (Fetch Standard, section 3.3). Origins are compared exactly;
// none is ever reflected.
type crossOrigin struct {
	policy *cors.Cors // nil: there are no such frontends
}

func newCrossOrigin(origins []string) (*crossOrigin, error) {
	for _, origin := range origins {
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
	}
	if len(origins) == 0 {
		return &crossOrigin{}, nil
	}
	return &crossOrigin{policy: cors.New(cors.Options{
		AllowedOrigins:   origins,
		AllowedMethods:   []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders:   []string{"Authorization", "Content-Type", "X-Tenant", "If-Match", "Idempotency-Key", "Last-Event-ID"},
		ExposedHeaders:   []string{"X-Tenant-ID", "X-Request-ID", "ETag", "Location", "Retry-After"},
		AllowCredentials: true,
		MaxAge:           600,
	})}, nil
}

// checkOrigin refuses what is no serialized origin (RFC 6454, section 6.2), and
// every pattern.
func checkOrigin(origin string) error {
	scheme, host, found := strings.Cut(origin, "://")
	if !found || scheme != "https" && scheme != "http" || host == "" || strings.ContainsAny(host, "/?#*@ \\") {
		return fmt.Errorf("cors: %q is no origin such as https://app.example.com", origin)
	}
	return nil
}

// preflight answers a preflight and reports whether it was one. Where there are
// no frontends on other hosts, an OPTIONS request is one like any other.
func (c *crossOrigin) preflight(w http.ResponseWriter, r *http.Request) bool {
	if c.policy == nil || !isPreflight(r) {
		return false
	}
	c.policy.HandlerFunc(w, r)
	return true
}

// isPreflight reports whether r asks what a later request may do (Fetch Standard,
// section 3.3.2).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// stamp says who may read the answer, in place of what an upstream says of it:
// one that allows everybody would undo the list. The refusal of a preflight says
// nothing, which browsers take for a no; the policy would answer it with a 204.
func (c *crossOrigin) stamp(w http.ResponseWriter, r *http.Request) {
	if c.policy == nil {
		return
	}
	for name := range w.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(w.Header(), name)
		}
	}
	if !isPreflight(r) {
		c.policy.HandlerFunc(w, r)
	}
}
