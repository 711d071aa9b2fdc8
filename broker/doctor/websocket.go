package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// upgrade makes the connection a websocket (RFC 6455) with the subprotocol mqtt, which brokers insist on.
func (e *examination) upgrade(ctx context.Context) finding {
	bare := e.conn
	once := func(context.Context, string, string) (net.Conn, error) { return bare, nil }
	// The connection has TLS already where it is to have it, so that the client need not know.
	client := &http.Client{Transport: &http.Transport{DialContext: once, DisableKeepAlives: true}}
	socket, answer, err := websocket.Dial(ctx, "ws://"+e.o.ServerName+e.o.Path, &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{"mqtt"},
	})
	if answer != nil && answer.Body != nil {
		defer func() { _ = answer.Body.Close() }()
	}
	switch {
	case err == nil && socket.Subprotocol() != "mqtt":
		_ = socket.CloseNow()
		return failed("There is a websocket, but not for MQTT.", "Look at the path: "+e.o.Path+" leads to something else.")
	case err == nil:
		socket.SetReadLimit(-1)
		// What is read and written now is bounded by the deadline of the connection below.
		e.mqtt = websocket.NetConn(context.WithoutCancel(ctx), socket, websocket.MessageBinary)
		return finding{said: "It is a websocket for MQTT at " + e.o.Path + "."}
	case answer != nil:
		return failed(fmt.Sprintf("It is a web server, and says %q at %s.", answer.Status, e.o.Path),
			"Look at the path, and whether a proxy in between passes websockets on (the headers Upgrade and Connection).")
	case late(err):
		return failed("There is no answer in HTTP.", "What listens there is no websocket, as it seems: connect without.")
	}
	return failed("There is no websocket: the connection ends.", "What listens there speaks plain MQTT, as it seems: connect without websockets, or to the port that has them (9001 as a rule).")
}
