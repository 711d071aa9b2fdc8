package observe_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// What a broker sends that lets us in and grants the first filter, with both its answers.
var (
	welcome = []byte{0x20, 3, 0, 0, 0}
	grants  = []byte{0x90, 4, 0, 1, 0, 0, 0x90, 4, 0, 2, 0, 0}
)

// impostor answers each connection with one more of the given byte streams, the last one for all that follow, and keeps
// it open until the other side goes.
func impostor(t *testing.T, streams ...[]byte) broker.Endpoint {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for i := 0; ; i++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				request := make([]byte, 4096)
				if _, err := conn.Read(request); err != nil { // CONNECT
					return
				}
				_, _ = conn.Write(streams[min(i, len(streams)-1)])
				for err == nil {
					_, err = conn.Read(request)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return broker.Endpoint{
		Name: "the impostor",
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
		},
	}
}

// statuses keeps what OnStatus tells.
type statuses struct {
	mu  sync.Mutex
	all []observe.Status
}

func (s *statuses) add(status observe.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, status)
}

// detail tells whether something like that was the matter once, and explained.
func (s *statuses) detail(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, status := range s.all {
		if strings.Contains(status.Detail, part) && status.Hint != "" {
			return true
		}
	}
	return false
}

// TestABrokerThatTalksNonsenseIsLeft meets brokers that send what no broker may, is told why the connection ended, and
// observes the next one.
func TestABrokerThatTalksNonsenseIsLeft(t *testing.T) {
	message := []byte{0x30, 4, 0, 1, 't', 0}
	after := func(frames ...[]byte) []byte { return bytes.Join(append([][]byte{welcome}, frames...), nil) }
	const notMQTT = "not MQTT 5 as it was asked for"
	for name, c := range map[string]struct {
		stream []byte
		detail string
	}{
		"a web server":              {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak MQTT 5"},
		"a message before a login":  {message, "does not speak MQTT 5"},
		"nothing at all":            {nil, "no answer in time"},
		"half an answer":            {welcome[:2], "no answer in time"},
		"a refusal":                 {[]byte{0x20, 3, 0, 0x87, 0}, "does not let in"},
		"a full house":              {[]byte{0x20, 3, 0, 0x97, 0}, "does not let us in now"},
		"another version's refusal": {[]byte{0x20, 2, 0, 1}, "does not let us in now"},
		"garbage":                   {after(message, bytes.Repeat([]byte{0xFF}, 1<<20)), notMQTT},
		"a length without end":      {after([]byte{0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}), notMQTT},
		"QoS 1":                     {after([]byte{0x32, 6, 0, 1, 't', 0, 1, 0}), notMQTT},
		"QoS 2 and 200 MB":          {after([]byte{0x34, 0xFF, 0xFF, 0xFF, 0x5F, 0, 1, 't', 0, 1, 0}, make([]byte, 1<<20)), notMQTT},
		"a topic alias":             {after([]byte{0x30, 7, 0, 1, 't', 3, 0x23, 0, 1}), notMQTT},
		"an answer to nothing":      {after([]byte{0x90, 4, 0x12, 0x34, 0, 0}), notMQTT},
		"a goodbye":                 {after([]byte{0xE0, 2, 0x8B, 0}), "the broker is shutting down"},
		"a takeover":                {after([]byte{0xE0, 1, 0x8E}), "took the session over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := observe.New(observe.Options{
				Endpoint: impostor(t, c.stream, after(grants, message)), Filters: []string{"t"}, Timeout: 200 * time.Millisecond,
			})
			w := &watcher{t: t, consumer: s.Consumer("test", 0)}
			var told statuses
			s.OnStatus(told.add)
			start(t, s)
			eventually(t, "the reason is told", func() bool { return told.detail(c.detail) })
			awaitGranted(t, s)
			for m := w.next(); m != live("t", ""); m = w.next() {
				t.Errorf("%v came out of nonsense", m)
			}
		})
	}
}

// TestASilentBrokerIsLeft waits for the sign of life that a frozen broker does not give.
func TestASilentBrokerIsLeft(t *testing.T) {
	var log bytes.Buffer
	var told statuses
	s := observe.New(observe.Options{
		Endpoint: impostor(t, append(welcome[:5:5], grants...)), Filters: []string{"t"}, KeepAlive: time.Second,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	s.OnStatus(told.add)
	start(t, s)
	eventually(t, "the silence is noticed", func() bool { return told.detail("silent for too long") })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), s.Status().ClientID) && !strings.Contains(log.String(), "connection of client") {
		t.Errorf("the log does not name the connection:\n%s", log.String())
	}
}

// TestTheBrokerSaysHowOftenItWantsToHearOfUs has a keep alive of two seconds from the broker, against our own of 30, and
// a packet to test the connection in that time.
func TestTheBrokerSaysHowOftenItWantsToHearOfUs(t *testing.T) {
	s := observe.New(observe.Options{
		Endpoint: impostor(t, append([]byte{0x20, 6, 0, 0, 3, 0x13, 0, 1}, grants...)), Filters: []string{"t"},
	})
	var told statuses
	s.OnStatus(told.add)
	start(t, s)
	awaitGranted(t, s)
	sent := s.Status().Traffic.PacketsSent
	eventually(t, "a sign of life is sent", func() bool { return s.Status().Traffic.PacketsSent > sent })
	eventually(t, "and its want of an answer noticed", func() bool { return told.detail("silent") })
}

func TestPasswordsThatCannotBeReadAreTold(t *testing.T) {
	e := impostor(t, welcome)
	e.Username, e.Password = "u", func() (string, error) { return "", fmt.Errorf("no such file") }
	s := observe.New(observe.Options{Endpoint: e})
	start(t, s)
	eventually(t, "the reason is told", func() bool {
		status := s.Status()
		return status.State == broker.StateRefused && strings.Contains(status.Detail, "password")
	})
}
