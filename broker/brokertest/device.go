package brokertest

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// Device is a plain MQTT v5 client, such as a sensor would be.
type Device struct {
	Messages <-chan Message  // what its subscriptions deliver; it holds 10,000 and then the device reads no further
	Done     <-chan struct{} // closed when the connection has ended, whoever ended it

	client *paho.Client
}

// Message is one message that a device received.
type Message struct {
	Topic   string
	Payload []byte
	Retain  bool
}

// Refused is the error of Connect when the broker answered and said no.
type Refused struct{ Code byte }

// Error names the MQTT v5 reason code.
func (r Refused) Error() string {
	return fmt.Sprintf("the broker refused the connection with code %#x", r.Code)
}

// Connect connects a device with a clean session; an empty username connects anonymously. The error is Refused when
// the broker said no. The device is disconnected at the end of the test.
func (b *Broker) Connect(t testing.TB, username, password, clientid string) (*Device, error) {
	t.Helper()
	return Connect(t, b.Addr, username, password, clientid)
}

// Connect is Broker.Connect for a broker that was not started by this package, at host:port.
func Connect(t testing.TB, addr, username, password, clientid string) (*Device, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dialling %s: %w", addr, err)
	}
	messages := make(chan Message, 10_000)
	ended := make(chan struct{})
	client := paho.NewClient(paho.ClientConfig{
		Conn:          packets.NewThreadSafeConn(conn),
		PacketTimeout: patience,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			select {
			case messages <- Message{Topic: p.Packet.Topic, Payload: p.Packet.Payload, Retain: p.Packet.Retain}:
			case <-ended:
			}
			return true, nil
		}},
		OnClientError:      func(error) {},
		OnServerDisconnect: func(*paho.Disconnect) {},
	})
	connect := &paho.Connect{ClientID: clientid, CleanStart: true, KeepAlive: 60}
	if username != "" {
		connect.UsernameFlag, connect.Username = true, username
		connect.PasswordFlag, connect.Password = true, []byte(password)
	}
	connack, err := client.Connect(ctx, connect)
	if err != nil {
		if connack != nil {
			return nil, Refused{Code: connack.ReasonCode}
		}
		return nil, fmt.Errorf("connecting %q: %w", clientid, err)
	}
	t.Cleanup(func() {
		close(ended)
		// A device that the broker has cut off already cannot say goodbye.
		_ = client.Disconnect(&paho.Disconnect{})
	})
	return &Device{Messages: messages, Done: client.Done(), client: client}, nil
}

// Publish sends a message at QoS 1 and returns the broker's reason code: 0 taken, 16 (0x10) taken without anybody
// subscribed, 135 (0x87) not authorised. The error is for transport trouble only.
func (d *Device) Publish(topic, payload string) (reasonCode byte, err error) {
	return d.publish(&paho.Publish{Topic: topic, Payload: []byte(payload), QoS: 1})
}

// Retain is Publish of a message that the broker keeps for those who subscribe later.
func (d *Device) Retain(topic, payload string) (reasonCode byte, err error) {
	return d.publish(&paho.Publish{Topic: topic, Payload: []byte(payload), QoS: 1, Retain: true})
}

func (d *Device) publish(message *paho.Publish) (reasonCode byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	go func() { // a connection that has ended acknowledges nothing
		select {
		case <-d.Done:
			cancel()
		case <-ctx.Done():
		}
	}()
	answer, err := d.client.Publish(ctx, message)
	if answer != nil {
		return answer.ReasonCode, nil
	}
	return 0, err
}

// Subscribe asks for a filter at QoS 1 and returns the broker's reason code: the granted QoS, or 128 and more when
// it was refused. The error is for transport trouble only.
func (d *Device) Subscribe(filter string) (reasonCode byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := d.client.Subscribe(ctx, &paho.Subscribe{
		Subscriptions: []paho.SubscribeOptions{{Topic: filter, QoS: 1}}})
	if answer != nil && len(answer.Reasons) == 1 {
		return answer.Reasons[0], nil
	}
	return 0, err
}

// Disconnect ends the connection politely.
func (d *Device) Disconnect() error { return d.client.Disconnect(&paho.Disconnect{}) }
