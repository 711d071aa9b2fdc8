package audit

import (
	"fmt"
	"testing"
	"time"
)

func TestFiltersAndPages(t *testing.T) {
	h := openHouse(t, "", "")
	h.add(5)
	h.Add(t.Context(), Entry{Actor: "Ämy", Via: "key", Action: "role.delete", Object: "role/x_y%z"})
	h.advance(time.Hour)
	h.Add(t.Context(), Entry{Actor: "jo", Via: "session", Action: "client.delete", Object: "client/1"}.With(map[string]string{"textname": "pump"}, nil))
	for name, c := range map[string]struct {
		f Filter
		n int
	}{
		"all": {Filter{}, 7}, "actor": {Filter{Actor: "jo"}, 6}, "action": {Filter{Action: "client.*"}, 6}, "one action": {Filter{Action: "client.delete"}, 1},
		"object": {Filter{Object: "role/x_*"}, 1}, "no pattern": {Filter{Object: "role/x?y*"}, 0}, "via": {Filter{Via: "key"}, 1}, "q": {Filter{Q: "äMY"}, 1},
		"q in views": {Filter{Q: "PUMP"}, 1}, "together": {Filter{Actor: "jo", Q: "pump"}, 1}, "from": {Filter{From: h.clock()}, 1}, "to": {Filter{To: h.clock()}, 6},
		"injection": {Filter{Actor: "' OR 1=1 --"}, 0},
	} {
		if got := h.list(c.f); len(got) != c.n {
			t.Errorf("%s: %d entries, want %d", name, len(got), c.n)
		}
	}
	// Pages neither repeat nor miss while new entries come.
	var seen []int64
	for before := int64(0); ; {
		page, more, err := h.Entries(t.Context(), Filter{}, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			seen = append(seen, e.ID)
			before = e.ID
		}
		if !more {
			break
		}
		h.add(1)
	}
	if fmt.Sprint(seen) != "[7 6 5 4 3 2 1]" {
		t.Errorf("pages have %v", seen)
	}
}
