package observe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything may take before it counts as broken.
const patience = 30 * time.Second

// seen is a message with memory of its own.
type seen struct {
	Topic, Payload string
	Size           int
	Retain, Stored bool
}

// watcher reads one consumer.
type watcher struct {
	t        *testing.T
	consumer *observe.Consumer
	pending  []seen
	lost     int64
	kinds    []observe.BlockKind
}

// watch starts to observe and returns when the filters are granted.
func watch(t *testing.T, e broker.Endpoint, filters ...string) (*observe.Stream, *watcher) {
	t.Helper()
	s := observe.New(observe.Options{Endpoint: e, Filters: filters})
	w := &watcher{t: t, consumer: s.Consumer("test", 64<<20)}
	start(t, s)
	awaitGranted(t, s)
	return s, w
}

func start(t testing.TB, s *observe.Stream) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("it never happened: %s", what)
		}
		<-tick.C
	}
}

func awaitGranted(t testing.TB, s *observe.Stream) {
	t.Helper()
	eventually(t, "the filters are granted", func() bool {
		status := s.Status()
		for _, f := range status.Filters {
			if f.State != observe.FilterGranted && f.State != observe.FilterCovered {
				return false
			}
		}
		return status.State == broker.StateConnected
	})
}

// block takes the next block apart.
func (w *watcher) block() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	b, err := w.consumer.Next(ctx)
	if err != nil {
		w.t.Fatalf("waiting for messages: %v", err)
	}
	defer b.Release()
	w.kinds = append(w.kinds, b.Kind)
	w.lost += b.Lost
	var m observe.Message
	for b.Next(&m) {
		w.pending = append(w.pending, seen{string(m.Topic), string(m.Payload), m.Size, m.Retain, m.Stored})
	}
}

// next returns the next message that is not about the broker itself.
func (w *watcher) next() seen {
	w.t.Helper()
	for {
		for len(w.pending) == 0 {
			w.block()
		}
		m := w.pending[0]
		w.pending = w.pending[1:]
		if !strings.HasPrefix(m.Topic, "$SYS/") {
			return m
		}
	}
}

// until returns the messages up to the one on the topic "end".
func (w *watcher) until(end string) []seen {
	w.t.Helper()
	var all []seen
	for {
		m := w.next()
		if m.Topic == end {
			return all
		}
		all = append(all, m)
	}
}

func live(topic, payload string) seen {
	return seen{Topic: topic, Payload: payload, Size: len(payload)}
}

func compare(t *testing.T, got, want []seen) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d messages came, want %d:\n%.2000v\n%.2000v", len(got), len(want), got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("message %d is %.300v, want %.300v", i, got[i], want[i])
		}
	}
}

func TestEveryMessageComesAsItIs(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("max_packet_size 200000000"))
	_, w := watch(t, b.Endpoint(), "#", "$SYS/broker/#")
	p := dialPlain(t, b, "device")
	long := strings.Repeat("x", 65_000)
	binary := string([]byte{0, 255, 1, 254})
	large := bytes.Repeat([]byte("0123456789abcdef"), 10<<20/16)
	want := []seen{
		live("a", "1"), live("a/b", ""), live("leere/ebene//", "ü"), live(long, "long"), live("binary", binary),
		{Topic: "large", Payload: string(large[:observe.MaxPayload]), Size: len(large)},
		{Topic: "kept", Payload: "k", Size: 1, Retain: true},
		{Topic: "kept", Retain: true},
		{Topic: long[:64_000] + "/large", Payload: string(large[:observe.MaxPayload]), Size: 2 << 20},
		live("last", "z"),
	}
	for _, m := range want {
		payload := []byte(m.Payload)
		if m.Size > len(payload) {
			payload = large[:m.Size]
		}
		p.publish(m.Topic, payload, m.Retain)
	}
	p.publish("end", nil, false)
	compare(t, w.until("end"), want)
	if w.lost != 0 || w.kinds[0] != observe.Connected {
		t.Errorf("%d lost; blocks %v", w.lost, w.kinds)
	}
}

// TestWhatTheBrokerKeepsIsToldFromWhatIsPublished subscribes while a device publishes to the same topics, retained and
// not: each stored message comes once and is marked, and every message that is published after the filters are granted
// is not.
func TestWhatTheBrokerKeepsIsToldFromWhatIsPublished(t *testing.T) {
	b := brokertest.Start(t)
	p := dialPlain(t, b, "device")
	const kept = 2000
	for i := range kept {
		p.publish(fmt.Sprintf("kept/%d", i), []byte("old"), true)
	}
	p.settle()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	other := dialPlain(t, b, "busy device")
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil; i++ {
			other.publish(fmt.Sprintf("live/%d", i), []byte("live"), i%2 == 0)
		}
	}()
	_, w := watch(t, b.Endpoint(), "kept/#", "live/#", "end", "after")
	stop()
	<-ended
	other.settle()
	p.publish("after", []byte("new"), true)
	p.publish("end", nil, false)
	stored := map[string]int{}
	lives := map[string]int{}
	for _, m := range w.until("end") {
		switch {
		case strings.HasPrefix(m.Topic, "live/"):
			lives[m.Topic]++
			if m.Stored && !m.Retain {
				t.Errorf("%v is stored and not retained", m)
			}
		case m.Topic == "after":
			if m.Stored || !m.Retain {
				t.Errorf("%v came after the filters were granted", m)
			}
		default:
			stored[m.Topic]++
			if !m.Stored || !m.Retain || m.Payload != "old" {
				t.Errorf("%v was stored", m)
			}
		}
	}
	if len(stored) != kept {
		t.Errorf("%d of %d stored messages came", len(stored), kept)
	}
	for topic, n := range stored {
		if n != 1 {
			t.Errorf("%s came %d times", topic, n)
		}
	}
	for topic, n := range lives {
		if n > 2 { // stored, and published again? No topic is published twice
			t.Errorf("%s came %d times", topic, n)
		}
	}
}

func TestOneMessageComesOnceWhateverTheFilters(t *testing.T) {
	b := brokertest.Start(t)
	p := dialPlain(t, b, "device")
	p.publish("a/b", []byte("old"), true)
	p.settle()
	s, w := watch(t, b.Endpoint(), "a/+", "+/b", "a/b", "end", "step0")
	old := seen{Topic: "a/b", Payload: "old", Size: 3, Retain: true, Stored: true}
	publish := func() []seen {
		p.publish("a/b", []byte("1"), false)
		p.publish("a/c", []byte("2"), false)
		p.publish("x/b", []byte("3"), false)
		p.publish("end", nil, false)
		return w.until("end")
	}
	compare(t, publish(), []seen{old, live("a/b", "1"), live("a/c", "2"), live("x/b", "3")})
	for i, step := range []struct {
		filters []string
		want    []seen
	}{
		// What is new brings what the broker keeps, where no filter has brought it before.
		{[]string{"+/b", "end"}, []seen{live("a/b", "1"), live("x/b", "3")}},
		{[]string{"+/b", "end", "a/#"}, []seen{live("a/b", "1"), live("a/c", "2"), live("x/b", "3")}},
		{[]string{"end", "a/#"}, []seen{live("a/b", "1"), live("a/c", "2")}},
		{[]string{"+/+", "end"}, []seen{live("a/b", "1"), live("a/c", "2"), live("x/b", "3")}},
		{[]string{"end"}, nil},
		{[]string{"end", "a/b"}, []seen{old, live("a/b", "1")}},
		{[]string{"+/+", "end", "bad/#/filter"}, []seen{live("a/b", "1"), live("a/c", "2"), live("x/b", "3")}},
	} {
		s.SetFilters(append(step.filters, fmt.Sprintf("step%d", i+1)))
		eventually(t, fmt.Sprintf("%q are granted", step.filters), func() bool {
			for _, f := range s.Status().Filters {
				invalid := strings.HasPrefix(f.Filter, "bad")
				if (f.State == observe.FilterInvalid) != invalid || f.State == observe.FilterAsked {
					return false
				}
			}
			return true
		})
		// What was asked for last is given up last.
		b.AwaitLog(fmt.Sprintf("(?m) step%d$", i))
		p.publish("end", nil, false)
		w.until("end")
		got := publish()
		// A stored one that came with the change was read by the first round.
		if len(step.want) > 0 && step.want[0].Stored {
			step.want = step.want[1:]
		}
		compare(t, got, step.want)
	}
}

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
