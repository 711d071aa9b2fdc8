package replay_test

import (
	"hash/fnv"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/replay"
)

// sum is a fingerprint of all traffic, and how much it is.
func sum(t *testing.T, seed uint64) (fingerprint uint64, messages int) {
	t.Helper()
	h := fnv.New64a()
	last := replay.Start()
	for e := range replay.New(replay.Options{Devices: 20, Days: 3, Learn: 1, Seed: seed}).Events() {
		if e.At.Before(last) {
			t.Fatalf("%v comes after %v", e.At, last)
		}
		last = e.At
		_, _ = io.WriteString(h, e.At.String()+e.Client+e.Topic)
		_, _ = h.Write(e.Payload)
		if e.Kind == replay.Message {
			messages++
		}
	}
	if last.Before(replay.Start().Add(3*24*time.Hour - time.Minute)) {
		t.Errorf("it ends at %v", last)
	}
	return h.Sum64(), messages
}

func TestTheSameSeedIsTheSameTraffic(t *testing.T) {
	first, messages := sum(t, 1)
	if again, _ := sum(t, 1); again != first {
		t.Error("the same seed made other traffic")
	}
	if other, _ := sum(t, 2); other == first {
		t.Error("another seed made the same traffic")
	}
	if messages < 60_000 {
		t.Errorf("only %d messages", messages)
	}
}

func TestEverythingGoesWrongSomewhere(t *testing.T) {
	f := replay.New(replay.Options{Seed: 1})
	n, begins := map[replay.Kind]int{}, map[string][]time.Time{}
	for _, i := range f.Injections {
		n[i.Kind]++
		from, until := i.Span()
		for _, at := range begins[i.Device] {
			if from.Sub(at) < 24*time.Hour {
				t.Errorf("%s is within a day of another one", i)
			}
		}
		begins[i.Device] = append(begins[i.Device], until)
	}
	for _, k := range replay.Kinds() {
		if n[k] != 10 {
			t.Errorf("%s: %d", k, n[k])
		}
	}
}

// TestJudging has one injection noticed in time, one only when it was over, and an alarm about something else.
func TestJudging(t *testing.T) {
	f := replay.New(replay.Options{Faults: 4, Seed: 1})
	from, _ := f.Injections[0].Span()
	_, until := f.Injections[1].Span()
	v := f.Judge([]replay.Incident{
		{Found: from.Add(time.Minute), Entities: []string{f.Injections[0].Device}},
		{Found: from.Add(2 * time.Minute), Entities: []string{f.Injections[0].Device}},
		{Found: until.Add(time.Minute), Entities: []string{"nothing", f.Injections[1].Device}},
		{Found: until.Add(time.Minute), Entities: []string{f.Injections[2].Device + "x"}, Kind: "level"},
		{Found: until.Add(time.Minute), Entities: []string{"nothing"}, Low: true},
	})
	if v.All.All != 4 || v.All.Hits != 2 || v.All.AtItsEnd != 1 || len(v.Missed) != 2 || len(v.False) != 1 || v.Low != 1 {
		t.Errorf("%+v", v)
	}
	var text strings.Builder
	if err := v.Write(&text); err != nil || !strings.Contains(text.String(), "For nothing: 1 incidents in 14 days, 0.07 a day; low ones 1") {
		t.Errorf("%v\n%s", err, text.String())
	}
}
