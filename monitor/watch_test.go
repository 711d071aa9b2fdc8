package monitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

func TestWatchShowsWhatIsPublished(t *testing.T) {
	h := buildTopics(t, []string{"a/#", "$SYS/broker/#"})
	w, first := h.watch("a/+/x", "a/only", "b/#")
	if first.Observed || !first.Filters[0].Observed || !first.Filters[1].Observed || first.Filters[2].Observed || !first.Payloads {
		t.Errorf("%+v", first)
	}
	h.publish("a/1/x", []byte("one"), false)
	h.publish("a/1/y", []byte("not watched"), false)
	h.publish("a/2/x", []byte{0xff}, true)
	h.publish("a/only", nil, false)
	for _, wanted := range []struct {
		topic, value string
		retain       bool
	}{{"a/1/x", "utf8:one", false}, {"a/2/x", "base64:/w==", true}, {"a/only", "utf8:", false}} {
		var m WatchMessage
		w.expect(eventMessage, &m)
		if got := value(Topic{Payload: m.Payload, Encoding: m.Encoding}); m.Topic != wanted.topic || got != wanted.value ||
			m.Retain != wanted.retain || m.Stored || m.State != stateWhole || m.Time.IsZero() || m.QoS != nil {
			t.Errorf("%+v, want %+v", m, wanted)
		}
	}
	sys, first := h.watch("$SYS/broker/#")
	if !first.Observed {
		t.Errorf("%+v", first)
	}
	var m WatchMessage
	sys.expect(eventMessage, &m)
	if !strings.HasPrefix(m.Topic, "$SYS/broker/") {
		t.Errorf("%+v", m)
	}
}

func TestWatchHidesPayloads(t *testing.T) {
	h := buildTopics(t, []string{"#"})
	operator, _ := h.watch("#")
	h.asViewer()
	viewer, first := h.watch("#")
	if first.Payloads {
		t.Errorf("%+v", first)
	}
	h.publish("zigbee2mqtt/bridge/info", []byte("network key"), false)
	h.publish("open", []byte("value"), false)
	var secret, seen, hidden WatchMessage
	operator.expect(eventMessage, &secret)
	operator.expect(eventMessage, &seen)
	if secret.State != stateRedacted || secret.Payload != nil || secret.SizeBytes != 11 || *seen.Payload != "value" {
		t.Errorf("%+v, %+v", secret, seen)
	}
	viewer.expect(eventMessage, &hidden)
	viewer.expect(eventMessage, &hidden)
	if hidden.Topic != "open" || hidden.Payload != nil || hidden.State != stateNotPermitted || hidden.SizeBytes != 5 {
		t.Errorf("%+v", hidden)
	}
}

func TestWatchSamples(t *testing.T) {
	h := buildTopics(t, []string{"#"})
	w, _ := h.watch("flood/#")
	const messages = 5000
	for i := range messages {
		if _, err := h.session.Publish(t.Context(), fmt.Sprintf("flood/%d", i), []byte("x"), 0, false); err != nil {
			t.Fatal(err)
		}
	}
	var seen, shown, came int64
	// A second in which everything was shown is not told of.
	for seen+came-shown < messages {
		e, ok := w.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		switch e.name {
		case eventMessage:
			came++
		case eventSampled:
			var sampled WatchSampled
			if err := json.Unmarshal(e.data, &sampled); err != nil || sampled.Shown >= sampled.Seen {
				t.Errorf("%s, %v", e.data, err)
			}
			seen += sampled.Seen
			shown += sampled.Shown
		}
	}
	if shown == 0 || shown > came || came > messages/2 || seen+came-shown != messages {
		t.Errorf("%d of %d messages came; told are %d of %d", came, messages, shown, seen)
	}
}

func TestWatchTellsOfInterruptions(t *testing.T) {
	h := buildTopics(t, []string{"#"}, brokertest.Conf("persistence true"))
	h.publish("kept", []byte("v"), true)
	w, _ := h.watch("#")
	h.broker.Stop()
	var c WatchConnection
	w.expect(eventConnection, &c)
	if c.Connected {
		t.Errorf("%+v", c)
	}
	h.broker.Start()
	var m WatchMessage
	w.expect(eventMessage, &m)
	if m.Topic != "kept" || !m.Stored || !m.Retain {
		t.Errorf("%+v", m)
	}
}

func TestWatchersAreBoundedAndLeave(t *testing.T) {
	h := buildTopics(t, []string{"#"})
	var open []*watching
	for range mostWatchers {
		w, _ := h.watch("#")
		open = append(open, w)
	}
	want[struct{}](h, http.StatusTooManyRequests, "GET", "/monitor/watch?filter=a", "")
	open[0].close()
	h.eventually("one has left", func() bool { return h.topics.Counts().Watches == mostWatchers-1 })
	open[0], _ = h.watch("#")
	h.streams.Close()
	for _, w := range open {
		for _, ok := w.next(); ok; {
			_, ok = w.next()
		}
	}
	h.eventually("all have left", func() bool { return h.topics.Counts().Watches == 0 })
	want[struct{}](h, http.StatusServiceUnavailable, "GET", "/monitor/watch?filter=a", "")
	if n := h.topics.Counts().Watches; n != 0 {
		t.Errorf("%d watchers", n)
	}
}

func TestSlowWatcherIsBounded(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	w := newWatcher([]string{"#"}, true, &topics.redacted)
	m := observe.Message{Topic: []byte("t"), Payload: make([]byte, 64<<10), Size: 64 << 10}
	now := int64(0)
	for range 10_000 {
		now += 1000
		w.offer(&m, now)
	}
	taken := w.take()
	// Each is a little longer than its payload, so the last of these is one too many for the queue.
	if n := len(taken.messages); n != watchQueue/watchPayload || taken.seen != 10_000 || taken.shown != int64(n) {
		t.Errorf("%d messages, %d seen, %d shown", n, taken.seen, taken.shown)
	}
	if got := taken.messages[0].shown(true, nil); got.State != statePart || got.SizeBytes != 64<<10 {
		t.Errorf("%s, %d bytes", got.State, got.SizeBytes)
	}
	// Nothing waits any more: there is room again.
	w.offer(&m, now+1000)
	if taken := w.take(); taken.shown != 1 {
		t.Errorf("%d shown", taken.shown)
	}
	w.notice(&observe.Block{Kind: observe.Messages, Lost: 7})
	w.notice(&observe.Block{Kind: observe.Messages, Lost: 2})
	if events := topics.watchEvents(w, w.take()); len(events) != 1 || events[0].Data != (WatchLost{Messages: 9}) {
		t.Errorf("%+v", events)
	}
}
