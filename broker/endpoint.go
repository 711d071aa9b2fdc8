package broker

import (
	"context"
	"net"
)

// Endpoint is one way into a broker: how to reach it and who we are there. The session dials it anew at every
// connection, so a password file or a client certificate that changed is used from the next connection on.
type Endpoint struct {
	// Name is how messages call the place, as in "the managed broker" or "mqtts://plant.example:8883". It holds
	// no secret.
	Name string
	Port int // of TCP; 0 where it is another way
	// Dial opens a connection over which MQTT can be spoken at once, TLS handshake included. It obeys ctx.
	Dial func(ctx context.Context) (net.Conn, error)
	// Username is the broker account; empty connects anonymously.
	Username string
	// Password returns the account's password. It is called at every connection and may be nil when there is none.
	Password func() (string, error)
	// Remedy says what the operator can do when the broker refuses the account or gives it no rights, where there is
	// something better than the general advice.
	Remedy string
}
