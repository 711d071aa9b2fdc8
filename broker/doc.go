// Package broker is Mosquitto as BunkerM sees it: the managed process and its files, or a broker that already
// runs somewhere, and the MQTT session over which control commands go.
//
// It may import fault and its own sub-packages. It knows nothing of HTTP and of the services that use it.
package broker
