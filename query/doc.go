// Package query reads what the lists of all services take alike: a text to look for without regard to case, and a time,
// which is RFC 3339 or a duration back from now.
//
// It may import nothing of ours.
package query
