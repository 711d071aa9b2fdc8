package clientlogs

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// TestTimesAreTakenToTheMillisecond asks with times between two milliseconds, of events that have whole ones.
func TestTimesAreTakenToTheMillisecond(t *testing.T) {
	h := build(t, Options{})
	h.settled()
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	h.service.Record(Event{Time: at, Kind: Connect, ClientID: "pump"})
	inBoth := func(query url.Values, want int) {
		t.Helper()
		if got := h.list(query).Events; len(got) != want { // from what waits, unless that was quick
			t.Errorf("%v: %v", query, got)
		}
		h.settled()
		if got := h.list(query).Events; len(got) != want {
			t.Errorf("%v, when it is stored: %v", query, got)
		}
	}
	later := at.Add(time.Microsecond).Format(time.RFC3339Nano)
	inBoth(url.Values{"from": {later}}, 0)
	inBoth(url.Values{"to": {later}}, 1)
	inBoth(url.Values{"from": {at.Format(time.RFC3339Nano)}, "to": {later}}, 1)
	inBoth(url.Values{"to": {at.Format(time.RFC3339Nano)}}, 0)
}

func TestWhatNoListCanAnswer(t *testing.T) {
	h := build(t, Options{})
	for _, query := range []string{"from=x", "to=-5m", "from=1h&to=2h", "event=nothing", "cursor=x", "limit=0"} {
		if status, body := h.call("/clientlogs?" + query); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}
