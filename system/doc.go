// Package system tells how BunkerM itself is doing: its version, its parts, what it costs, and what the broker that it
// has allows. For a fault that nobody can explain on the spot it packs the same, and more, into a bundle that may be
// handed to others: what is secret is masked before it is written.
//
// It may import fault. What it tells it is told by functions that it is made with.
package system
