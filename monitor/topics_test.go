package monitor

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
)

// topicsFor returns a tree whose readers may see values, at a time that the test sets by feeding. The connection to the
// broker is the first.
func topicsFor(t testing.TB, o TopicsOptions) *Topics {
	t.Helper()
	var topics *Topics
	began := time.UnixMilli(1_700_000_000_000)
	o.Clock = func() time.Time {
		if topics == nil {
			return began
		}
		return time.UnixMilli(topics.now)
	}
	if o.Allowed == nil {
		o.Allowed = func(context.Context, string) bool { return true }
	}
	made, err := NewTopics(o)
	if err != nil {
		t.Fatal(err)
	}
	topics = made
	topics.now = began.UnixMilli()
	topics.connection.Store(1)
	return topics
}

func (t *Topics) live(topic, payload string) {
	t.note(&observe.Message{Topic: []byte(topic), Payload: []byte(payload), Size: len(payload)})
}

func (t *Topics) retain(topic, payload string, stored bool) {
	t.note(&observe.Message{Topic: []byte(topic), Payload: []byte(payload), Size: len(payload), Retain: true, Stored: stored})
}

func (t *Topics) pass(d time.Duration) { t.now += d.Milliseconds() }

func (t *Topics) has(topic string) bool { _, known := t.describe(topic, false); return known }

func one(t testing.TB, topics *Topics, name string) Topic {
	t.Helper()
	topic, known := topics.describe(name, true)
	if !known {
		t.Fatalf("%.50q is not there", name)
	}
	return topic
}

func value(t Topic) string {
	if t.Payload == nil {
		return "null"
	}
	return *t.Encoding + ":" + *t.Payload
}

func TestOurOwnTopicIsNoDevices(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Own: "bunkerm/status"})
	topics.retain("bunkerm/status", "online", false)
	topics.live("bunkerm/status/x", "1")
	if counts := topics.Counts(); counts.Topics != 1 || topics.has("bunkerm/status") {
		t.Errorf("%+v", counts)
	}
}

func TestWhatATopicShows(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	topics.pass(time.Minute)
	topics.live("a/b", "21")
	topics.pass(time.Second)
	topics.live("a/b", "22.5")
	got := one(t, topics, "a/b")
	if value(got) != "utf8:22.5" || got.State != stateWhole || got.Messages != 2 || got.SizeBytes != 4 || got.Retained {
		t.Errorf("%+v", got)
	}
	if want := time.UnixMilli(topics.now).UTC(); !got.LastSeen.Equal(want) {
		t.Errorf("last seen %v, want %v", got.LastSeen, want)
	}
	topics.live("$SYS/broker/uptime", "7 seconds")
	topics.live("$odd", "x")
	topics.live("", "x")
	if n := topics.Counts().Topics; n != 1 {
		t.Errorf("%d topics", n)
	}
}

func TestStoredMessagesDoNotCount(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	topics.retain("kept", "old", true)
	got := one(t, topics, "kept")
	if got.Messages != 0 || got.Rate != 0 || got.LastSeen != nil || !got.Retained || value(got) != "utf8:old" {
		t.Errorf("%+v", got)
	}
	topics.live("kept", "new") // without the flag: the broker keeps the old one
	if got := one(t, topics, "kept"); got.Messages != 1 || !got.Retained || value(got) != "utf8:new" {
		t.Errorf("%+v", got)
	}
	topics.retain("kept", "", false)
	if got := one(t, topics, "kept"); got.Messages != 2 || got.Retained || value(got) != "utf8:" || got.SizeBytes != 0 {
		t.Errorf("%+v", got)
	}
	topics.retain("kept", "again", false)
	if got := one(t, topics, "kept"); !got.Retained {
		t.Errorf("%+v", got)
	}
	// Over a new connection the broker tells anew what it keeps.
	topics.connection.Store(2)
	if got := one(t, topics, "kept"); got.Retained || got.Messages != 3 {
		t.Errorf("%+v", got)
	}
	topics.retain("kept", "again", true)
	if got := one(t, topics, "kept"); !got.Retained || got.Messages != 3 {
		t.Errorf("%+v", got)
	}
}

func TestPayloadsOfEveryKind(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{ValueLimit: 8})
	for payload, want := range map[string]string{
		"":               "utf8:",
		"\x00\xff\xfe":   "base64:AP/+",
		"a\x00b":         "utf8:a\x00b",
		"12345678":       "utf8:12345678",
		"123456789":      "utf8:12345678",
		"1234567é":       "utf8:1234567",
		"123456☃":        "utf8:123456",
		"12345☃":         "utf8:12345☃",
		"1234567\xff9":   "base64:MTIzNDU2N/8=",
		"123456\xe2\x98": "base64:MTIzNDU24pg=", // whole, and not text
	} {
		topics.live("t", payload)
		got := one(t, topics, "t")
		if value(got) != want || got.SizeBytes != int64(len(payload)) || (got.State == statePart) != (len(payload) > 8) {
			t.Errorf("%q: %s, %+v", payload, value(got), got)
		}
	}
	// The observation itself cuts long payloads.
	topics.note(&observe.Message{Topic: []byte("t"), Payload: []byte("1234"), Size: 10 << 20})
	if got := one(t, topics, "t"); got.State != statePart || got.SizeBytes != 10<<20 {
		t.Errorf("%+v", got)
	}
}

func TestRate(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	near := func(what string, want float64) {
		t.Helper()
		if got := one(t, topics, "t").Rate; math.Abs(got-want) > 0.05*want+0.001 {
			t.Errorf("%s: rate %.4f, want %.4f", what, got, want)
		}
	}
	topics.pass(time.Hour)
	topics.live("t", "")
	near("one message", 1/(30*(1-math.Exp(-5.0/30))))
	send := func(d time.Duration, every time.Duration) {
		for end := topics.now + d.Milliseconds(); topics.now < end; {
			topics.pass(every)
			topics.live("t", "")
		}
	}
	send(10*time.Second, 100*time.Millisecond)
	near("10 a second for 10 s", 10)
	send(10*time.Minute, 100*time.Millisecond)
	near("10 a second for long", 10)
	topics.pass(30 * time.Second)
	near("half a minute of silence", 10/math.E)
	topics.pass(24 * time.Hour)
	near("a day of silence", 0)
	send(5*time.Minute, 500*time.Millisecond)
	near("2 a second after that", 2)
	topics.now -= time.Hour.Milliseconds() // the clock is set back
	topics.live("t", "")
	if got := one(t, topics, "t").Rate; math.IsNaN(got) || got < 0 || got > 1000 {
		t.Errorf("rate %v after the clock was set back", got)
	}
}

func TestFloodPushesNoUsedTopicOut(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Topics: 1000})
	for i := range 300 {
		topics.retain(fmt.Sprintf("retained/%d", i), "x", true)
	}
	for range proven {
		for i := range 300 {
			topics.live(fmt.Sprintf("used/%d", i), "x")
		}
	}
	topics.pass(time.Hour)
	for i := range 50_000 {
		topics.live(fmt.Sprintf("junk/%d", i), "x")
	}
	for i := range 300 {
		if name := fmt.Sprintf("retained/%d", i); !topics.has(name) {
			t.Errorf("%s is gone", name)
		}
		if name := fmt.Sprintf("used/%d", i); !topics.has(name) {
			t.Errorf("%s is gone", name)
		}
	}
	if counts := topics.Counts(); counts.Topics != 1000 || counts.Evicted != 49_600 {
		t.Errorf("%+v", counts)
	}
	if !topics.has("junk/49999") || topics.has("junk/0") {
		t.Error("the newest is gone or the oldest is there")
	}
}

func TestLeastUsefulOfTheKnownGoes(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{Topics: 16})
	for i := range 8 {
		topics.retain(fmt.Sprintf("retained/%d", i), "x", true)
	}
	for i := range 8 {
		for range 4 {
			topics.live(fmt.Sprintf("used/%d", i), "x")
		}
		topics.pass(time.Minute)
	}
	for i := range 4 {
		// Each that comes stays, because it is retained, and somebody has to go.
		topics.retain(fmt.Sprintf("new/%d", i), "x", true)
	}
	for i := range 8 {
		if name := fmt.Sprintf("used/%d", i); topics.has(name) != (i >= 4) {
			t.Errorf("%s: there is %v", name, topics.has(name))
		}
		if name := fmt.Sprintf("retained/%d", i); !topics.has(name) {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestLongNamesAreBounded(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{TopicBytes: 1 << 20})
	for i := range 200 {
		topics.live(fmt.Sprintf("%d/%s", i, strings.Repeat("x", 65_000)), "v")
		topics.Changes(0, 10)
	}
	counts := topics.Counts()
	if counts.Bytes > 2<<20 || counts.Topics < 10 || counts.Evicted+counts.Topics != 200 {
		t.Errorf("%+v", counts)
	}
}

func TestValuesAreBounded(t *testing.T) {
	const budget = 100_000
	topics := topicsFor(t, TopicsOptions{ValueBytes: budget})
	long := strings.Repeat("v", 4096)
	for round := range 4 {
		for i := range 200 {
			topics.live(fmt.Sprintf("t/%d", i), long[:1+rand.IntN(4096)])
			topics.live("hot", long[:100+round])
			if got := topics.valueBytes.Load(); got > budget {
				t.Fatalf("values take %d bytes", got)
			}
		}
	}
	var kept, gone int
	for i := range 200 {
		switch got := one(t, topics, fmt.Sprintf("t/%d", i)); got.State {
		case stateWhole:
			kept++
		case stateNotKept:
			gone++
			if got.Messages != 4 || got.SizeBytes == 0 || got.Payload != nil {
				t.Errorf("%+v", got)
			}
		default:
			t.Errorf("%+v", got)
		}
	}
	if kept == 0 || gone == 0 {
		t.Errorf("%d values kept, %d not", kept, gone)
	}
	if got := one(t, topics, "hot"); got.State != stateWhole {
		t.Errorf("the busiest topic lost its value: %+v", got)
	}
	checkValueBytes(t, topics)
}

// checkValueBytes compares what is counted with what is there.
func checkValueBytes(t *testing.T, topics *Topics) {
	t.Helper()
	var values, names, n int64
	for i := range topics.shards {
		for name, e := range topics.shards[i].topics {
			values += int64(cap(e.value))
			names += int64(len(name))
			n++
		}
	}
	if values != topics.valueBytes.Load() || names != topics.nameBytes.Load() || n != topics.count.Load() {
		t.Errorf("%d topics, %d bytes of names, %d of values; counted are %d, %d, %d", n, names, values,
			topics.count.Load(), topics.nameBytes.Load(), topics.valueBytes.Load())
	}
	if n != int64(topics.young.n+topics.known.n) {
		t.Errorf("%d topics, and %d + %d in the queues", n, topics.young.n, topics.known.n)
	}
}

func TestAMillionTopicsDoNotGrowMemory(t *testing.T) {
	before := heap()
	topics := topicsFor(t, TopicsOptions{Topics: 20_000, ValueBytes: 4 << 20})
	payload := strings.Repeat("v", 100)
	var after [2]uint64
	for half := range 2 {
		for i := range 500_000 {
			topics.live(fmt.Sprintf("flood/%d/%d/temperature", half, i), payload)
		}
		after[half] = heap()
	}
	// 20,000 topics of about 30 bytes with values of 112: 6 to 8 MB.
	if grown := after[1] - before; grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if after[1] > after[0]+2<<20 {
		t.Errorf("the heap grows from %d to %d", after[0], after[1])
	}
	if counts := topics.Counts(); counts.Evicted != 980_000 || counts.Topics != 20_000 {
		t.Errorf("%+v", counts)
	}
	checkValueBytes(t, topics)
	runtime.KeepAlive(topics)
}

func TestManyTopicsAreSmall(t *testing.T) {
	before := heap()
	topics := topicsFor(t, TopicsOptions{})
	for i := range 100_000 {
		topics.live(fmt.Sprintf("plant/hall-%02d/machine-%05d/temperature", i%40, i), `{"value":21.5,"unit":"C"}`)
	}
	each := float64(heap()-before) / 100_000
	t.Logf("%.0f bytes a topic", each)
	if each > 400 {
		t.Errorf("a topic takes %.0f bytes", each)
	}
	runtime.KeepAlive(topics)
}

// heap is what is in use after everything else was collected.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestKnownTopicsCostNoAllocation(t *testing.T) {
	topics := topicsFor(t, TopicsOptions{})
	m := observe.Message{Topic: []byte("a/b/c"), Payload: []byte("some value"), Size: 10}
	topics.note(&m)
	if n := testing.AllocsPerRun(1000, func() { topics.pass(time.Millisecond); topics.note(&m); topics.changes.told.Add(1) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}
