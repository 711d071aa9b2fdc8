// Package app is the program as a value: New wires the rooms together, Start runs them, Stop ends them in
// reverse order. It is the only place that knows every room, and where every setting is declared.
//
// It may import every room; only cmd/bunkerm imports it.
package app
