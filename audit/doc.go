// Package audit is the record of who changed what, through BunkerM or behind its back: append-only, chained by hashes so
// that a change of what was recorded is found, searched and exported, and written to a file beside it on demand.
//
// An act of a person is committed before it is acknowledged, also when less space is free than recording of events
// needs. What nobody waits for, such as refusals, which are counted together, is written a moment later.
//
// It may import store, query, privacy and fault. Services hand it what they do through functions that app wires.
package audit
