package clientlogs

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store/storetest"
)

// The events of BenchmarkPages: as if from a plant with a few thousand devices over a month. One client, one user and one
// kind are rare, which is what an index is for; the others have many events each.
const (
	benchEventsVar = "BUNKERM_BENCH_EVENTS"
	benchEvents    = 200_000
	benchClients   = 5000
	benchUsers     = 200
	benchPeriod    = 30 * 24 * time.Hour
	rareEvery      = 50_000 // events to one of the rare client, of the rare user, and of the rare kind
)

// plant invents events.
type plant struct {
	r      *rand.Rand
	began  time.Time
	n      int // how many there are
	stored int // of them, by the collector's way
}

// event is the i-th.
func (p *plant) event(i int) *Event {
	device := p.r.IntN(benchClients)
	e := &Event{
		ID: int64(i) + 1, Time: p.at(float64(i) / float64(p.n)), Count: 1,
		ClientID: fmt.Sprintf("device-%d", device), Username: fmt.Sprintf("user-%d", device%benchUsers), HasUser: true,
		Address: fmt.Sprintf("10.1.%d.%d", device/250, device%250), Port: 1883, Protocol: "3.1.1",
	}
	switch dice := p.r.IntN(100); {
	case dice < 60:
		e.Kind, e.Topic, e.Size = Publish, fmt.Sprintf("plant/%d/value", device), 20
		e.Count, e.Until = 5, e.Time.Add(time.Second)
	case dice < 75:
		e.Kind, e.KeepaliveSeconds, e.CleanStart = Connect, 60, true
	case dice < 90:
		e.Kind, e.Reason = Disconnect, ClientDisconnected
	default:
		e.Kind, e.Topic = Subscribe, fmt.Sprintf("plant/%d/orders", device)
	}
	switch i % rareEvery {
	case 1:
		e.ClientID = "rare"
	case 2:
		e.Username = "rare"
	case 3:
		e.Kind, e.Reason, e.Topic, e.Raw = AuthFailure, NotAuthorized, "", "Client device disconnected, not authorised."
	}
	return e
}

// at is a moment of the period, from 0 to 1.
func (p *plant) at(part float64) time.Time {
	return p.began.Add(time.Duration(part * float64(benchPeriod))).Truncate(time.Millisecond)
}

// BenchmarkPages reads pages of 50 out of BUNKERM_BENCH_EVENTS events (200,000 when it is not set; the mark is for
// 10,000,000), each time with another client, user or time, and reports how long one takes in the middle and
// how long all but one in a hundred take. "store" is about how they came there: as the collector writes them while pages are
// read, beside copying the same rows inside the database. A page that names a client, a user, a kind or a time has a mark of 50 ms. Others are searched for 150 ms at most and
// then answered with what was found; the metric cut says which part of them was.
func BenchmarkPages(b *testing.B) {
	p := &plant{r: rand.New(rand.NewPCG(1, 2)), began: time.Now().Add(-benchPeriod), n: benchEvents}
	if text := os.Getenv(benchEventsVar); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < rareEvery {
			b.Fatalf("%s=%q: want a number of at least %d", benchEventsVar, text, rareEvery)
		}
		p.n = n
	}
	db := storetest.Open(b, Migrations()...)
	filled := p.fill(b, db)
	h := build(b, Options{Store: db})
	h.settled()
	b.Run("store", func(b *testing.B) {
		for b.Loop() { // it is done
		}
		b.ReportMetric(filled.stored, "events/s")
		b.ReportMetric(filled.bare, "events/s-bare")
		b.ReportMetric(filled.pages, "pages/s")
		b.ReportMetric(float64(db.Status().FileBytes)/1e6, "MB")
		b.ReportMetric(0, "ns/op")
	})

	client := func() string { return fmt.Sprintf("device-%d", p.r.IntN(benchClients)) }
	user := func() string { return fmt.Sprintf("user-%d", p.r.IntN(benchUsers)) }
	hour := func(f Filter) Filter {
		f.From = p.at(p.r.Float64() * 0.99)
		f.To = f.From.Add(time.Hour)
		return f
	}
	for _, page := range []struct {
		name   string
		filter func() Filter
	}{
		{"newest", func() Filter { return Filter{} }},
		{"client", func() Filter { return Filter{ClientID: client()} }},
		{"client_rare", func() Filter { return Filter{ClientID: "rare"} }},
		{"user", func() Filter { return Filter{Username: user()} }},
		{"user_rare", func() Filter { return Filter{Username: "rare"} }},
		{"event", func() Filter { return Filter{Kinds: setOf(Connect)} }},
		{"event_rare", func() Filter { return Filter{Kinds: setOf(AuthFailure)} }},
		{"event_publish", func() Filter { return Filter{Kinds: setOf(Publish)} }},
		{"time", func() Filter { return hour(Filter{}) }},
		{"client+time", func() Filter { return hour(Filter{ClientID: client()}) }},
		{"user+event+time", func() Filter { return hour(Filter{Username: user(), Kinds: setOf(Subscribe)}) }},
		{"client+event", func() Filter { return Filter{ClientID: client(), Kinds: setOf(Disconnect)} }},
		{"user+event_rare", func() Filter { return Filter{Username: user(), Kinds: setOf(AuthFailure)} }},
		{"address", func() Filter {
			device := p.r.IntN(benchClients)
			return Filter{Address: fmt.Sprintf("10.1.%d.%d", device/250, device%250)}
		}},
	} {
		b.Run(page.name, func(b *testing.B) { readPages(b, h.service, page.filter) })
	}
}

func readPages(b *testing.B, s *Service, filter func() Filter) {
	b.Helper()
	var took []time.Duration
	events, cut := 0, 0
	for b.Loop() {
		began := time.Now()
		page, err := s.List(b.Context(), filter(), "", 50)
		took = append(took, time.Since(began))
		if err != nil {
			b.Fatal(err)
		}
		events += len(page.Events)
		if !page.ScannedTo.IsZero() {
			cut++
		}
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(took[len(took)/2]), "ms/page")
	b.ReportMetric(ms(took[len(took)*99/100]), "ms/p99")
	b.ReportMetric(float64(events)/float64(len(took)), "events/page")
	b.ReportMetric(float64(cut)/float64(len(took)), "cut")
}
