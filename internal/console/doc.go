// Package console serves the web console: files that are known by name and kept in
// memory, and nothing else. Whatever is no file of the console is somebody else's
// to answer.
package console
