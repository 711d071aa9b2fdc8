package monitor

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFilters(t *testing.T) {
	for filter, ok := range map[string]bool{
		"#": true, "+": true, "/": true, "a": true, "a/#": true, "+/+": true, "a//b": true, "/#": true, "$SYS/#": true,
		"a b/ü/☃": true, "$SYS": true, "$shared/a": true, strings.Repeat("/", 200): true,
		"": false, "a#": false, "#/a": false, "a/#/b": false, "a+": false, "+a/b": false, "a/b+": false, "##": false,
		"$share/g/a": false, "$share": false, "a\x00": false, "\xff": false, "a\nb": false, "\u0085": false,
		"\ufdd0": false, "\U0001ffff": false,
		strings.Repeat("a", 65535): true, strings.Repeat("a", 65536): false, strings.Repeat("/", 201): false,
	} {
		if err := CheckFilter(filter); (err == nil) != ok {
			t.Errorf("CheckFilter(%.20q): %v", filter, err)
		}
	}
	for topic, ok := range map[string]bool{
		"a": true, "/": true, "a//b/": true, "a$b": true, "☃": true,
		"": false, "#": false, "a/+": false, "a#b": false, "$SYS/x": false, "$": false, "a\x00": false, "a\tb": false,
	} {
		if err := CheckTopic(topic); (err == nil) != ok {
			t.Errorf("CheckTopic(%q): %v", topic, err)
		}
	}
}

// matching is MQTT 5.0, 4.7, with the examples of the standard.
func TestMatching(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"sport/tennis/player1/#", "sport/tennis/player1", true},
		{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
		{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
		{"sport/tennis/player1/#", "sport/tennis/player10", false},
		{"sport/#", "sport", true},
		{"sport/tennis/+", "sport/tennis/player1", true},
		{"sport/tennis/+", "sport/tennis/player1/ranking", false},
		{"sport/+", "sport", false},
		{"sport/+", "sport/", true},
		{"+/+", "/finance", true},
		{"/+", "/finance", true},
		{"+", "/finance", false},
		{"#", "$SYS/broker", false},
		{"+/broker", "$SYS/broker", false},
		{"$SYS/#", "$SYS/broker", true},
		{"$SYS/#", "$SYS", true},
		{"#", "a$", true},
		{"a/b", "a/b/", false},
		{"a/b/", "a/b", false},
		{"+/#", "a", true},
		{"a", "", false},
		{"#", "", false},
	} {
		if got := matches(c.filter, c.topic); got != c.want {
			t.Errorf("%s matches %s: %v", c.filter, c.topic, got)
		}
		if got := matches(c.filter, []byte(c.topic)); got != c.want {
			t.Errorf("%s matches the bytes %s: %v", c.filter, c.topic, got)
		}
	}
}

func TestCovering(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"#", "#", true}, {"#", "a/+/b", true}, {"#", "$SYS/#", false}, {"+/#", "a/b", true}, {"a/#", "a", true},
		{"a/#", "a/#", true}, {"a/#", "#", false}, {"a/+", "a/+", true}, {"a/+", "a/#", false}, {"a/b", "a/+", false},
		{"a/+/c", "a/b/c", true}, {"a/b", "a/b/c", false}, {"a/b/c", "a/b", false}, {"$SYS/#", "$SYS/broker/+", true},
		{"+", "$SYS", false}, {"a/b/#", "a/b", true}, {"a/+", "a", false},
	} {
		if got := covers(c.wide, c.narrow); got != c.want {
			t.Errorf("%s covers %s: %v", c.wide, c.narrow, got)
		}
	}
}

// plainly is matching as the standard tells it, on split levels and by recursion.
func plainly(filter, topic []string) bool {
	switch {
	case len(filter) == 0:
		return len(topic) == 0
	case filter[0] == "#":
		return true
	case len(topic) == 0:
		return false
	case filter[0] != "+" && filter[0] != topic[0]:
		return false
	case len(topic) == 1 && len(filter) == 2 && filter[1] == "#":
		return true
	}
	return plainly(filter[1:], topic[1:])
}

func FuzzMatching(f *testing.F) {
	f.Add("a/+/#", "a/b/c", "a/#")
	f.Add("#", "$SYS/x", "+/+")
	f.Add("+//", "///", "/#")
	f.Fuzz(func(t *testing.T, filter, topic, other string) {
		if CheckFilter(filter) != nil || topic == "" || strings.ContainsAny(topic, "+#") {
			return
		}
		want := plainly(strings.Split(filter, "/"), strings.Split(topic, "/"))
		if topic[0] == '$' && (filter[0] == '+' || filter[0] == '#') {
			want = false
		}
		if got := matches(filter, topic); got != want {
			t.Errorf("%q matches %q: %v, want %v", filter, topic, got, want)
		}
		if got := matches(filter, []byte(topic)); got != want {
			t.Errorf("%q matches the bytes of %q: %v, want %v", filter, topic, got, want)
		}
		// What a wide filter covers, it also matches.
		if CheckFilter(other) == nil && covers(filter, other) && matches(other, topic) && !want {
			t.Errorf("%q covers %q and does not match %q", filter, other, topic)
		}
	})
}

func FuzzFinding(f *testing.F) {
	f.Add("Straße", "STRASSE/straße")
	f.Add("K", "\u212a")
	f.Fuzz(func(t *testing.T, q, text string) {
		if !utf8.ValidString(q) {
			return // the gateway lets no such query through
		}
		if find := newFinder(q); !find.in(q) || !find.in(text+q) || !find.in(q+text) {
			t.Errorf("%q is not found in itself, or beside %q", q, text)
		}
	})
}

func TestFinding(t *testing.T) {
	for _, c := range []struct {
		q, text string
		want    bool
	}{
		{"", "", true}, {"a", "", false}, {"KÜCHE", "haus/küche/licht", true}, {"k", "\u212aelvin", true},
		{"\u212a", "k", true}, {"b/c", "a/B/C/d", true}, {"bc", "b/c", false}, {"ab", "aab", true}, {"ſ", "S", true},
	} {
		if got := newFinder(c.q).in(c.text); got != c.want {
			t.Errorf("%q in %q: %v", c.q, c.text, got)
		}
	}
}
