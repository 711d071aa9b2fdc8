// Package clientlogs is service 3, /clientlogs: it reads the broker's log, in both dialects (2.0 and 2.1), and tells
// what every client did and why it left. The Collector writes, the Service answers.
//
// It may import broker, store, stream, query, privacy and fault.
package clientlogs
