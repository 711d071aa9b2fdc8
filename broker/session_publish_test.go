package broker_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// listener is a device that is subscribed to a filter.
func listener(t *testing.T, b *brokertest.Broker, filter string) *brokertest.Device {
	t.Helper()
	device, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "listener")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := device.Subscribe(filter); err != nil || code >= 0x80 {
		t.Fatalf("subscribing: code %d, %v", code, err)
	}
	return device
}

func next(t *testing.T, device *brokertest.Device) brokertest.Message {
	t.Helper()
	select {
	case m := <-device.Messages:
		return m
	case <-time.After(patience):
		t.Fatal("no message comes")
		return brokertest.Message{}
	}
}

func showMatched(matched *bool) string {
	switch {
	case matched == nil:
		return "unknown"
	case *matched:
		return "yes"
	}
	return "no"
}

func TestPublishAtEveryQoS(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	ready(t, s)
	device := listener(t, b, "heard/#")
	for qos, want := range []struct{ heard, unheard string }{{"unknown", "unknown"}, {"yes", "no"}, {"unknown", "unknown"}} {
		for _, payload := range [][]byte{nil, []byte("21.5"), {0, 0xff, '\n'}, bytes.Repeat([]byte("long"), 250_000)} {
			matched, err := s.Publish(within(t), "heard/a", payload, byte(qos), false)
			if err != nil || showMatched(matched) != want.heard {
				t.Errorf("QoS %d: matched %s, %v", qos, showMatched(matched), err)
			}
			if m := next(t, device); m.Topic != "heard/a" || !bytes.Equal(m.Payload, payload) {
				t.Errorf("QoS %d: %d bytes come on %s, want %d", qos, len(m.Payload), m.Topic, len(payload))
			}
		}
		matched, err := s.Publish(within(t), "unheard", []byte("x"), byte(qos), false)
		if err != nil || showMatched(matched) != want.unheard {
			t.Errorf("QoS %d: matched %s, %v", qos, showMatched(matched), err)
		}
	}
	must(t, s, command("listRoles")) // the session goes on
}

func TestPublishRetained(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	ready(t, s)
	if _, err := s.Publish(within(t), "kept", []byte("x"), 1, true); err != nil {
		t.Fatal(err)
	}
	device := listener(t, b, "#")
	if m := next(t, device); m.Topic != "kept" || !m.Retain {
		t.Errorf("%+v", m)
	}
	if _, err := s.Publish(within(t), "kept", nil, 1, true); err != nil {
		t.Fatal(err)
	}
	if m := next(t, device); m.Topic != "kept" || len(m.Payload) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestPublishWithoutTheRight(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, command("createRole", "rolename", "control", "acls", []map[string]any{
		{"acltype": "publishClientSend", "topic": "$CONTROL/dynamic-security/#", "allow": true},
		{"acltype": "subscribePattern", "topic": "$CONTROL/dynamic-security/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "$CONTROL/dynamic-security/#", "allow": true}}),
		command("createClient", "username", "manager", "password", "secret",
			"roles", []map[string]any{{"rolename": "control"}}))
	s, _ := startSession(t, broker.SessionOptions{Endpoint: account(b, "manager", "secret")})
	ready(t, s)
	for _, qos := range []byte{1, 2} {
		_, err := s.Publish(within(t), "a", []byte("x"), qos, false)
		if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.HintText, "publishClientSend") {
			t.Errorf("QoS %d: %+v", qos, f)
		}
	}
	must(t, s, command("listRoles"))
}

func TestPublishTooMuch(t *testing.T) {
	for name, conf := range map[string]string{"packet": "max_packet_size 20000", "message": "message_size_limit 20000"} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.Start(t, brokertest.Conf(conf))
			s, r := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
			ready(t, s)
			for _, qos := range []byte{1, 2} {
				if _, err := s.Publish(within(t), "a", make([]byte, 20_001), qos, false); !fault.Is(err, fault.TooLarge) {
					t.Errorf("QoS %d: %v", qos, err)
				}
				if _, err := s.Publish(within(t), "a", make([]byte, 19_980), qos, false); err != nil {
					t.Errorf("QoS %d: %v", qos, err)
				}
			}
			if n := len(r.of(broker.Disconnected)); n != 0 {
				t.Errorf("the session was interrupted %d times", n)
			}
		})
	}
}

func TestPublishWhatTheConfigurationForbids(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("retain_available false"))
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	ready(t, s)
	if _, err := s.Publish(within(t), "a", []byte("x"), 1, true); !fault.Is(err, fault.Refused) {
		t.Errorf("%v", err)
	}
	if _, err := s.Publish(within(t), "a", []byte("x"), 1, false); err != nil {
		t.Errorf("%v", err)
	}
}

func TestPublishNeedsNoPlugin(t *testing.T) {
	b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous())
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint()})
	eventually(t, "no plugin", func() bool { return s.Status().State == broker.StateNoPlugin })
	device := listener(t, b, "a")
	if matched, err := s.Publish(within(t), "a", []byte("x"), 1, false); err != nil || showMatched(matched) != "yes" {
		t.Errorf("matched %s, %v", showMatched(matched), err)
	}
	next(t, device)
}

func TestPublishToABrokerThatIsAway(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint(), Timeout: time.Second, Grace: 50 * time.Millisecond})
	ready(t, s)
	b.Pause()
	if _, err := s.Publish(within(t), "a", []byte("x"), 1, false); !fault.Is(err, fault.Uncertain) {
		t.Errorf("to a broker that does not answer: %v", err)
	}
	b.Continue()
	eventually(t, "connection", func() bool { return s.Status().State == broker.StateConnected })

	b.Pause()
	outcome := make(chan error)
	go func() { _, err := s.Publish(within(t), "a", []byte("x"), 2, false); outcome <- err }()
	b.Kill()
	if err := <-outcome; !fault.Is(err, fault.Uncertain) && !fault.Is(err, fault.Unavailable) {
		t.Errorf("to a broker that died: %v", err)
	}
	eventually(t, "notice", func() bool { return s.Status().State == broker.StateConnecting })
	if _, err := s.Publish(within(t), "a", []byte("x"), 0, false); !fault.Is(err, fault.Unavailable) {
		t.Errorf("to a broker that is gone: %v", err)
	}
	b.Start()
	eventually(t, "reconnection", func() bool {
		_, err := s.Publish(within(t), "a", []byte("x"), 1, false)
		return err == nil
	})
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(within(t), "a", []byte("x"), 1, false); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}
