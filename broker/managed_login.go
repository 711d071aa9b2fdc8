package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// loginWithin is how long a broker that says it runs may take to answer.
const loginWithin = 10 * time.Second

// errNoLogin is a broker that runs and does not know our account.
var errNoLogin = errors.New("the broker does not let BunkerM's own account in")

// login proves that the running broker has read our account: it connects once and says goodbye.
func login(ctx context.Context, dial func(context.Context) (net.Conn, error), a ownAccount) error {
	ctx, cancel := context.WithTimeout(ctx, loginWithin)
	defer cancel()
	conn, err := dial(ctx)
	if err != nil {
		return fmt.Errorf("connecting to the broker: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	connect := packets.NewControlPacket(packets.CONNECT)
	c := connect.Content.(*packets.Connect)
	c.ProtocolName, c.ProtocolVersion = "MQTT", 5
	c.CleanStart, c.KeepAlive, c.ClientID = true, 30, "bunkerm-"+randomHex(16)
	c.UsernameFlag, c.Username = true, a.Username
	c.PasswordFlag, c.Password = true, []byte(a.Password)
	if _, err := connect.WriteTo(conn); err != nil {
		return fmt.Errorf("logging in to the broker: %w", err)
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		return fmt.Errorf("logging in to the broker: %w", err)
	}
	ack, ok := answer.Content.(*packets.Connack)
	if !ok {
		return fmt.Errorf("logging in to the broker: it answers with packet type %d", answer.Type)
	}
	if ack.ReasonCode != packets.ConnackSuccess {
		return fmt.Errorf("%w (reason %d)", errNoLogin, ack.ReasonCode)
	}
	if _, err := packets.NewControlPacket(packets.DISCONNECT).WriteTo(conn); err != nil {
		return fmt.Errorf("logging out of the broker: %w", err)
	}
	return nil
}
