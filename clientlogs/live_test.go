package clientlogs

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestWhoAsksTooEarlyMissesNothing asks for the present position before there is one, and when nothing has ever happened.
func TestWhoAsksTooEarlyMissesNothing(t *testing.T) {
	for _, begun := range []bool{false, true} {
		s, err := New(Options{Store: storetest.Open(t, Migrations()...)})
		if err != nil {
			t.Fatal(err)
		}
		begin := func() { s.begin(lastRun{}) }
		if begun {
			begin()
		}
		_, at, changed := s.EventsAfter(0, 10)
		if !begun {
			begin()
			<-changed
			_, at, changed = s.EventsAfter(at, 10)
		}
		s.Record(Event{Time: time.Now(), Kind: Connect, ClientID: "first"})
		<-changed
		if events, _, _ := s.EventsAfter(at, 10); len(events) != 1 || events[0].ClientID != "first" {
			t.Errorf("begun %t: %+v", begun, events)
		}
	}
}

// TestAStreamThatIsOpenedTooEarlyBeginsWithWhatHappens opens one before the last run's end is known, as a page does that
// comes back the moment BunkerM listens again: it must not get all that was ever recorded.
func TestAStreamThatIsOpenedTooEarlyBeginsWithWhatHappens(t *testing.T) {
	h := build(t, Options{})
	h.settled()
	h.service.Record(Event{Time: time.Now(), Kind: Connect, ClientID: "of old"})
	h.settled()
	h.stop()

	s, err := New(Options{Store: h.db})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	Register(humago.New(mux, huma.DefaultConfig("test", "1")), s)
	server := httptest.NewServer(mux)
	defer server.Close()
	defer s.o.Streams.Close()
	l, err := listenAt(t, server.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	s.Record(Event{Time: time.Now(), Kind: Connect, ClientID: "of now"})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	if e := l.next(); e.event.Client != "of now" {
		t.Errorf("the stream begins with %+v", e.event)
	}
}
