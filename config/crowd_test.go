package config

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// crowdClient is a client with a persistent session (MQTT 3.1.1, clean session off) that acknowledges nothing by itself.
type crowdClient struct {
	conn net.Conn
	name string
}

func (c *crowdClient) packet(kind byte, body []byte) error {
	head := []byte{kind}
	for n := len(body); ; {
		digit := byte(n & 0x7F)
		if n >>= 7; n > 0 {
			head = append(head, digit|0x80)
			continue
		}
		head = append(head, digit)
		break
	}
	_, err := c.conn.Write(append(head, body...))
	return err
}

func text16(body []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(body, uint16(len(s))), s...)
}

// read returns the next packet.
func (c *crowdClient) read(within time.Duration) (kind byte, body []byte, err error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return 0, nil, err
	}
	one := make([]byte, 1)
	if _, err := io.ReadFull(c.conn, one); err != nil {
		return 0, nil, err
	}
	kind = one[0]
	size, shift := 0, 0
	for {
		if _, err := io.ReadFull(c.conn, one); err != nil {
			return 0, nil, err
		}
		size |= int(one[0]&0x7F) << shift
		shift += 7
		if one[0] < 0x80 {
			break
		}
	}
	body = make([]byte, size)
	_, err = io.ReadFull(c.conn, body)
	return kind, body, err
}

// dialCrowd connects a client to its persistent session.
func dialCrowd(address, name string) (*crowdClient, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	c := &crowdClient{conn, name}
	body := text16(nil, "MQTT")
	body = append(body, 4, 0xC0, 0, 0) // name and password, session kept, no keepalive
	for _, field := range []string{name, "crowd", "crowd"} {
		body = text16(body, field)
	}
	if err := c.packet(0x10, body); err != nil {
		return nil, err
	}
	kind, answer, err := c.read(patience)
	if err == nil && (kind != 0x20 || answer[1] != 0) {
		err = fmt.Errorf("%s is refused: % x", name, answer)
	}
	return c, err
}

func (c *crowdClient) subscribe(filter string) error {
	body := append(text16([]byte{0, 1}, filter), 1)
	if err := c.packet(0x82, body); err != nil {
		return err
	}
	kind, answer, err := c.read(patience)
	if err == nil && (kind != 0x90 || answer[2] != 1) {
		err = fmt.Errorf("%s may not subscribe: % x", c.name, answer)
	}
	return err
}

// publish sends a message of QoS 1 and waits until the broker has it.
func (c *crowdClient) publish(topic, payload string) error {
	if err := c.packet(0x32, append(append(text16(nil, topic), 0, 9), payload...)); err != nil {
		return err
	}
	for {
		kind, _, err := c.read(patience)
		if err != nil || kind == 0x40 {
			return err
		}
	}
}

// receive reads messages, acknowledges them, and returns their payloads, until n different ones are there.
func (c *crowdClient) receive(n int) (map[string]bool, error) {
	got := map[string]bool{}
	for len(got) < n {
		kind, body, err := c.read(patience)
		if err != nil {
			return got, err
		}
		if kind>>4 != 3 {
			continue
		}
		topic := int(binary.BigEndian.Uint16(body))
		got[string(body[2+topic+2:])] = true
		if err := c.packet(0x40, body[2+topic:2+topic+2]); err != nil {
			return got, err
		}
	}
	return got, nil
}

// TestARestartLosesNoMessage restarts the broker while 300 clients with persistent sessions are connected, half of which
// have acknowledged nothing and half of which have gone, so that messages wait for them.
func TestARestartLosesNoMessage(t *testing.T) {
	h := whole(t)
	h.must(
		broker.Command{"command": "createRole", "rolename": "crowd", "acls": []any{
			map[string]any{"acltype": "publishClientSend", "topic": "#", "allow": true},
			map[string]any{"acltype": "publishClientReceive", "topic": "#", "allow": true},
			map[string]any{"acltype": "subscribePattern", "topic": "#", "allow": true},
		}},
		broker.Command{"command": "createClient", "username": "crowd", "password": "crowd", "roles": []any{map[string]any{"rolename": "crowd"}}},
	)
	const clients, messages = 300, 5
	address := h.managed.MQTTAddr()
	everybody := func(what string, do func(i int) error) {
		t.Helper()
		var all sync.WaitGroup
		slots := make(chan struct{}, 32)
		for i := range clients {
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				if err := do(i); err != nil {
					t.Errorf("%s, client %d: %v", what, i, err)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	crowd := make([]*crowdClient, clients)
	everybody("subscribing", func(i int) error {
		c, err := dialCrowd(address, fmt.Sprintf("crowd-%d", i))
		if err != nil {
			return err
		}
		crowd[i] = c
		if err := c.subscribe(fmt.Sprintf("crowd/%d", i)); err != nil {
			return err
		}
		if i%2 == 1 {
			return c.conn.Close() // without a word: the session stays
		}
		return nil
	})
	sender, err := dialCrowd(address, "sender")
	if err != nil {
		t.Fatal(err)
	}
	defer sender.conn.Close()
	for i := range clients {
		for n := range messages {
			if err := sender.publish(fmt.Sprintf("crowd/%d", i), fmt.Sprint(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.o.Sessions = nil // these clients come back only when the test has counted
	answer, err := h.Restart(within(t), "")
	if err != nil || answer.State != "running" {
		t.Fatalf("%+v %v", answer, err)
	}
	t.Logf("the restart took %d ms", answer.TookMS)
	everybody("receiving", func(i int) error {
		if i%2 == 0 {
			_ = crowd[i].conn.Close() // the broker has ended it
		}
		c, err := dialCrowd(address, fmt.Sprintf("crowd-%d", i))
		if err != nil {
			return err
		}
		defer c.conn.Close()
		got, err := c.receive(messages)
		if err != nil {
			return fmt.Errorf("only %d of %d messages came: %w", len(got), messages, err)
		}
		return nil
	})
}
