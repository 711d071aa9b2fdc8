// Package adopt takes over a Mosquitto that somebody else runs: it reads its configuration and whatever that names, says what
// comes over and what does not, makes of it the files of the broker that BunkerM manages, and gives everything back.
//
// It may import broker, dynsec and fault.
package adopt
