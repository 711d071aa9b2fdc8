package audit

import (
	"fmt"
	"testing"
	"time"
)

func TestRefusalsAreCountedTogether(t *testing.T) {
	h := openHouse(t, "", "")
	refusal := Entry{Actor: "vi", Via: "session", Address: "192.0.2.1", Action: "permission.dynsec:write", Object: "POST /dynsec/clients"}
	for range 100 {
		h.AddRefusal(refusal)
	}
	other := refusal
	other.Address = "192.0.2.2"
	h.AddRefusal(other)
	h.add(1) // is behind them
	if got := h.list(Filter{Outcome: "refused"}); len(got) != 2 || got[0].Count != 1 || got[1].Count != 1 {
		t.Fatalf("%+v", got)
	}
	h.advance(time.Minute)
	h.stop()
	got := h.list(Filter{Outcome: "refused"})
	if len(got) != 3 || got[0].Count != 99 || got[0].Address != "192.0.2.1" {
		t.Fatalf("%+v", got)
	}
}

func TestAGuesserCannotFillTheRecord(t *testing.T) {
	h := openHouse(t, "", "")
	for i := range 20_000 {
		h.AddRefusal(Entry{Action: "auth.sign_in_refused", Via: "session", Object: fmt.Sprintf("user/%d", i)})
	}
	h.stop()
	n, count := 0, 0
	for _, e := range h.list(Filter{}) {
		n++
		count += e.Count
	}
	if n > mostFolds+2 || count != 20_000 {
		t.Errorf("%d entries stand for %d refusals", n, count)
	}
}
