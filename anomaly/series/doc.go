// Package series turns what a topic brings into findings: each field of its payload is a series with the detectors that
// suit it, and the topic itself is one of arrivals, of messages per ten seconds, and of payload sizes. It handles what real
// data does to detectors: more than a value a second, pauses, counters that begin again, fields that are missing, values
// that rest at nothing. Time comes in from outside, so a recording runs through it as fast as it can be read.
//
// It may import detect and extract of this room, and nothing else of ours.
package series
