// Package proof asks a running broker whether it does what its configuration says, as clients ask: each listener has to
// answer in its own protocol, with the certificate that its file names now, and must let nobody in without a name where
// the configuration lets nobody.
//
// It may import broker/conf, broker/keeper and fault.
package proof
