package main

import (
	"fmt"
	"math"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// sleeper is a client with a session that outlives its connection. It acknowledges only what it is asked to count.
type sleeper struct {
	conn net.Conn
	name string
}

// wakes connects to the session.
func wakes(addr, name string) (*sleeper, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	s := &sleeper{conn, name}
	expiry := uint32(math.MaxUint32)
	c := &packets.Connect{
		ProtocolName: "MQTT", ProtocolVersion: 5, ClientID: name, Username: "crowd", UsernameFlag: true, Password: []byte("c"), PasswordFlag: true,
		Properties: &packets.Properties{SessionExpiryInterval: &expiry},
	}
	if err := s.send(packets.CONNECT, c); err != nil {
		return nil, err
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		return nil, err
	}
	if a, ok := answer.Content.(*packets.Connack); !ok || a.ReasonCode != 0 {
		return nil, fmt.Errorf("%s is not let in: %v", name, answer)
	}
	return s, nil
}

func (s *sleeper) send(kind byte, content packets.Packet) error {
	p := packets.NewControlPacket(kind)
	p.Content = content
	_, err := p.WriteTo(s.conn)
	return err
}

func (s *sleeper) subscribe() error {
	if err := s.send(packets.SUBSCRIBE, &packets.Subscribe{PacketID: 1, Properties: &packets.Properties{}, Subscriptions: []packets.SubOptions{{Topic: "to/" + s.name, QoS: 1}}}); err != nil {
		return err
	}
	_, err := packets.ReadPacket(s.conn)
	return err
}

// count acknowledges messages until there are so many different ones.
func (s *sleeper) count(n int) (int, error) {
	seen := map[string]bool{}
	for len(seen) < n {
		p, err := packets.ReadPacket(s.conn)
		if err != nil {
			return len(seen), err
		}
		m, ok := p.Content.(*packets.Publish)
		if !ok {
			continue
		}
		seen[string(m.Payload)] = true
		if err := s.send(packets.PUBACK, &packets.Puback{PacketID: m.PacketID, Properties: &packets.Properties{}}); err != nil {
			return len(seen), err
		}
	}
	return len(seen), nil
}

// TestFiveHundredClientsAreAdopted: half of them are connected and have not acknowledged, half are away. No message to any of
// them is lost.
func TestFiveHundredClientsAreAdopted(t *testing.T) {
	const clients, each = 500, 4
	b := newOldBroker(t)
	b.write("acl", "user crowd\ntopic readwrite #\n")
	b.must(exec.Command("mosquitto_passwd", "-b", filepath.Join(b.dir, "passwd"), "crowd", "c"))
	b.start()
	for i := range clients {
		s, err := wakes(b.addr, fmt.Sprintf("s%d", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.subscribe(); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_ = s.conn.Close()
		} else {
			t.Cleanup(func() { _ = s.conn.Close() })
		}
	}
	speaker, err := wakes(b.addr, "speaker")
	if err != nil {
		t.Fatal(err)
	}
	for i := range clients * each {
		if err := speaker.send(packets.PUBLISH, &packets.Publish{
			Topic: fmt.Sprintf("to/s%d", i%clients), Payload: fmt.Append(nil, i), QoS: 1, PacketID: uint16(i%60_000 + 1), Properties: &packets.Properties{},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := packets.ReadPacket(speaker.conn); err != nil {
			t.Fatal(err)
		}
	}
	_ = speaker.conn.Close()

	data := filepath.Join(t.TempDir(), "data")
	if out, err := adoptOf(b, data); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := serveOn(t, data)
	var all sync.WaitGroup
	got := make([]int, clients)
	for i := range clients {
		all.Go(func() {
			c, err := wakes(s.MQTT, fmt.Sprintf("s%d", i))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.conn.Close() }()
			if got[i], err = c.count(each); err != nil {
				t.Errorf("s%d has %d of %d messages: %v", i, got[i], each, err)
			}
		})
	}
	all.Wait()
}
