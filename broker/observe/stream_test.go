package observe_test

import (
	"bytes"
	"context"
	"fmt"
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
