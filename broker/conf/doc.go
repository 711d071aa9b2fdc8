// Package conf is the language of mosquitto.conf: text that comes back byte for byte, the scopes of listeners, bridges
// and plugins, the catalogue of all settings of Mosquitto 2.0 and 2.1, what is wrong with a configuration as far as its
// text shows, edits that touch only the lines that they name, and what a change asks of a running broker.
//
// It reads files only through a [Source] and does nothing else outside of itself: no process, no network, no clock. It
// may import fault. What it says of the broker has been seen with 2.0.11 and 2.1.2, and its tests ask them again.
package conf
