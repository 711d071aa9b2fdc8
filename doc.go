// Package bunkerm is the root of BunkerM: one binary that runs, secures, watches and explains an Eclipse
// Mosquitto broker.
//
// The root holds no code of its own. Each directory beside this file is a room of the house, named by what it
// does in the product; docs/ARCHITECTURE.md has the drawing, and tree_test.go holds the rules that keep it
// true.
package bunkerm
