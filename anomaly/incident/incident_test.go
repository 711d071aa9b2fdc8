package incident

import (
	"math"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/series"
)

const minute = int64(60_000)

func newBook() *Book {
	return NewBook(0, 0, nil, Words{Location: func() *time.Location { return time.UTC }})
}

// level is a report about a number of a topic.
func level(topic, field string, at int64, margin float64) *Report {
	return &Report{
		Finding: series.Finding{Kind: series.Level, Field: field, At: at, Since: at, Score: 5 + margin, Threshold: 5, Value: 9, Expected: 1, Low: 0, High: 2},
		Subject: Subject{Type: TypeTopic, Entity: topic}, Class: Values, GapMs: 10_000, Learned: true, Rule: "level",
	}
}

func TestAnIncidentIsOpenedExtendedRaisedClosedAndOpenedAgain(t *testing.T) {
	b := newBook()
	if got := b.Report(level("a/x", "", 0, -0.5)); got.What != Nothing {
		t.Fatalf("below the threshold: %v", got.What)
	}
	first := b.Report(level("a/x", "", 1*minute, 0.1))
	if first.What != Opened || first.Incident.Severity != Medium {
		t.Fatalf("%v, %v", first.What, first.Incident)
	}
	if got := b.Report(level("a/x", "", 2*minute, -1)); got.What != Extended || got.Incident.Occurrences != 2 {
		t.Errorf("a weaker one: %v", got.What)
	}
	if got := b.Report(level("a/x", "", 3*minute, 2.5)); got.What != Raised || got.Incident.Severity != Critical {
		t.Errorf("a stronger one: %v", got.What)
	}
	if ended := b.Tick(12 * minute); len(ended) != 0 {
		t.Error("over after nine minutes of values every ten seconds")
	}
	if ended := b.Tick(13*minute + 1); len(ended) != 1 || ended[0].Status != Closed {
		t.Fatalf("not over after ten: %v", ended)
	}
	if got := b.Report(level("a/x", "", 20*minute, 0.1)); got.What != Reopened || got.Incident.ID != first.Incident.ID {
		t.Errorf("a moment later: %v", got.What)
	}
	b.Tick(60 * minute)
	if got := b.Report(level("a/x", "", 120*minute, 0.1)); got.What != Opened || got.Incident.ID == first.Incident.ID {
		t.Errorf("much later: %v", got.What)
	}
}

func TestWhatBelongsTogether(t *testing.T) {
	for name, c := range map[string]struct {
		a, b *Report
		one  bool
	}{
		"fields of a topic":                {level("a/x", "f", 0, 1), level("a/x", "g", 30*minute/60, 1), true},
		"the same field beside":            {level("a/x", "f", 0, 1), level("a/y", "f", minute, 1), true},
		"another field beside":             {level("a/x", "f", 0, 1), level("a/y", "g", minute, 1), false},
		"the same field elsewhere":         {level("a/x", "f", 0, 1), level("b/y", "f", minute, 1), false},
		"the same field beside, but later": {level("a/x", "f", 0, 1), level("a/y", "f", 5*minute, 1), false},
	} {
		b := newBook()
		first := b.Report(c.a)
		second := b.Report(c.b)
		if one := first.Incident == second.Incident; one != c.one {
			t.Errorf("%s: one incident is %v", name, one)
		}
	}
}

func TestWhatLastsEndsWhenItIsOver(t *testing.T) {
	b := newBook()
	silent := func(topic string, at int64, over bool) *Report {
		return &Report{
			Finding: series.Finding{Kind: series.Silence, At: at, Since: at, Score: 6, Threshold: 5, Over: over},
			Subject: Subject{Type: TypeTopic, Entity: topic}, Class: Quiet, GapMs: 1000, Learned: true, Rule: "silence",
		}
	}
	b.Report(silent("hall/1", 0, false))
	b.Report(silent("hall/2", minute, false))
	got := b.Report(silent("hall/3", minute, false))
	if got.Incident.Title != "3 topics below hall/ are silent" || got.Incident.Severity != Critical {
		t.Errorf("%q, %v", got.Incident.Title, got.Incident.Severity)
	}
	b.Tick(1000 * minute)
	if got.Incident.Status != Open {
		t.Error("over although all are silent")
	}
	b.Report(silent("hall/1", 1001*minute, true))
	b.Report(silent("hall/2", 1001*minute, true))
	if got := b.Report(silent("hall/3", 1001*minute, true)); got.What != Ended {
		t.Errorf("when the last came back: %v", got.What)
	}
}

func TestTooManyAreCounted(t *testing.T) {
	b := newBook()
	for i := range 3000 {
		b.Report(level(string(rune('a'+i%26))+time.Duration(i).String()+"/x", time.Duration(i).String(), int64(i)*10*minute, 1))
	}
	if len(b.All()) != mostOpen || b.Refused != 1000 {
		t.Errorf("%d open, %d refused", len(b.All()), b.Refused)
	}
	if len(b.Changed()) != mostOpen || len(b.Changed()) != 0 {
		t.Error("changes are told twice, or not at all")
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 21.5: "21.5", 20.3456: "20.35", 0.012344: "0.01234", 123456.7: "123457", 1e12: "1e+12", -3.99999: "-4", math.NaN(): "unknown",
	} {
		if got := Number(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
	for x, want := range map[float64]string{0.5: "0.5 s", 9.7: "9.7 s", 75: "1 min 15 s", 3600: "1 h", 90000: "1 d 1 h", 1e12: "a long time"} {
		if got := Seconds(x); got != want {
			t.Errorf("%v s is %q, want %q", x, got, want)
		}
	}
}
