package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/fault"
)

func TestDefaultsHideWhatIsKnownToBeSecret(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	for name, hidden := range map[string]bool{
		"zigbee2mqtt/bridge/info": true, "home/bridge/info": true, "zigbee2mqtt/bridge/response/backup": true,
		"cmnd/plug/Password1": true, "cmnd/plug/Backlog": true, "owntracks/me/phone/cmd": true,
		"zigbee2mqtt/bridge/state": false, "cmnd/plug/POWER": false, "stat/plug/RESULT": false,
		"homeassistant/sensor/x/config": false,
	} {
		topics.live(name, "top secret")
		got := one(t, topics, name)
		if (got.State == stateRedacted) != hidden || (got.Payload == nil) != hidden || got.SizeBytes != 10 || got.Messages != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRedactionDropsWhatIsThere(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Redacted: []string{}})
	for i := range 1000 {
		topics.live(fmt.Sprintf("lock/%d/code", i), "4711")
		topics.live(fmt.Sprintf("lock/%d/state", i), "open")
	}
	bytesBefore := topics.valueBytes.Load()
	if err := topics.SetRedacted([]string{"lock/+/code", "$SYS/#"}); err != nil {
		t.Fatal(err)
	}
	checkValueBytes(t, topics)
	if topics.valueBytes.Load() != bytesBefore/2 {
		t.Errorf("%d bytes of %d stay", topics.valueBytes.Load(), bytesBefore)
	}
	topics.live("lock/7/code", "0815")
	topics.live("lock/new/code", "0815")
	for _, name := range []string{"lock/7/code", "lock/8/code", "lock/new/code"} {
		if got := one(t, topics, name); got.State != stateRedacted || got.Payload != nil {
			t.Errorf("%+v", got)
		}
	}
	for i := range topics.shards {
		for name, e := range topics.shards[i].topics {
			if bytes.Contains(e.value[:cap(e.value)], []byte("4711")) || bytes.Contains(e.value[:cap(e.value)], []byte("0815")) {
				t.Errorf("the value of %s is in memory", name)
			}
		}
	}
	// What is not redacted any more comes back with the next message.
	if err := topics.SetRedacted(nil); err != nil {
		t.Fatal(err)
	}
	if got := one(t, topics, "lock/7/code"); got.State != stateNotKept {
		t.Errorf("%+v", got)
	}
	topics.live("lock/7/code", "1234")
	if got := one(t, topics, "lock/7/code"); value(got) != "utf8:1234" {
		t.Errorf("%+v", got)
	}
}

func TestBadRedactionChangesNothing(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Redacted: []string{"a"}})
	err := topics.SetRedacted([]string{"b", "c#", "$share/g/d"})
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) != 2 || f.Fields[0].Location != "filters[1]" {
		t.Errorf("%+v", f)
	}
	if got := topics.Redacted(); len(got) != 1 || got[0] != "a" {
		t.Errorf("%q", got)
	}
	if err := topics.SetRedacted(make([]string, mostRedacted+1)); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	if _, err := NewTopics(TopicsOptions{Redacted: []string{"#/"}}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

// TestRedactionWhileMessagesCome lets readers, redaction and the feeding goroutine run at once: with -race it shows
// that they keep out of each other's way, and that no value stays behind that should be gone.
func TestRedactionWhileMessagesCome(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Topics: 500, ValueBytes: 4000, Redacted: []string{}})
	w := newWatcher([]string{"#"}, true, &topics.redacted)
	if err := topics.hub.join(w); err != nil {
		t.Fatal(err)
	}
	clock := topics.now
	topics.o.Clock = func() time.Time { return time.UnixMilli(clock) }
	var others sync.WaitGroup
	stop := make(chan struct{})
	run := func(f func()) {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		})
	}
	var after int64
	run(func() { _, after = topics.Changes(after, 100) })
	run(func() { w.take() })
	run(func() {
		for _, order := range []TopicSort{SortTopic, SortRate, SortLast} {
			if _, err := topics.List(t.Context(), TopicQuery{Sort: order}); err != nil {
				t.Error(err)
			}
		}
		if _, err := topics.Levels(t.Context(), LevelQuery{}); err != nil {
			t.Error(err)
		}
	})
	run(func() {
		for _, filters := range [][]string{{"t/#"}, {}, {"t/+/x"}} {
			if err := topics.SetRedacted(filters); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 20_000 {
		m := observe.Message{Topic: fmt.Appendf(nil, "t/%d/x", i%700), Payload: []byte("secret"), Size: 6}
		topics.note(&m)
		w.offer(&m, clock)
	}
	close(stop)
	others.Wait()
	if err := topics.SetRedacted([]string{"#"}); err != nil {
		t.Fatal(err)
	}
	topics.hub.leave(w)
	checkValueBytes(t, topics)
	if topics.valueBytes.Load() != 0 {
		t.Errorf("%d bytes stay", topics.valueBytes.Load())
	}
	page, err := topics.List(t.Context(), TopicQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(page)
	if err != nil || strings.Contains(string(text), "secret") || len(page.Topics) != 500 {
		t.Errorf("%d topics, %v", len(page.Topics), err)
	}
}
