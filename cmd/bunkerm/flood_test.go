package main

import (
	"encoding/json"
	"io"
	"strconv"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// publishMany publishes messages at QoS 0 as fast as the broker reads them, each on the topic that is its number below a
// prefix, and returns when the broker has read all of them.
func publishMany(t *testing.T, address, prefix string, messages int) {
	t.Helper()
	conn := dialFlooder(t, address, 1)
	defer conn.Close()
	var packets []byte
	for i := range messages {
		body := append(mqttText(nil, prefix+strconv.Itoa(i)), "21.5"...)
		packets = append(append(packets, 0x30, byte(len(body))), body...)
		if len(packets) < 1<<20 && i < messages-1 {
			continue
		}
		if _, err := conn.Write(packets); err != nil {
			t.Fatal(err)
		}
		packets = packets[:0]
	}
	// The answer to a ping comes when the broker has worked on everything before it.
	if _, err := conn.Write([]byte{0xC0, 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
}

// balance is what became of messages: what the broker threw away stands beside what we did.
type balance struct {
	Publish struct {
		Received int `json:"received"`
		Dropped  int `json:"dropped"`
	} `json:"publish"`
	Self struct {
		Messages    int `json:"messages"`
		Lost        int `json:"lost"`
		MemoryBytes int `json:"memory_bytes"`
	} `json:"self"`
}

func (s *server) balance() balance {
	s.t.Helper()
	var b balance
	if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/stats", nil)), &b); err != nil {
		s.t.Fatal(err)
	}
	return b
}

// watchFigure follows one of the broker's figures as an ordinary client does.
func watchFigure(t *testing.T, address, topic string) func() int {
	t.Helper()
	d, err := brokertest.Connect(t, address, flooder, flooder, "watcher")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := d.Subscribe(topic); err != nil || code >= 0x80 {
		t.Fatalf("subscribing: %#x %v", code, err)
	}
	last := 0
	return func() int {
		for {
			select {
			case m := <-d.Messages:
				n, err := strconv.Atoi(string(m.Payload))
				if err != nil {
					t.Fatal(err)
				}
				last = n
			default:
				return last
			}
		}
	}
}

// TestAFloodThatNobodyCanFollow stops us in the middle of a flood, so that the broker has to throw away what it cannot get
// rid of. Afterwards every message is accounted for: we have it, we say that we lost it, or the broker says that it did.
func TestAFloodThatNobodyCanFollow(t *testing.T) {
	s := serveOn(t, t.TempDir())
	s.makeFlooder()
	for _, acltype := range []string{"subscribePattern", "publishClientReceive"} {
		s.must("POST", "/api/dynsec/roles/"+flooder+"/acls", map[string]any{"acltype": acltype, "topic": "$SYS/#", "allow": true})
	}
	const messages, before = 200_000, 1000
	publishMany(t, s.MQTT, "flood/", before)
	eventually(t, "the beginning is seen", func() bool { return s.observedMessages("flood/") == before })
	watch := watchFigure(t, s.MQTT, "$SYS/broker/publish/messages/received")
	s.Signal(syscall.SIGSTOP)
	publishMany(t, s.MQTT, "flood/", messages-before)
	// The broker tells its last word on the messages while it can queue nothing more for us, and does not repeat it.
	eventually(t, "the broker tells of the flood", func() bool { return watch() >= messages })
	s.Signal(syscall.SIGCONT)

	eventually(t, "the broker has told of all messages", func() bool { return s.balance().Publish.Received == messages })
	eventually(t, "every message is accounted for", func() bool {
		b := s.balance()
		return s.observedMessages("flood/")+b.Self.Lost+b.Publish.Dropped >= messages
	})
	b, seen := s.balance(), s.observedMessages("flood/")
	t.Logf("%d seen, %d lost by us, %d dropped by the broker", seen, b.Self.Lost, b.Publish.Dropped)
	if b.Publish.Dropped == 0 {
		t.Error("the broker has dropped nothing, so the test looks at nothing")
	}
	if seen+b.Publish.Dropped > messages+1000 { // some of the broker's own figures may be among what it dropped
		t.Errorf("%d messages are seen and %d dropped, of %d", seen, b.Publish.Dropped, messages)
	}
}

// TestAMillionTopics publishes on more topics than are kept: the memory is bounded, and it is told how many had to go.
func TestAMillionTopics(t *testing.T) {
	s := serveOn(t, t.TempDir())
	s.makeFlooder()
	const topics, kept = 1_000_000, 200_000
	publishMany(t, s.MQTT, "flood/", topics)
	var page struct {
		Total   int `json:"total"`
		Evicted int `json:"evicted"`
	}
	eventually(t, "every topic is kept, told as evicted, or never came", func() bool {
		if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/topics?limit=1", nil)), &page); err != nil {
			t.Fatal(err)
		}
		b := s.balance()
		return page.Total+page.Evicted+b.Self.Lost+b.Publish.Dropped >= topics
	})
	b := s.balance()
	t.Logf("%d topics are kept and %d evicted; %d messages lost, %d dropped; %d bytes in use", page.Total, page.Evicted,
		b.Self.Lost, b.Publish.Dropped, b.Self.MemoryBytes)
	if page.Total > kept || page.Evicted == 0 {
		t.Errorf("%d topics are kept, %d evicted", page.Total, page.Evicted)
	}
	// What is in use holds garbage, too, until it has been collected.
	eventually(t, "384 MiB are in use at most", func() bool { return s.balance().Self.MemoryBytes <= 384<<20 })
}
