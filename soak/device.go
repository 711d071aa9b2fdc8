package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// All devices of the crowd log in with one of a few accounts.
const crowdPassword = "a password for the crowd"

// device is one connection of one client, by MQTT 5.
type device struct {
	conn  net.Conn
	port  int           // ours
	ended chan struct{} // closed when the connection is over, whoever ended it
	over  func()        // tells the ledger
	taken atomic.Int64  // publishes at QoS 1 that were acknowledged

	writing sync.Mutex
	packet  uint16
}

// connect dials from an address of our own and logs in. The port is known, and asked is true, from the moment at which the broker
// may have begun a session.
func connect(ctx context.Context, from net.IP, address, id, username string) (d *device, port int, asked bool, err error) {
	dialer := net.Dialer{Timeout: 20 * time.Second, LocalAddr: &net.TCPAddr{IP: from}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, 0, false, err
	}
	port = conn.LocalAddr().(*net.TCPAddr).Port
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	hello := packets.NewControlPacket(packets.CONNECT)
	c, ok := hello.Content.(*packets.Connect)
	if !ok {
		return nil, 0, false, errors.New("a CONNECT is not what it was")
	}
	c.ProtocolName, c.ProtocolVersion, c.ClientID, c.CleanStart, c.KeepAlive = "MQTT", 5, id, true, 60
	c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, username, true, []byte(crowdPassword)
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := hello.WriteTo(conn); err != nil {
		_ = conn.Close()
		return nil, port, true, err
	}
	reply, err := packets.ReadPacket(conn)
	if err != nil {
		_ = conn.Close()
		return nil, port, true, err
	}
	if ack, ok := reply.Content.(*packets.Connack); !ok || ack.ReasonCode != 0 {
		_ = conn.Close()
		return nil, port, false, fmt.Errorf("the broker answered %v", reply)
	}
	_ = conn.SetDeadline(time.Time{})
	d = &device{conn: conn, port: port, ended: make(chan struct{})}
	go d.read()
	return d, port, true, nil
}

func (d *device) read() {
	defer close(d.ended)
	for {
		packet, err := packets.ReadPacket(d.conn)
		if err != nil {
			_ = d.conn.Close()
			return
		}
		if packet.Type == packets.PUBACK {
			d.taken.Add(1)
		}
	}
}

// publish sends one message, and does not wait for its acknowledgement.
func (d *device) publish(topic, payload string, qos byte) error {
	message := packets.NewControlPacket(packets.PUBLISH)
	p, ok := message.Content.(*packets.Publish)
	if !ok {
		return errors.New("a PUBLISH is not what it was")
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	p.Topic, p.Payload, p.QoS = topic, []byte(payload), qos
	if qos > 0 {
		d.packet = d.packet%60_000 + 1
		p.PacketID = d.packet
	}
	return d.send(message)
}

// leave says good-bye and ends the connection.
func (d *device) leave() {
	d.writing.Lock()
	_ = d.send(packets.NewControlPacket(packets.DISCONNECT))
	d.writing.Unlock()
	d.drop()
}

// drop ends the connection without a word.
func (d *device) drop() {
	_ = d.conn.Close()
	<-d.ended
}

// send takes seconds at most, whatever the broker does.
func (d *device) send(packet *packets.ControlPacket) error {
	_ = d.conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
	_, err := packet.WriteTo(d.conn)
	return err
}
