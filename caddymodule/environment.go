package caddymodule

import "os"

// optional are the variables of the shipped Caddyfile for which it has a default.
var optional = []string{"API_PORT", "CADDY_ADMIN", "LOG_LEVEL", "UPSTREAM_URL"}

// An empty variable is one that nobody has set: compose files and unit files pass
// on empty ones. Caddy's {$X:default} tells the two apart.
func init() {
	for _, name := range optional {
		if os.Getenv(name) == "" {
			os.Unsetenv(name)
		}
	}
}
