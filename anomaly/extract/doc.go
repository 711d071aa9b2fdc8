// Package extract finds what can be observed in the payload of a message: the leaves of a JSON document by their dotted
// path, or the payload itself where it is a plain number, a boolean or a short word. Devices choose payloads, so everything
// is bounded, nothing is trusted, and a document that is not whole yields nothing.
//
// It may import nothing of ours.
package extract
