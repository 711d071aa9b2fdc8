// Package trial has the broker's own program try a configuration out before the broker that serves gets it: on a copy, in
// an empty folder, with ports and paths of its own, so that it can neither disturb the broker nor touch its data. What the
// program says comes back as problems at the lines of the user's files.
//
// Mosquitto 2.1 has --test-config, which parses and no more; on the live file it would empty the persistence database, so
// it too gets the copy. Behind it, and with 2.0 in its place, the program is started and ended as soon as it says that it
// runs. It stands in the same folder as the broker, so that names mean the same, and keeps nothing there: persistence is
// off. That finds what parsing does not: certificates and keys that cannot be loaded, files of passwords and rules that
// cannot be read, addresses that are not of this machine.
//
// Left out on purpose are: plugins other than our own, which are code that would run twice; the real remote ends of
// bridges; and addresses, ports and interfaces of listeners, which the broker that serves may have at the moment. What is
// wrong with those shows when the configuration is applied, and is undone then.
//
// It may import broker/conf and fault.
package trial
