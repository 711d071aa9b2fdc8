// Package config changes the broker's configuration without ever leaving the broker dead: mosquitto.conf with the files
// that it includes, and dynamic-security.json. A change is seen before it is made, checked as far as anything can check
// it, applied in the gentlest way that works, proven by clients that connect, and undone by itself when it was wrong.
//
// The language of mosquitto.conf is the business of broker/conf, trying a configuration out that of broker/trial, asking
// a running broker that of broker/proof, files and process that of a [broker.Site], and dynamic-security.json that of
// config/dynsecfile. What is left for this package is the order of things, the versions, and the routes below /config.
//
// It may import broker, store, stream, query, privacy and fault.
package config
