package query_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/query"
)

func TestSearchFoldsEveryLetter(t *testing.T) {
	for _, c := range []struct {
		q, text string
		found   bool
	}{
		{"", "", true}, {"", "x", true}, {"x", "", false}, {"ABC", "xxabcxx", true}, {"abc", "xxABCxx", true}, {"abcd", "abc", false},
		{"ÄRGER", "der ärger", true}, {"σ", "ΟΔΟΣ", true}, {"ς", "ΟΔΟΣ", true}, {"k", "300 \u212a", true}, {"\u212a", "K", true}, {"ſ", "S", true},
		{"aab", "aaab", true}, {"🦊", "a 🦊 b", true}, {"\ufffd", "a\xffb", true},
		{"a", "", false}, {"KÜCHE", "haus/küche/licht", true}, {"k", "\u212aelvin", true}, {"\u212a", "k", true}, {"b/c", "a/B/C/d", true}, {"bc", "b/c", false}, {"ab", "aab", true},
	} {
		if got := query.NewFinder(c.q).In(c.text); got != c.found {
			t.Errorf("searching %q in %q: %v", c.q, c.text, got)
		}
	}
}

func FuzzFinding(f *testing.F) {
	f.Add("Straße", "STRASSE/straße")
	f.Add("K", "\u212a")
	f.Fuzz(func(t *testing.T, q, text string) {
		if !utf8.ValidString(q) {
			return // the gateway lets no such query through
		}
		if find := query.NewFinder(q); !find.In(q) || !find.In(text+q) || !find.In(q+text) {
			t.Errorf("%q is not found in itself, or beside %q", q, text)
		}
	})
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"15m": 15 * time.Minute, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "0s": 0, "1h30m": 90 * time.Minute,
	} {
		if got, ok := query.Duration(text); !ok || got != want {
			t.Errorf("%s: %v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "7", "-5m", "1y", "99999999999d", "2026-11-25"} {
		if got, ok := query.Duration(text); ok {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"15m": now.Add(-15 * time.Minute), "7d": now.AddDate(0, 0, -7),
		"2026-11-23T20:46:11Z":        time.Date(2026, 11, 23, 20, 46, 11, 0, time.UTC),
		"2026-11-23T21:46:11.5+01:00": time.Date(2026, 11, 23, 20, 46, 11, 5e8, time.UTC),
	} {
		if got, ok := query.Moment(text, now); !ok || !got.Equal(want) {
			t.Errorf("%s: %v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-11-23", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "-15m"} {
		if got, ok := query.Moment(text, now); ok {
			t.Errorf("%s is %v", text, got)
		}
	}
}
