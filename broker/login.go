package broker

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/eclipse/paho.golang/packets"
)

// enteredKeepAlive is for how long a connection of Enter may be silent, in seconds; the broker allows half as much again.
const enteredKeepAlive = 600

// Enter logs in with a client id of its own and returns the connection, on which nothing is asked of the broker any more:
// it ends when this run of the broker ends, or after a quarter of an hour. Closing it leaves without a goodbye; see
// Login. The error is a *Trouble.
func (e Endpoint) Enter(ctx context.Context) (net.Conn, error) {
	conn, password, err := e.Reach(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	code, err := e.enter(conn, password)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	switch {
	case err != nil:
		err = e.Unanswered(conn, err)
	case code != packets.ConnackSuccess:
		err = e.Refused(code)
	default:
		return conn, nil
	}
	_ = conn.Close() // it is of no use
	return nil, err
}

// enter sends CONNECT and returns the reason code of the answer.
func (e Endpoint) enter(conn io.ReadWriter, password string) (code byte, err error) {
	connect := packets.NewControlPacket(packets.CONNECT)
	c := connect.Content.(*packets.Connect)
	c.ProtocolName, c.ProtocolVersion = "MQTT", 5
	c.CleanStart, c.KeepAlive, c.ClientID = true, enteredKeepAlive, "bunkerm-"+randomHex(16)
	if e.Username != "" {
		c.UsernameFlag, c.Username = true, e.Username
		c.PasswordFlag, c.Password = password != "", []byte(password)
	}
	if _, err := connect.WriteTo(conn); err != nil {
		return 0, err
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		return 0, err
	}
	ack, ok := answer.Content.(*packets.Connack)
	if !ok {
		return 0, fmt.Errorf("the broker answers with packet type %d", answer.Type)
	}
	return ack.ReasonCode, nil
}

// Login proves that the broker lets our account in: it connects once and says goodbye. The error is a *Trouble.
func (e Endpoint) Login(ctx context.Context) error {
	conn, err := e.Enter(ctx)
	if err != nil {
		return err
	}
	// It has let us in; how we leave does not matter.
	_, _ = packets.NewControlPacket(packets.DISCONNECT).WriteTo(conn)
	_ = conn.Close()
	return nil
}
