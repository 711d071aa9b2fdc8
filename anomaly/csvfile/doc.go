// Package csvfile runs the detectors over a file of comma-separated values, as fast as it can be read: the columns of a row
// are the fields of one payload, and go through the same code with the same settings as messages do.
//
// It may import extract, incident and series of this room, and nothing else of ours.
package csvfile
