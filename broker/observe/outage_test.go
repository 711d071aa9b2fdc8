package observe_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

func TestAKilledBrokerIsFoundAgain(t *testing.T) {
	b := brokertest.Start(t)
	s, w := watch(t, b.Endpoint(), "#")
	for round := range 3 {
		p := dialPlain(t, b, fmt.Sprintf("device-%d", round))
		p.publish("here", nil, false)
		compare(t, []seen{w.next()}, []seen{live("here", "")})
		b.Kill()
		eventually(t, "the loss is told", func() bool { return s.Status().State != broker.StateConnected })
		if status := s.Status(); status.Detail == "" || status.Hint == "" {
			t.Errorf("a lost broker is not explained: %+v", status)
		}
		b.Start()
		awaitGranted(t, s)
		if got := s.Status().Generation; got != int64(round+2) {
			t.Errorf("connection %d is told to be number %d", round+2, got)
		}
	}
}

func TestWhoIsNotLetInSaysSo(t *testing.T) {
	b := brokertest.Start(t)
	e := b.Endpoint()
	e.Password = func() (string, error) { return "wrong", nil }
	s := observe.New(observe.Options{Endpoint: e, Filters: []string{"#"}})
	start(t, s)
	eventually(t, "the refusal is told", func() bool { return s.Status().State == broker.StateRefused })
	if status := s.Status(); status.Detail == "" || status.Hint == "" {
		t.Errorf("a refusal is not explained: %+v", status)
	}
}

func TestARefusedFilterSaysSo(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, broker.Command{"command": "createRole", "rolename": "some", "acls": []map[string]any{
		{"acltype": "subscribePattern", "topic": "mine/#", "allow": true},
		{"acltype": "publishClientReceive", "topic": "#", "allow": true},
	}}, broker.Command{"command": "createClient", "username": "some", "password": "p",
		"roles": []map[string]any{{"rolename": "some"}}})
	e := b.Endpoint()
	e.Username, e.Password = "some", func() (string, error) { return "p", nil }
	s := observe.New(observe.Options{Endpoint: e, Filters: []string{"mine/#", "others/#"}})
	w := &watcher{t: t, consumer: s.Consumer("test", 0)}
	start(t, s)
	eventually(t, "the filters are answered", func() bool {
		filters := s.Status().Filters
		return filters[0].State == observe.FilterGranted && filters[1].State == observe.FilterRefused
	})
	if status := s.Status(); status.State != broker.StateConnected || status.Detail == "" || status.Hint == "" {
		t.Errorf("a refused filter is not explained: %+v", status)
	}
	p := dialPlain(t, b, "device")
	p.publish("others/x", nil, false)
	p.publish("mine/x", nil, false)
	compare(t, []seen{w.next()}, []seen{live("mine/x", "")})
}

func TestAFloodIsReadOrCounted(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("max_queued_messages 0"))
	s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"#"}})
	fast := &watcher{t: t, consumer: s.Consumer("fast", 256<<20)}
	slow := &watcher{t: t, consumer: s.Consumer("slow", 0)}
	start(t, s)
	awaitGranted(t, s)
	const n = 200_000
	p := dialPlain(t, b, "device")
	p.flood(n, 1000)
	p.publish("end", nil, false)
	for i, m := range fast.until("end") {
		if m.Payload != fmt.Sprint(i) || m.Topic != fmt.Sprintf("flood/%d", i%1000) {
			t.Fatalf("message %d is %v", i, m)
		}
	}
	if fast.lost != 0 {
		t.Errorf("a consumer with room enough lost %d messages", fast.lost)
	}
	// The slow one has not read anything so far.
	for _, c := range s.Status().Consumers {
		if c.QueuedBytes > c.QueueBytes {
			t.Errorf("the queue %s holds %d bytes of %d", c.Name, c.QueuedBytes, c.QueueBytes)
		}
	}
	got, next := int64(0), 0
	for got+slow.lost <= n { // and the end
		if slow.pending = slow.pending[:0]; s.Status().Consumers[1].QueuedBytes == 0 {
			p.publish("wake", nil, false) // what was lost at the end is told with the next block
			got--
		}
		slow.block()
		for _, m := range slow.pending {
			got++
			if m.Payload == "" {
				continue
			}
			number, err := strconv.Atoi(m.Payload)
			if err != nil || number < next {
				t.Fatalf("message %q comes after %d", m.Payload, next)
			}
			next = number
		}
	}
	if slow.lost == 0 {
		t.Error("a consumer that reads nothing has lost nothing: its queue has no bound")
	}
	if status := s.Status(); status.Messages < n+1 {
		t.Errorf("%d messages are counted, want %d", status.Messages, n+1)
	}
}

func TestClosingEndsEverything(t *testing.T) {
	b := brokertest.Start(t)
	s, w := watch(t, b.Endpoint(), "#")
	p := dialPlain(t, b, "device")
	p.publish("last", nil, false)
	w.next()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for {
		_, err := w.consumer.Next(t.Context())
		if errors.Is(err, observe.ErrClosed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("a closed stream starts again")
	}
	if got := s.Status().State; got != broker.StateClosed {
		t.Errorf("a closed stream is %s", got)
	}
}
