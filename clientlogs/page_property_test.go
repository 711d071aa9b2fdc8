package clientlogs

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// anything is an event as nobody expects it: every field that its kind may have, hostile names, and times that step.
func anything(r *rand.Rand, at time.Time) Event {
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	e := Event{
		Time: at, Kind: Kind(1 + r.IntN(int(Recording))), Count: 1, Certainty: Certainty(r.IntN(2)), Own: r.IntN(5) == 0,
		ClientID: pick("", "a", "A", "pump / 7", "x disconnected.", "ключ", "'; DROP TABLE events; --", fmt.Sprint("device-", r.IntN(40))),
		Username: pick("", "a", "o'neil", fmt.Sprint("user-", r.IntN(10))), HasUser: r.IntN(2) == 0,
		Address: pick("", "127.0.0.1", "::ffff:10.0.0.1", "/run/broker.sock"), Port: r.IntN(65536),
		Protocol: pick("", "3.1", "3.1.1", "5.0"), KeepaliveSeconds: r.IntN(100), CleanStart: r.IntN(2) == 0, Bridge: r.IntN(9) == 0,
		Reason: Reason(pick("", string(Kicked), string(DeniedPublish), "a reason of tomorrow")),
		Topic:  pick("", "a/b", "a/+/#", fmt.Sprint("t/", r.IntN(30))), QoS: uint8(r.IntN(3)), GrantedQoS: uint8(r.IntN(3)),
		Retain: r.IntN(2) == 0, Size: r.Int64N(1 << 30), Raw: pick("", "the broker's own words"),
	}
	if e.Username != "" {
		e.HasUser = true
	}
	if r.IntN(3) == 0 {
		e.Count = 2 + r.IntN(1000)
		e.Until = at.Add(time.Duration(r.IntN(1000)) * time.Millisecond)
	}
	return e
}

// seeded records n events and returns them with their ids, the newest first.
func seeded(h *house, r *rand.Rand, n int) []*Event {
	h.t.Helper()
	h.settled() // what is recorded before the beginning is bounded
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for range n {
		switch step := r.IntN(1000); {
		case step == 0:
			at = at.Add(-3 * time.Hour) // somebody sets the clock
		case step < 5:
			at = at.Add(2 * time.Hour)
		default:
			at = at.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		}
		h.service.Record(anything(r, at))
	}
	h.settled()
	items, gap, _ := h.service.ring.After(0, n)
	if gap || len(items) != n {
		h.t.Fatalf("%d of %d events are in memory", len(items), n)
	}
	events := make([]*Event, n)
	for i, item := range items {
		events[n-1-i] = item.Value
	}
	return events
}

// anyFilter is a filter that lets through some of the events.
func anyFilter(r *rand.Rand, events []*Event) Filter {
	some := func() *Event { return events[r.IntN(len(events))] }
	var f Filter
	if r.IntN(3) == 0 {
		f.ClientID = some().ClientID
	}
	if r.IntN(3) == 0 {
		f.Username = some().Username
	}
	if r.IntN(5) == 0 {
		f.Address = some().Address
	}
	if r.IntN(10) == 0 {
		f.ClientID = "nobody"
	}
	for range r.IntN(4) {
		f.Kinds |= setOf(some().Kind)
	}
	if r.IntN(3) == 0 {
		f.From = some().Time
	}
	if r.IntN(3) == 0 {
		f.To = some().Time
	}
	f.Own = r.IntN(3) == 0
	return f
}

// naive is what a filter lets through, found by looking at everything.
func naive(events []*Event, f Filter) []Event {
	var found []Event
	for _, e := range events {
		switch {
		case f.ClientID != "" && e.ClientID != f.ClientID, f.Username != "" && e.Username != f.Username,
			f.Address != "" && e.Address != f.Address, e.Own && !f.Own,
			!f.From.IsZero() && e.Time.Before(f.From), !f.To.IsZero() && !e.Time.Before(f.To),
			f.Kinds != 0 && !slices.Contains(f.Kinds.kinds(), e.Kind):
		default:
			found = append(found, *e)
		}
	}
	return found
}

// pages reads a list to its end.
func pages(t *testing.T, s *Service, f Filter, limit int) []Event {
	t.Helper()
	var found []Event
	for cursor := ""; ; {
		page, err := s.List(t.Context(), f, cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Events) > limit {
			t.Fatalf("a page of %d events, asked for %d", len(page.Events), limit)
		}
		if page.Next != "" && len(page.Events) < limit && page.ScannedTo.IsZero() {
			t.Fatalf("a page of %d of %d events goes on and does not say why", len(page.Events), limit)
		}
		found = append(found, page.Events...)
		if page.Next == "" {
			return found
		}
		if page.Next == cursor {
			t.Fatalf("the page behind %q begins where it began", cursor)
		}
		cursor = page.Next
	}
}

// TestEveryFilterFindsWhatItLetsThrough compares lists with what looking at everything finds, with all that is told of
// each event.
func TestEveryFilterFindsWhatItLetsThrough(t *testing.T) {
	h := build(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	events := seeded(h, r, 12_000)
	empty := 0
	const filters = 150
	for i := range filters {
		f := anyFilter(r, events)
		want := naive(events, f)
		if len(want) == 0 {
			empty++
		}
		got := pages(t, h.service, f, []int{1000, 333, 50, max(1, len(want))}[i%4])
		if want, got := shown(want), shown(got); !reflect.DeepEqual(want, got) { // much faster than a diff
			t.Fatalf("%+v (-want +got):\n%s", f, cmp.Diff(want, got))
		}
	}
	if empty > filters/2 {
		t.Errorf("%d of %d filters let nothing through: the test looks at too little", empty, filters)
	}
}

// shown is events as answers show them: of what does not apply to a kind, nothing.
func shown(events []Event) []EventAnswer { return answersOf(events) }

// TestPagesStayWhileEventsArrive reads a list to its end while others write: nothing that was there at the beginning is
// missing or comes twice, and nothing newer comes in between.
func TestPagesStayWhileEventsArrive(t *testing.T) {
	h := build(t, Options{})
	r := rand.New(rand.NewPCG(3, 4))
	events := seeded(h, r, 3000)
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		r := rand.New(rand.NewPCG(5, 6))
		for range 20_000 {
			select {
			case <-stop:
				return
			default:
				h.service.Record(anything(r, time.Now()))
			}
		}
	})
	for range 20 {
		f := anyFilter(r, events)
		f.To = time.Time{}
		var older []int64
		for _, e := range pages(t, h.service, f, 40) {
			if e.ID <= events[0].ID {
				older = append(older, e.ID)
			}
		}
		var want []int64
		for _, e := range naive(events, f) {
			want = append(want, e.ID)
		}
		if diff := cmp.Diff(want, older); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", f, diff)
		}
	}
	close(stop)
	writing.Wait()
}

// TestASearchThatTakesTooLongGoesOn gives each page no time at all: each has to come further all the same, and together
// they find everything.
func TestASearchThatTakesTooLongGoesOn(t *testing.T) {
	h := build(t, Options{})
	h.service.scanTime = 0
	r := rand.New(rand.NewPCG(7, 8))
	events := seeded(h, r, 5000)
	for _, f := range []Filter{
		{}, {Address: "127.0.0.1"}, {Kinds: setOf(Connect, Denied, Control, Publish)}, {ClientID: "a", Kinds: setOf(Expired)},
		{Username: "o'neil", From: events[2500].Time},
	} {
		if diff := cmp.Diff(shown(naive(events, f)), shown(pages(t, h.service, f, 100))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", f, diff)
		}
	}
}
