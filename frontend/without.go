//go:build !console

// Package frontend holds the built console, where there is one: `make build` builds
// it where Node is, and sets the tag console.
package frontend

import "io/fs"

// Files returns what `npm run build` has made, or nil in a build without it.
func Files() fs.FS { return nil }
