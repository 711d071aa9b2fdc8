package anomaly

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
)

// tells gives the house a channel; what is sent to it waits in the outbox.
func (h *house) tells() {
	h.t.Helper()
	n, err := notify.New(notify.Options{Store: h.db, Clock: h.clock})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(n.Channels(h.t.Context())) == 0 {
		if err := n.SetChannels(h.t.Context(), []notify.Channel{{
			Name: "others", Type: notify.TypeMQTT, Enabled: true, MinSeverity: notify.Low, MQTT: &notify.MQTTSettings{Topic: "alerts", QoS: 1},
		}}); err != nil {
			h.t.Fatal(err)
		}
	}
	h.s.o.Notify = n
}

// outbox is what was sent, by the ids of messages and how many incidents they tell of.
func (h *house) outbox() []string {
	h.t.Helper()
	all := []string{}
	for _, m := range h.messages() {
		all = append(all, fmt.Sprint(m.ID, " ", len(m.Items)))
	}
	return all
}

// messages are those that wait in the outbox, the oldest first.
func (h *house) messages() (all []notify.Message) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(ctx context.Context, q store.Queries) error {
		found, err := q.Query(ctx, `SELECT message FROM notify_outbox ORDER BY id`)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var text string
			var m notify.Message
			if err := found.Scan(&text); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				return err
			}
			all = append(all, m)
		}
		return found.Err()
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// sees compares what was sent and what waits for the digest.
func (h *house) sees(waiting int, sent ...string) {
	h.t.Helper()
	if n := h.s.Sent().Waiting; n != waiting {
		h.t.Errorf("%d incidents wait for the digest, want %d", n, waiting)
	}
	if diff := cmp.Diff(append([]string{}, sent...), h.outbox()); diff != "" {
		h.t.Errorf("sent (-want +got)\n%s", diff)
	}
}

// starter returns what starts the same house again and again, each time so long after the beginning.
func starter(t *testing.T) func(after time.Duration, do func(h *house)) {
	dir := t.TempDir()
	return func(after time.Duration, do func(h *house)) {
		t.Helper()
		t.Run(after.String(), func(t *testing.T) {
			h := at(t, dir, begin().Add(after))
			h.tells()
			do(h)
		})
	}
}

// TestTheDigestSurvivesRestarts between what it tells of and its hour, after it was sent, and over its hour.
func TestTheDigestSurvivesRestarts(t *testing.T) {
	start := starter(t)
	start(0, func(h *house) {
		frozen(t, h, "x")
		h.sees(1)
	})
	start(time.Hour, func(h *house) {
		h.sees(1)
		h.s.Tick(h.t.Context(), h.now)
		h.sees(1)
		h.now = begin().Add(20*time.Hour - time.Minute)
		h.s.Tick(h.t.Context(), h.now)
		h.sees(1)
		h.now = begin().Add(20 * time.Hour)
		h.s.Tick(h.t.Context(), h.now)
		h.sees(0, "digest-2026-03-04 1")
	})
	start(20*time.Hour+time.Minute, func(h *house) {
		h.s.Tick(h.t.Context(), h.now)
		h.sees(0, "digest-2026-03-04 1")
		s := newSine(4)
		h.passes(10*time.Minute, func(i int) { h.sends("y", fmt.Sprintf("%.3f", s.at(i))) })
		h.passes(time.Minute, func(int) { h.sends("y", "21.123") })
		h.sees(1, "digest-2026-03-04 1")
	})
	start(4*24*time.Hour, func(h *house) {
		h.s.Tick(h.t.Context(), h.now)
		h.sees(0, "digest-2026-03-04 1", "digest-2026-03-05 1")
	})
}

// TestABudgetSurvivesARestart: who has been told today is not told again because of a restart.
func TestABudgetSurvivesARestart(t *testing.T) {
	find := func(h *house, id int64) {
		h.sends("x", "1")
		h.s.watch.topics.get("x").topic.First = begin().Add(-8 * 24 * time.Hour).UnixMilli() // its first week is over
		h.s.outgoing.change(h.t.Context(), h.s, &change{incident.Incident{
			ID: id, Type: incident.TypeTopic, Entity: "x", Kind: series.Level, Severity: incident.High, Learned: true, Occurrences: 1, Title: "x is unusual",
			OpenedAt: h.now.UnixMilli(),
		}, incident.Opened})
		h.s.Tick(h.t.Context(), h.now)
	}
	start := starter(t)
	start(0, func(h *house) {
		find(h, 1)
		h.sees(0, "alert-1-opened-1 0")
	})
	start(time.Hour, func(h *house) {
		find(h, 2)
		h.sees(1, "alert-1-opened-1 0")
	})
	start(25*time.Hour, func(h *house) { // a digest later, and a day is over
		find(h, 3)
		h.sees(0, "alert-1-opened-1 0", "alert-3-opened-1 0", "digest-2026-03-04 1")
	})
}

// TestWhatComesAndGoesIsTold has a value waver around the limit of a rule: that is told when it begins, when it is over and when it
// begins again, each under an id of its own, and then not with each message.
func TestWhatComesAndGoesIsTold(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.tells()
	h.rule(0, ranged("hot", "plant/+", 80))
	h.passes(30*time.Minute, func(i int) {
		if i%5 == 0 {
			h.sends("plant/oven", fmt.Sprint(79+2*(i/5%2)))
			h.s.Tick(t.Context(), h.now)
		}
	})
	want := []string{"alert-1-opened-1 0", "alert-1-closed-1 0", "alert-1-opened-2 0"}
	if diff := cmp.Diff(want, h.outbox()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	h.sends("plant/oven", "20")
	for _, c := range []struct {
		passes time.Duration
		status string
	}{{50 * time.Second, incident.Open}, {20 * time.Second, incident.Closed}} {
		h.passes(c.passes, nil)
		if a := h.alerts()[0]; a.Kind != "rule" || a.Status != c.status {
			t.Errorf("%s later: %q", c.passes, told(h.alerts()))
		}
	}
	if diff := cmp.Diff(append(want, "alert-1-closed-2 0"), h.outbox()); diff != "" {
		t.Errorf("in the end (-want +got)\n%s", diff)
	}
}

// TestAChannelWithValuesGetsTheWholeSentence, and one without gets none of it.
func TestAChannelWithValuesGetsTheWholeSentence(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	n, err := notify.New(notify.Options{Store: h.db, Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	var channels []notify.Channel
	for _, values := range []bool{true, false} {
		channels = append(channels, notify.Channel{
			Name: fmt.Sprint(values), Type: notify.TypeMQTT, Enabled: true, MinSeverity: notify.Low, Values: values, MQTT: &notify.MQTTSettings{Topic: "alerts"},
		})
	}
	if err := n.SetChannels(t.Context(), channels); err != nil {
		t.Fatal(err)
	}
	h.s.o.Notify = n
	h.rule(0, ranged("hot", "plant/+", 80))
	h.sends("plant/oven", "95.5")
	h.passes(time.Second, nil)
	got := h.messages()
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	if with := got[0]; with.Value == nil || *with.Value != 95.5 || !strings.Contains(with.Text, "at most 80; the last one was 95.5") {
		t.Errorf("with values: %+v", with)
	}
	if without := got[1]; without.Value != nil || strings.Contains(without.Title+without.Text, "95") || without.Text == "" {
		t.Errorf("without: %+v", without)
	}
	h.sends("plant/oven", "70")
	h.passes(time.Second, nil)
	h.sends("plant/oven", "99.5")
	h.passes(time.Second, nil)
	got = h.messages()
	if again := got[len(got)-2]; again.Event != notify.Opened || again.Value == nil || *again.Value != 99.5 || !strings.Contains(again.Text, "99.5") {
		t.Errorf("when it begins again: %+v", again)
	}
}
