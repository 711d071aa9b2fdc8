// Package release checks what a release is made of with the tools that will read it, and pins those tools. Its dependencies
// are large, so it is a module of its own, and `make release-check` is what runs it.
//
// It may import nothing of ours.
package release
