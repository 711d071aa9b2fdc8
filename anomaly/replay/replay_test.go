package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/replay"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// run is the whole service with a fleet before it, whose time passes as fast as it can.
type run struct {
	fleet    *replay.Fleet
	service  *anomaly.Service
	db       *store.DB
	now      time.Time
	messages int
	took     time.Duration
}

func newRun(t testing.TB, o replay.Options) *run {
	t.Helper()
	r := &run{fleet: replay.New(o), now: replay.Start()}
	clock := func() time.Time { return r.now }
	r.db = storetest.OpenWith(t, store.Options{Migrations: slices.Concat(notify.Migrations(), anomaly.Migrations()), Clock: clock})
	var err error
	r.service, err = anomaly.New(t.Context(), anomaly.Options{
		Store: r.db, Clock: clock,
		Matches: func(filter, topic string) bool { return topicfilter.Match(filter, []byte(topic)) },
		Allowed: func(context.Context, string) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	utc := "UTC"
	if _, err := r.service.SetSettings(t.Context(), anomaly.AlertSettingsFields{TimeZone: &utc}); err != nil {
		t.Fatal(err)
	}
	return r
}

// tickEvery is how often simulated time passes for the service.
const tickEvery = 2 * time.Second

// play feeds everything.
func (r *run) play(ctx context.Context) {
	begun := time.Now()
	owned := map[string]bool{} // topics whose client the broker's log has told
	var m anomaly.Message
	one := func(yield func(*anomaly.Message) bool) { yield(&m) }
	for e := range r.fleet.Events() {
		for !r.now.Add(tickEvery).After(e.At) {
			r.now = r.now.Add(tickEvery)
			r.service.Tick(ctx, r.now)
		}
		switch e.Kind {
		case replay.Message:
			m = anomaly.Message{Topic: []byte(e.Topic), Payload: e.Payload, Size: len(e.Payload), Stored: e.Stored}
			r.service.Messages(e.At, one)
			r.messages++
			if !owned[e.Topic] {
				owned[e.Topic] = true
				r.service.Client(&anomaly.ClientEvent{At: e.At, Kind: anomaly.ClientPublished, ClientID: e.Client, Topic: e.Topic})
			}
		case replay.Connected:
			r.service.Client(&anomaly.ClientEvent{At: e.At, Kind: anomaly.ClientConnected, ClientID: e.Client, Address: "10.0.0.1"})
		case replay.Gone:
			r.service.Client(&anomaly.ClientEvent{At: e.At, Kind: anomaly.ClientGone, ClientID: e.Client, Clean: e.Clean})
		case replay.Down:
			r.service.Missed(e.At, false)
		case replay.Restarted:
			r.service.Missed(e.At, true)
		}
	}
	r.now = r.now.Add(tickEvery)
	r.service.Tick(ctx, r.now)
	r.took = time.Since(begun)
}

// incidents are all that the service has stored. The list has no moment at which they were found, what is stored does.
func (r *run) incidents(t testing.TB) []replay.Incident {
	t.Helper()
	page, err := r.service.Alerts(t.Context(), anomaly.AlertQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	var all []replay.Incident
	err = r.db.Read(t.Context(), func(ctx context.Context, q store.Queries) error {
		found, err := q.Query(ctx, "SELECT detail FROM anomaly_alerts ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var text string
			var i incident.Incident
			if err := found.Scan(&text); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &i); err != nil {
				return err
			}
			n := replay.Incident{
				Begun: time.UnixMilli(i.OpenedAt).UTC(), Found: time.UnixMilli(i.FoundAt).UTC(), Low: i.Severity < incident.Medium,
				Kind: string(i.Kind),
				Text: fmt.Sprintf("%s %s %s: %s", i.Severity, i.Kind, i.Title, i.Explanation),
			}
			for _, m := range i.Members {
				n.Entities = append(n.Entities, m.Entity)
			}
			all = append(all, n)
		}
		return found.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != page.Total {
		t.Errorf("%d incidents are stored, and the list says %d", len(all), page.Total)
	}
	return all
}

// TestASmallFleet holds that the service notices most of what goes wrong with twenty devices on the second day, and little else.
func TestASmallFleet(t *testing.T) {
	r := newRun(t, replay.Options{Devices: 20, Days: 2, Learn: 1, Faults: 8, Seed: 1})
	r.play(t.Context())
	v := r.fleet.Judge(r.incidents(t))
	if v.All.Recall() < 0.8 || len(v.False) > 10 {
		t.Errorf("recall %.2f, missed %d; for nothing %d", v.All.Recall(), len(v.Missed), len(v.False))
		tell(t, v)
	}
}

func tell(t testing.TB, v replay.Verdict) {
	for _, i := range v.Missed {
		t.Logf("missed %s", i)
	}
	for _, n := range v.False {
		t.Logf("for nothing: %s %s", n.Found.Format("Mon 2 15:04"), n.Text)
	}
}

// BenchmarkReplay is the replay of docs/anomaly.md: two hundred devices for a fortnight, with steps of so many times what is
// usual. Their lists of what was missed and of what was said for nothing come with -v.
func BenchmarkReplay(b *testing.B) {
	for _, o := range []replay.Options{{Seed: 1, Times: 3}, {Seed: 1, Times: 6}, {Seed: 1, Times: 6, Lossless: true}} {
		b.Run(fmt.Sprintf("steps of %g, lossless %t", o.Times, o.Lossless), func(b *testing.B) {
			for range b.N {
				r := newRun(b, o)
				r.play(b.Context())
				v := r.fleet.Judge(r.incidents(b))
				if err := v.Write(os.Stdout); err != nil {
					b.Fatal(err)
				}
				if testing.Verbose() {
					tell(b, v)
				}
				b.ReportMetric(v.All.Recall(), "recall")
				b.ReportMetric(v.FalsePerDay(), "false/day")
				b.ReportMetric(v.Quiet(), "silence-periods")
				b.ReportMetric(float64(r.messages)/r.took.Seconds(), "messages/s")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
