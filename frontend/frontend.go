//go:build console

// Package frontend holds the built console, where there is one.
package frontend

import (
	"embed"
	"io/fs"
)

// "all:" takes _next along, which go:embed leaves out otherwise.
//
//go:embed all:out
var out embed.FS

// Files returns what `npm run build` has made, or nil in a build without it.
func Files() fs.FS {
	files, err := fs.Sub(out, "out")
	if err != nil {
		panic(err) // "out" is a valid path
	}
	return files
}
