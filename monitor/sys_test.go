package monitor

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
)

func TestNumbersOfFigures(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "41": 41, "41 seconds": 41, "57.55": 57.55, "0.00": 0, "18446744073709551615": 18446744073709551615, "-1": -1,
	} {
		if got, ok := number([]byte(text)); !ok || got != want {
			t.Errorf("%q: %v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", " ", "x", "seconds", "1e5", "0x10", "inf", "NaN", "1.2.3", "--1", "1-1", strings.Repeat("9", 10_000) + "x"} {
		if got, ok := number([]byte(text)); ok && len(text) < 100 {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestMemoryBelowZeroIsUnknown: Mosquitto 2.0 frees bytes that it has not counted, and tells the difference without its sign.
func TestMemoryBelowZeroIsUnknown(t *testing.T) {
	r := newReadings(new(figureTable()))
	for _, c := range []struct {
		payload string
		known   bool
	}{{"245760", true}, {"18446744073709551000", false}, {"4096", true}} {
		if f, ok := r.take([]byte("heap/current"), []byte(c.payload), Traffic{}); !ok || r.figures[f].known != c.known {
			t.Errorf("%s: %+v", c.payload, r.figures[f])
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add([]byte("41 seconds"))
	f.Add([]byte("57.55"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if got, ok := number(payload); ok && (math.IsNaN(got) || math.IsInf(got, 0)) {
			t.Errorf("%q is %v", payload, got)
		}
	})
}

// scene is a collector whose stream is made up.
type scene struct {
	*collector
	seen     observe.Status
	messages int64
	at       time.Time
}

func newScene() *scene {
	s := &scene{at: start()}
	o := Options{Observation: func() observe.Status { return s.seen }}.withDefaults()
	s.collector = newCollector(&o, new(figureTable()), func(bool) {})
	return s
}

// told plays what a broker tells in one go: name and value, name and value, …
func (s *scene) told(stored bool, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		m := observe.Message{Topic: []byte(sysPrefix + pairs[i]), Payload: []byte(pairs[i+1]), Stored: stored}
		s.ledger.deliver(s.messages, 0, 0)
		s.take(&m, s.at)
		s.messages++
		s.ledger.deliver(s.messages, 0, 0)
	}
	s.settle()
}

func (s *scene) value(f figure) float64 { return s.latest.Load().values[f] }

func (s *scene) want(t *testing.T, what string, f figure, want float64) {
	t.Helper()
	if got := s.value(f); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s: %s is %v, want %v", what, s.table[f].Name, got, want)
	}
}

// passes lets time pass, and messages be delivered to us.
func (s *scene) passes(d time.Duration, messages int64) {
	s.at = s.at.Add(d)
	s.messages += messages
}

func TestRatesComeFromTicks(t *testing.T) {
	s := newScene()
	s.connect(1)
	s.told(true, "uptime", "100 seconds", "publish/messages/received", "500", "messages/sent", "0", "clients/connected", "3")
	s.want(t, "kept figures have no time", figPublishReceivedRate, math.NaN())
	s.want(t, "kept figures may be older than our sessions", figClientsConnected, math.NaN())
	s.want(t, "a kept counter", figPublishReceived, 500)
	s.passes(10*time.Second, 0)
	s.told(false, "uptime", "110 seconds", "publish/messages/received", "600", "messages/sent", "10")
	s.want(t, "the first tick", figPublishReceivedRate, math.NaN())
	s.want(t, "the first tick", figClientsConnected, 3)
	s.passes(11*time.Second, 0)
	s.told(false, "uptime", "121 seconds", "publish/messages/received", "710", "messages/sent", "20")
	s.want(t, "over the real time between two ticks", figPublishReceivedRate, 10)
	s.passes(10*time.Second, 0)
	s.told(false, "uptime", "131 seconds", "messages/sent", "30")
	s.want(t, "a counter that is not told again stands still", figPublishReceivedRate, 0)

	// The broker had too much for us and dropped some of its figures.
	s.passes(10*time.Second, 0)
	s.told(false, "uptime", "141 seconds", "publish/messages/dropped", "77")
	s.want(t, "a tick that is not whole", figPublishReceivedRate, 0)
	s.passes(10*time.Second, 0)
	s.told(false, "uptime", "151 seconds", "publish/messages/received", "730", "messages/sent", "50")
	s.want(t, "the next whole tick counts over both", figPublishReceivedRate, 1)
}

func TestFiguresOfAnOldBrokerAreKeptOverAShortBreak(t *testing.T) {
	for away, kept := range map[time.Duration]bool{20 * time.Second: true, 2 * time.Minute: false} {
		s := newScene()
		s.connect(1)
		s.told(false, "uptime", "1000 seconds", "clients/connected", "5", "publish/messages/sent", "900")
		s.passes(time.Second, 0)
		s.disconnect(s.at)
		s.want(t, "without a connection", figClientsConnected, math.NaN())
		s.passes(away, 0)
		s.messages = 0
		s.connect(2)
		uptime := fmt.Sprintf("%d seconds", 1000+int(away.Seconds()))
		s.told(false, "uptime", uptime)
		want := math.NaN()
		if kept {
			want = 5
		}
		s.want(t, fmt.Sprintf("after %v", away), figClientsConnected, want)
	}
}

func TestLedgerFollowsRuns(t *testing.T) {
	delivered := Traffic{PublishSent: 1000}
	for name, c := range map[string]struct {
		uptime   float64 // told before
		away     time.Duration
		then     float64
		restarts bool
	}{
		"the same run goes on":                           {1000, 5 * time.Second, 1004, false},
		"the same run, and its uptime is a kept one":     {1000, 5 * time.Second, 1000, false},
		"the uptime is lower":                            {1000, 5 * time.Second, 3, true},
		"it was up for less than we were away":           {1000, time.Hour, 1500, true},
		"long away from the same run":                    {1000, time.Hour, 4595, false},
		"a broker that told its figures every minute":    {1000, 2 * time.Minute, 1061, false},
		"a young broker, and its uptime is a kept one":   {3, 2 * time.Second, 4, false},
		"a young broker that was started again long ago": {3, time.Hour, 1800, true},
	} {
		l := &ledger{}
		at := start()
		l.hear(c.uptime, at, Traffic{})
		l.delivered = delivered
		l.leave(at, Traffic{})
		got := l.hear(c.then, at.Add(c.away), Traffic{})
		ours := l.ours(Traffic{PublishSent: 5}, Traffic{})
		want := int64(1005)
		if c.restarts {
			want = 5
		}
		if got != c.restarts || ours.PublishSent != want {
			t.Errorf("%s: restarted %t, ours %d", name, got, ours.PublishSent)
		}
	}
}

func TestLedgerOnOneConnection(t *testing.T) {
	l := &ledger{}
	l.hear(50, start(), Traffic{})
	l.delivered = Traffic{PublishSent: 40}
	if !l.hear(1, start().Add(time.Minute), Traffic{BytesSent: 9}) {
		t.Error("a lower uptime is another run")
	}
	if ours := l.ours(Traffic{PublishSent: 45}, Traffic{BytesSent: 10}); ours != (Traffic{PublishSent: 5, BytesSent: 1}) {
		t.Errorf("%+v", ours)
	}
	saved, ok := l.save(start().Add(time.Hour), Traffic{BytesSent: 10})
	if !ok {
		t.Fatal("there is nothing to save")
	}
	next := &ledger{}
	next.restore(saved)
	if next.hear(1+3600, start().Add(time.Hour+time.Second), Traffic{}) {
		t.Error("the same run is taken for another after our restart")
	}
	if ours := next.ours(Traffic{}, Traffic{}); ours.BytesSent != 1 {
		t.Errorf("%+v", ours)
	}
}

func TestWhatABrokerMayInventIsBounded(t *testing.T) {
	r := newReadings(new(figureTable()))
	for i := range 5000 {
		r.take(fmt.Appendf(nil, "connection/bridge-%d/state", i), []byte("1"), Traffic{})
		r.take(fmt.Appendf(nil, "plugin/%d", i), []byte(strings.Repeat("v", 10_000)), Traffic{})
	}
	r.take([]byte(strings.Repeat("n", 10_000)), []byte("v"), Traffic{})
	r.take([]byte("log/N"), []byte("a line"), Traffic{})
	r.take([]byte("connection/bridge-3/state"), []byte("0"), Traffic{})
	r.take([]byte("connection/bridge-4/state"), nil, Traffic{})
	bridges, others := r.bridgeList(), r.otherList()
	if len(bridges) != mostBridges-1 || len(others) != mostOthers || len(others[0].Value) != longestValue || r.unnamed != 5000-mostOthers+1 {
		t.Errorf("%d bridges, %d others, %d without a name", len(bridges), len(others), r.unnamed)
	}
	for _, b := range bridges {
		if b.ID == "bridge-4" || b.Connected == (b.ID == "bridge-3") {
			t.Errorf("%+v", b)
		}
	}
}

func TestFrameSizes(t *testing.T) {
	for payload, want := range map[int]int64{0: 2 + 3 + 5, 119: 2 + 127, 120: 3 + 128, 16_375: 3 + 16_383, 16_376: 4 + 16_384} {
		if got := frameSize(5, payload); got != want {
			t.Errorf("a payload of %d bytes: %d, want %d", payload, got, want)
		}
	}
}
