package anomaly

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestMain holds that nothing goes on behind a test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a service whose clock the test moves.
type house struct {
	t   *testing.T
	s   *Service
	db  *store.DB
	dir string
	now time.Time
}

// begin is a Tuesday at noon.
func begin() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) }

// at opens a service in a folder; the same folder is the same service again.
func at(t *testing.T, dir string, now time.Time) *house {
	t.Helper()
	h := &house{t: t, dir: dir, now: now}
	h.db = storetest.OpenWith(t, store.Options{
		Path: filepath.Join(dir, "bunkerm.db"), Migrations: slices.Concat(notify.Migrations(), Migrations()), Clock: h.clock,
	})
	var err error
	h.s, err = New(t.Context(), Options{
		Store: h.db, Clock: h.clock, SnapshotFile: filepath.Join(dir, "snapshot"), CheckFilter: func(string) error { return nil },
		Matches: func(filter, topic string) bool { return topicfilter.Match(filter, []byte(topic)) },
		Allowed: func(context.Context, string) bool { return true }, Actor: func(context.Context) string { return "ann" },
	})
	if err != nil {
		t.Fatal(err)
	}
	utc := "UTC"
	if _, err := h.s.SetSettings(t.Context(), AlertSettingsFields{TimeZone: &utc}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.s.rows.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return h
}

func (h *house) clock() time.Time { return h.now }

// sends publishes a message.
func (h *house) sends(topic, payload string) {
	h.s.Messages(h.now, func(yield func(*Message) bool) {
		yield(&Message{Topic: []byte(topic), Payload: []byte(payload), Size: len(payload)})
	})
}

// passes lets time pass in steps of a second, and does something in each.
func (h *house) passes(d time.Duration, each func(second int)) {
	for i := range int(d / time.Second) {
		h.now = h.now.Add(time.Second)
		if each != nil {
			each(i)
		}
		h.s.mu.Lock()
		h.s.watch.tick(h.now.UnixMilli())
		h.s.mu.Unlock()
	}
	h.s.Tick(h.t.Context(), h.now)
}

// alerts are all incidents, the oldest first.
func (h *house) alerts() []Alert {
	h.t.Helper()
	page, err := h.s.Alerts(h.t.Context(), AlertQuery{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	slices.SortFunc(page.Alerts, func(a, b Alert) int { return int(a.ID - b.ID) })
	return page.Alerts
}

// told writes incidents as a test compares them.
func told(all []Alert) []string {
	out := []string{}
	for _, a := range all {
		out = append(out, fmt.Sprintf("%s %s: %s", a.Status, a.Kind, a.Title))
	}
	return out
}

// sine is a plausible noisy sensor.
type sine struct {
	r      *rand.Rand
	period float64 // seconds
}

func newSine(seed uint64) *sine { return &sine{rand.New(rand.NewPCG(seed, 1)), 60} }

func (s *sine) at(second int) float64 {
	return 20 + 5*math.Sin(2*math.Pi*float64(second)/s.period) + s.r.NormFloat64()*0.3
}
