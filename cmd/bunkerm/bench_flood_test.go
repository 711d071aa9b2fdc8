package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The flood: a million small messages (100,000 with -short) over a thousand topics, from four devices at once.
const (
	floodTopics  = 1000
	floodDevices = 4
)

func floodMessages() int { return rounds(1_000_000, 100_000) }

// BenchmarkFlood measures how fast BunkerM, with everything on, takes a flood from its broker, against mosquitto_sub
// writing to /dev/null on a copy of that broker. The two take turns, and medians are reported:
//
//	drain       messages a second of ours ÷ those of mosquitto_sub
//	broker      the broker's CPU time a message with us ÷ with mosquitto_sub
//	broker-0    with us ÷ with nobody subscribed
//	broker-µs   that CPU time with us; -mosquitto_sub, -nobody
//	lost, MB    messages that we did not count, and our memory behind the floods
func BenchmarkFlood(b *testing.B) {
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeManager()
	s.makeFlooder()
	copied := mosquittoLike(b, s, false)
	// A subscriber that counts to the last message would wait for ever for what Mosquitto 2.1 throws away in a flood.
	copied.replace(`max_queued_messages \d+`, "max_queued_messages 0")
	copied.start()
	all := floodMessages()
	var ours, theirs, idle []flooded
	lost := 0
	for range rounds(3, 2) {
		before := s.observedMessages("flood/")
		r := flood(b, s.MQTT, brokerPID(b, s.DataDir), func() {
			deadline := time.Now().Add(patience)
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for s.observedMessages("flood/")-before < all && time.Now().Before(deadline) {
				<-tick.C
			}
		})
		lost += all - (s.observedMessages("flood/") - before)
		ours = append(ours, r)

		sub := copied.subscriber("flood/#", all)
		theirs = append(theirs, flood(b, copied.addr, copied.cmd.Process.Pid, func() { sub.end(0) }))
		idle = append(idle, flood(b, copied.addr, copied.cmd.Process.Pid, func() {}))
	}
	metrics(b, map[string]float64{
		"drain":                   median(ours, flooded.rate) / median(theirs, flooded.rate),
		"msg/s":                   median(ours, flooded.rate),
		"msg/s-mosquitto_sub":     median(theirs, flooded.rate),
		"broker":                  median(ours, flooded.cost) / median(theirs, flooded.cost),
		"broker-0":                median(ours, flooded.cost) / median(idle, flooded.cost),
		"broker-µs":               1e6 * median(ours, flooded.cost),
		"broker-µs-mosquitto_sub": 1e6 * median(theirs, flooded.cost),
		"broker-µs-nobody":        1e6 * median(idle, flooded.cost),
		"lost":                    float64(lost),
		"MB":                      statusMB(b, s.cmd.Process.Pid, "VmRSS"),
	})
}

const flooder = "flooder"

// makeFlooder makes an account that may do everything with ordinary topics.
func (s *server) makeFlooder() {
	s.t.Helper()
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": flooder, "acls": []map[string]any{
		{"acltype": "publishClientSend", "topic": "#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "#", "allow": true},
		{"acltype": "subscribePattern", "topic": "#", "allow": true},
	}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": flooder, "password": flooder,
		"roles": []map[string]any{{"rolename": flooder}}})
}

// observedMessages is how many messages BunkerM has counted below a prefix.
func (s *server) observedMessages(prefix string) int {
	s.t.Helper()
	var level struct {
		Levels []struct {
			Prefix   string `json:"prefix"`
			Messages int    `json:"messages"`
		} `json:"levels"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/topics/tree", nil)), &level); err != nil {
		s.t.Fatal(err)
	}
	for _, l := range level.Levels {
		if l.Prefix == prefix {
			return l.Messages
		}
	}
	return 0
}

// flooded is one flood.
type flooded struct{ took, broker time.Duration }

func (f flooded) rate() float64 { return float64(floodMessages()) / f.took.Seconds() }
func (f flooded) cost() float64 { return f.broker.Seconds() / float64(floodMessages()) }

func median(floods []flooded, of func(flooded) float64) float64 {
	var values []float64
	for _, f := range floods {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// flood sends the messages, waits until they have arrived, and measures both.
func flood(b *testing.B, address string, broker int, arrived func()) flooded {
	b.Helper()
	var frames [floodDevices][]byte
	for i := range floodMessages() {
		frame := append(mqttText(nil, fmt.Sprintf("flood/%d", i%floodTopics)), "21.5"...)
		d := &frames[i%floodDevices]
		*d = append(append(*d, 0x30, byte(len(frame))), frame...)
	}
	var devices [floodDevices]net.Conn
	for i := range devices {
		devices[i] = dialFlooder(b, address, i)
		defer devices[i].Close()
	}
	cpu, began := cpuTime(b, broker), time.Now()
	var sending sync.WaitGroup
	for i, d := range devices {
		sending.Go(func() {
			// The answer to a ping comes when the broker has worked on everything before it.
			if _, err := d.Write(append(frames[i], 0xC0, 0)); err != nil {
				b.Error(err)
			}
			if _, err := d.Read(make([]byte, 2)); err != nil {
				b.Error(err)
			}
		})
	}
	sending.Wait()
	arrived()
	return flooded{time.Since(began), cpuTime(b, broker) - cpu}
}

// dialFlooder logs in with MQTT 3.1.1.
func dialFlooder(b testing.TB, address string, number int) net.Conn {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	body := append(mqttText(nil, "MQTT"), 4, 0xC2, 0, 0)
	for _, field := range []string{fmt.Sprintf("flooder-%d", number), flooder, flooder} {
		body = mqttText(body, field)
	}
	answer := make([]byte, 4)
	if _, err = conn.Write(append([]byte{0x10, byte(len(body))}, body...)); err == nil {
		_, err = conn.Read(answer)
	}
	if err != nil || answer[3] != 0 {
		b.Fatalf("logging in: % x, %v", answer, err)
	}
	return conn
}

// cpuTime is how long a process has been computing, by proc(5): fields 14 and 15 of its stat, in hundredths of a second.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("CPU time is read from /proc, which only Linux has")
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	total := 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		total += n
	}
	return time.Duration(total) * 10 * time.Millisecond
}
