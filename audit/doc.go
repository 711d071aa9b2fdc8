// Package audit is the record of who changed what, through BunkerM or behind its back: append-only, chained by hashes so
// that a change of what was recorded is found, searched and exported, and written to a file beside it on demand.
//
// It may import store, query and fault. Services hand it what they do through functions that app wires.
package audit
