package broker_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// processorTime is how long all threads of a process have run, in nanoseconds.
func processorTime(b *testing.B, pid int) float64 {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		b.Fatalf("process %d: %v", pid, err)
	}
	var sum float64
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has just ended
		}
		ns, err := strconv.ParseFloat(string(text[:bytes.IndexByte(text, ' ')]), 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += ns
	}
	return sum
}

// BenchmarkDebugLog is what the debug log costs the broker and the keeper: one client publishes small messages, at a
// steady pace or as fast as the broker takes them, one receives them, and one receives everything as BunkerM does.
func BenchmarkDebugLog(b *testing.B) {
	o, _ := managedOptions(b)
	m := manage(b, o)
	s := sessionOn(b, m)
	allow := func(kind string) map[string]any { return map[string]any{"acltype": kind, "allow": true} }
	answers, err := s.Do(b.Context(),
		broker.Command{"command": "createClient", "username": "many", "password": "p"},
		broker.Command{"command": "setDefaultACLAccess", "acls": []any{
			allow("publishClientSend"), allow("publishClientReceive"), allow("subscribe"), allow("unsubscribe"),
		}})
	if err != nil || answers[0].Error != "" || answers[1].Error != "" {
		b.Fatalf("%v, %v", answers, err)
	}
	reader, all := benchDevice(b, m, "reader"), benchDevice(b, m, "bunkerm-observer")
	for d, filter := range map[*brokertest.Device]string{reader: "plant/#", all: "#"} {
		if code, err := d.Subscribe(filter); err != nil || code > 2 {
			b.Fatalf("subscribing: %d, %v", code, err)
		}
	}
	go func() {
		for {
			select {
			case <-all.Messages:
			case <-b.Context().Done():
				return
			}
		}
	}()
	for _, pace := range []int{100, 500, 5000, 0} {
		for _, debug := range []bool{false, true} {
			b.Run(fmt.Sprintf("pace=%d/debug=%v", pace, debug), func(b *testing.B) {
				if err := m.SetDebugLog(b.Context(), debug); err != nil {
					b.Fatal(err)
				}
				conn := benchPublisher(b, m)
				var frame bytes.Buffer
				p := packets.NewControlPacket(packets.PUBLISH)
				p.Content.(*packets.Publish).Topic = "plant/line-7/sensor-12/temperature"
				p.Content.(*packets.Publish).Payload = []byte(`{"value": 21.75}`)
				if _, err := p.WriteTo(&frame); err != nil {
					b.Fatal(err)
				}
				st := m.Status()
				brokerBefore, keeperBefore := processorTime(b, st.BrokerPID), processorTime(b, st.KeeperPID)
				begin := time.Now()
				b.ResetTimer()
				for i := range b.N {
					if pace > 0 {
						<-time.After(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(pace))))
					}
					if _, err := conn.Write(frame.Bytes()); err != nil {
						b.Fatal(err)
					}
				}
				for range b.N {
					<-reader.Messages
				}
				b.ReportMetric((processorTime(b, st.BrokerPID)-brokerBefore)/float64(b.N)/1e3, "broker-µs/op")
				b.ReportMetric((processorTime(b, st.KeeperPID)-keeperBefore)/float64(b.N)/1e3, "keeper-µs/op")
			})
		}
	}
}

func benchDevice(b *testing.B, m *broker.Managed, clientid string) *brokertest.Device {
	b.Helper()
	d, err := brokertest.Connect(b, m.MQTTAddr(), "many", "p", clientid)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// benchPublisher is a connection that takes PUBLISH packets.
func benchPublisher(b *testing.B, m *broker.Managed) net.Conn {
	b.Helper()
	conn, err := net.Dial("tcp", m.MQTTAddr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	connect := packets.NewControlPacket(packets.CONNECT)
	c := connect.Content.(*packets.Connect)
	c.ProtocolName, c.ProtocolVersion, c.CleanStart, c.ClientID = "MQTT", 5, true, "sender"
	c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, "many", true, []byte("p")
	if _, err := connect.WriteTo(conn); err != nil {
		b.Fatal(err)
	}
	if answer, err := packets.ReadPacket(conn); err != nil || answer.Content.(*packets.Connack).ReasonCode != 0 {
		b.Fatalf("%v, %v", answer, err)
	}
	return conn
}
