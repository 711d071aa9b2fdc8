//go:build !linux

package broker

import "net"

// checkPeer is made for a broker that has a user of its own, under a root that runs it: on these systems people
// start the broker as themselves.
func checkPeer(net.Conn, int) error { return nil }
