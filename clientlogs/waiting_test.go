package clientlogs

import (
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAPublishIsListedBeforeItIsStored looks for a publish at once, which waits for the database for seconds.
func TestAPublishIsListedBeforeItIsStored(t *testing.T) {
	h := build(t, Options{})
	h.settled()
	h.service.Record(Event{Time: time.Now(), Kind: Publish, ClientID: "pump", Topic: "a/b", Size: 3})
	page := h.list(url.Values{"client_id": {"pump"}})
	if len(page.Events) != 1 || page.Events[0].Topic != "a/b" || page.Next != "" {
		t.Errorf("%+v", page)
	}
	timeline := get[TimelineAnswer](h, "/clientlogs/pump")
	if len(timeline.Events) != 1 || timeline.Client.LastSeen == nil || !timeline.Client.LastSeen.Equal(page.Events[0].Time) {
		t.Errorf("%+v", timeline)
	}
}

// TestListsAreWholeWhileEventsAreStored compares lists with all that was recorded, while the database takes over what waits.
func TestListsAreWholeWhileEventsAreStored(t *testing.T) {
	h := build(t, Options{})
	r := rand.New(rand.NewPCG(9, 10))
	all := seeded(h, r, 500)
	waited := 0
	for i := range 150 {
		for range r.IntN(40) {
			h.service.Record(anything(r, time.Now()))
		}
		items, _, _ := h.service.ring.After(all[0].ID, 100)
		for _, item := range items {
			all = slices.Insert(all, 0, item.Value)
		}
		if len(h.service.waiting()) > 0 {
			waited++
		}
		f := anyFilter(r, all)
		want, got := shown(naive(all, f)), shown(pages(t, h.service, f, []int{1000, 20, 7}[i%3]))
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%+v (-want +got):\n%s", f, cmp.Diff(want, got))
		}
	}
	if waited == 0 {
		t.Error("everything was stored at once: the test looks at nothing")
	}
}

// TestAClientsSessionsAreCountedOnceWhileTheyAreStored looks at the head of a timeline again and again.
func TestAClientsSessionsAreCountedOnceWhileTheyAreStored(t *testing.T) {
	h := build(t, Options{})
	h.settled()
	for n := range int64(300) {
		h.service.Record(Event{Time: time.Now(), Kind: Connect, ClientID: "pump", Address: "10.0.0.1"})
		c, err := h.service.Client(t.Context(), "pump")
		if err != nil {
			t.Fatal(err)
		}
		if c.Sessions != n+1 || c.Reconnects != n+1 || len(c.Addresses) != 1 {
			t.Fatalf("after %d: %+v", n+1, c)
		}
	}
}
