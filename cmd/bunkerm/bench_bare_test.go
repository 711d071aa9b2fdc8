package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
)

// The account of the references: another manager with every right on the plugin.
const (
	managerName     = "bench-manager"
	managerPassword = "bench-manager's password"
)

func (s *server) makeManager() {
	s.t.Helper()
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": managerName, "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": "$CONTROL/dynamic-security/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "$CONTROL/dynamic-security/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "$CONTROL/dynamic-security/#", "allow": true},
	}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": managerName, "password": managerPassword,
		"roles": []map[string]any{{"rolename": managerName}}})
}

// bare is the least that can speak with the plugin: MQTT 5 written by hand straight onto a socket, QoS 0, one message
// at a time. Go sets TCP_NODELAY on its side, BunkerM's configuration sets it on the broker's.
type bare struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	n    int
}

// bareManager connects over the broker's MQTT port.
func (s *server) bareManager() *bare {
	s.t.Helper()
	return dialBare(s.t, "tcp", s.MQTT)
}

// bareManagerOnSocket connects over the unix socket that BunkerM itself uses.
func (s *server) bareManagerOnSocket() *bare {
	s.t.Helper()
	return dialBare(s.t, "unix", filepath.Join(s.DataDir, "broker", "control.sock"))
}

func dialBare(t testing.TB, network, address string) *bare {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &bare{t: t, conn: conn, in: bufio.NewReaderSize(conn, 1<<16)}
	// Protocol version 5; clean start, password and username; no keepalive; no properties.
	connect := append(mqttText(nil, "MQTT"), 5, 0xC2, 0, 0, 0)
	for _, field := range []string{"bare-" + network, managerName, managerPassword} {
		connect = mqttText(connect, field)
	}
	c.write(0x10, connect)
	if connack := c.read(); connack[1] != 0 {
		t.Fatalf("the broker refuses the reference: %#x", connack[1])
	}
	// Packet identifier 1, no properties, QoS 0.
	c.write(0x82, append(mqttText([]byte{0, 1, 0}, broker.ResponseTopic), 0))
	if suback := c.read(); suback[len(suback)-1] >= 0x80 {
		t.Fatalf("the broker refuses the reference's subscription: %#x", suback[len(suback)-1])
	}
	return c
}

// exchange sends commands in one message and waits for the answer to the last. Any error among the answers fails the
// benchmark: what failed took no time.
func (c *bare) exchange(commands ...map[string]any) {
	c.t.Helper()
	c.n++
	id := "bare-" + c.conn.RemoteAddr().Network() + "-" + strconv.Itoa(c.n)
	commands[len(commands)-1]["correlationData"] = id
	payload, err := json.Marshal(map[string]any{"commands": commands})
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(0x30, append(append(mqttText(nil, broker.ControlTopic), 0), payload...))
	for {
		answer := c.read()
		if !bytes.Contains(answer, []byte(`"`+id+`"`)) {
			continue // of BunkerM, or of an earlier command
		}
		if bytes.Contains(answer, []byte(`"error"`)) {
			c.t.Fatalf("the plugin refuses: %.500s", answer)
		}
		return
	}
}

func (c *bare) write(head byte, body []byte) {
	c.t.Helper()
	packet := binary.AppendUvarint([]byte{head}, uint64(len(body)))
	if _, err := c.conn.Write(append(packet, body...)); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the body of the next packet.
func (c *bare) read() []byte {
	c.t.Helper()
	if _, err := c.in.ReadByte(); err != nil {
		c.t.Fatal(err)
	}
	n, err := binary.ReadUvarint(c.in)
	if err != nil {
		c.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		c.t.Fatal(err)
	}
	return body
}

func mqttText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...)
}

// alone runs a reference while BunkerM stands still. BunkerM reads everything again when somebody else changes
// something; that would slow the reference, and the comparison would be in our favour. The broker and its keeper are
// other processes and go on.
func (s *server) alone(reference func()) {
	s.t.Helper()
	s.Signal(syscall.SIGSTOP)
	reference()
	s.Signal(syscall.SIGCONT)
	// Two changes bring BunkerM up to date with what happened meanwhile: the answer to the first comes behind all
	// that it has missed, and the second begins with reading it.
	for i := range 2 {
		s.must("POST", "/api/dynsec/clients", map[string]any{"username": fmt.Sprintf("settle-%d", i)})
	}
	for i := range 2 {
		s.must("DELETE", fmt.Sprintf("/api/dynsec/clients/settle-%d", i), nil)
	}
}

// createCommand is what the plugin takes; role may be empty.
func createCommand(name, role string) map[string]any {
	c := map[string]any{"command": "createClient", "username": name, "password": "pw-" + name}
	if role != "" {
		c["roles"] = []map[string]any{{"rolename": role}}
	}
	return c
}
