// Package certs takes the pain out of TLS: an authority of one's own, the server's certificate for the names and addresses of
// this host, certificates for clients, and what was revoked. It watches every certificate of the broker's listeners: one that
// changes on disk is served soon after, and one that would not work is named with what to do before it reaches the broker.
//
// Keys never leave the folder in which they lie, but for a client's: it is in the answer that made it and nowhere else.
// The broker is known only by the functions in Options, which app hands in.
//
// It may import fault.
package certs
