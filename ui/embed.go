// Package ui holds the page: a TypeScript project, and what its build leaves in dist, which becomes part of the binary.
//
// It may import nothing of ours. `make build` fills dist; a binary that was built without it serves a plain start page.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns what the build has left: index.html, and assets with their compressed siblings. It is nil where the
// page was not built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return nil
	}
	return files
}
