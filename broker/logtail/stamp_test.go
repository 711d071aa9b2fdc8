package logtail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

func TestTimeStamps(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, text)
		must(t, err)
		return v
	}
	tests := map[string]struct {
		time time.Time
		text string
	}{
		"1764000000: New connection: x":               {time.Unix(1764000000, 0), "New connection: x"},
		"2026-11-23T20:46:11: a":                      {at("2026-11-23T19:46:11Z"), "a"},
		"2026-11-23 20:46:11: a: b":                   {at("2026-11-23T19:46:11Z"), "a: b"},
		"2026-11-23T20:46:11Z: a":                     {at("2026-11-23T20:46:11Z"), "a"},
		"2026-11-23T20:46:11.042Z: a":                 {at("2026-11-23T20:46:11.042Z"), "a"},
		"2026-11-23T20:46:11,5: a":                    {at("2026-11-23T19:46:11.5Z"), "a"},
		"2026-11-23T20:46:11+0200: a":                 {at("2026-11-23T18:46:11Z"), "a"},
		"2026-11-23 20:46:11.123456789-03:30: a":      {at("2026-11-24T00:16:11.123456789Z"), "a"},
		"1764000000: \ta/# (QoS 0)":                   {time.Unix(1764000000, 0), "\ta/# (QoS 0)"},
		"1764000000: ":                                {time.Unix(1764000000, 0), ""},
		"New connection from 1.2.3.4:5 on port 1883.": {now, "New connection from 1.2.3.4:5 on port 1883."},
		"1764: a":                      {now, "1764: a"},
		"1764000000 : a":               {now, "1764000000 : a"},
		"123456789012: a":              {now, "123456789012: a"},
		"2026-13-23T20:46:11: a":       {now, "2026-13-23T20:46:11: a"},
		"2026-11-23T24:46:11: a":       {now, "2026-11-23T24:46:11: a"},
		"2026-11-23T20:46:11+0260: a":  {now, "2026-11-23T20:46:11+0260: a"},
		"2026-11-23T20:46:11.: a":      {now, "2026-11-23T20:46:11.: a"},
		"2026-11-23T2x:46:11: a":       {now, "2026-11-23T2x:46:11: a"},
		"Mon Nov 23 20:46:11 2026: ok": {now, "Mon Nov 23 20:46:11 2026: ok"},
	}
	for raw, want := range tests {
		var l broker.LogLine
		if ok := (&stampFormat{location: berlin}).parse([]byte(raw), now, &l); !ok || !l.Time.Equal(want.time) || string(l.Text) != want.text {
			t.Errorf("%q: %v, %v, %q; want %v, %q", raw, ok, l.Time, l.Text, want.time, want.text)
		}
	}
}

// lineTexts reads lines one after the other.
func lineTexts(lines ...string) string {
	f := &stampFormat{location: time.UTC}
	var texts []string
	for _, raw := range lines {
		var l broker.LogLine
		f.parse([]byte(raw), time.Unix(5, 0), &l)
		texts = append(texts, fmt.Sprintf("%d %s", l.Time.Unix(), l.Text))
	}
	return strings.Join(texts, "|")
}

func TestClientCannotPutAStampWhereThereAreNone(t *testing.T) {
	forged := "1764000000: x 0 Client victim disconnected."
	if got := lineTexts("New client", forged, "New client", forged, forged); strings.Contains(got, "1764000000 ") || strings.Count(got, forged) != 3 {
		t.Errorf("lines = %s", got)
	}
	// The administrator has turned stamps on.
	if got := lineTexts("a", "1764000000: b", "1764000000: c", "1764000000: d", "1764000001: e"); !strings.HasSuffix(got, "|1764000000 d|1764000001 e") {
		t.Errorf("lines = %s", got)
	}
	// And off.
	if got := lineTexts("1764000000: a", "b", "c", "d", "1764000001: e"); got != "1764000000 a|5 b|5 c|5 d|5 1764000001: e" {
		t.Errorf("lines = %s", got)
	}
}

// FuzzKeeperLine compares the fast way with the keeper's own.
func FuzzKeeperLine(f *testing.F) {
	f.Add([]byte("2026-11-23T20:46:11.042Z New connection"), []byte("2026-11-23T20:46:11.999Z x"))
	f.Add([]byte("2026-11-23T20:46:11.042Z! the broker started"), []byte("2026-11-23T20:46:11.9x9Z x"))
	f.Add([]byte("2026-11-23T20:46:11,042Z a"), []byte("2026-11-23T20:46:11,042Z! b"))
	f.Add([]byte("2026-11-23T20:46:11.042Z"), []byte(""))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		k := &keeperFormat{}
		for _, raw := range [][]byte{first, second, first} {
			var l broker.LogLine
			ok := k.parse(raw, time.Time{}, &l)
			want, wantOK := keeper.ParseLine(raw)
			if ok != wantOK || ok && (!l.Time.Equal(want.Time) || l.Own != want.Own || string(l.Text) != string(want.Text)) {
				t.Fatalf("%q: %+v, %v; want %+v, %v", raw, l, ok, want, wantOK)
			}
		}
	})
}

// FuzzStamp: the text is always the end of the line, a time is the same whether it was seen before or not, and what Go
// writes is read.
func FuzzStamp(f *testing.F) {
	f.Add([]byte("1764000000: a"), int64(1764000000))
	f.Add([]byte("2026-11-23T20:46:11.042+01:00: a: b"), int64(1))
	f.Add([]byte("2026-11-23 20:46:11,: "), int64(253402300799))
	f.Fuzz(func(t *testing.T, raw []byte, seconds int64) {
		s := &stampFormat{location: time.UTC}
		first, text, ok := s.cut(raw)
		if !strings.HasSuffix(string(raw), string(text)) || !ok && len(text) != len(raw) {
			t.Fatalf("%q: text %q", raw, text)
		}
		if again, _, okAgain := s.cut(raw); ok != okAgain || !again.Equal(first) {
			t.Fatalf("%q: %v %v, then %v %v", raw, first, ok, again, okAgain)
		}
		if len(raw) > 0 {
			var l broker.LogLine
			if !s.parse(raw, first, &l) {
				t.Fatalf("%q is no line", raw)
			}
		}
		if seconds < 0 || seconds > 253402300799 { // years of four digits
			return
		}
		at := time.Unix(seconds, 0).UTC()
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05.000Z07:00"} {
			var l broker.LogLine
			(&stampFormat{location: time.UTC}).parse([]byte(at.Format(layout)+": text: end"), time.Time{}, &l)
			if !l.Time.Equal(at) || string(l.Text) != "text: end" {
				t.Fatalf("%s: %v %q", at.Format(layout), l.Time, l.Text)
			}
		}
	})
}
