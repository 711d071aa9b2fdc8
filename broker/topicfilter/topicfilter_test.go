package topicfilter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// combine returns every way of putting up to three of the levels together.
func combine(levels ...string) []string {
	all := slices.Clone(levels)
	for _, a := range levels {
		for _, b := range levels {
			all = append(all, a+"/"+b)
			for _, c := range levels {
				all = append(all, a+"/"+b+"/"+c)
			}
		}
	}
	return all
}

// TestFiltersAreComparedAsTheirTopicsAre looks at all small filters and topics: what two filters have in common is what
// some topic says that both match. Topics have a level more than the filters, for #.
func TestFiltersAreComparedAsTheirTopicsAre(t *testing.T) {
	var filters, topics []string
	for _, f := range combine("a", "b", "", "+", "#", "$S") {
		if !strings.Contains(f, "#/") { // a # is the last level
			filters = append(filters, f)
		}
	}
	for _, topic := range combine("a", "b", "", "$S") {
		topics = append(topics, topic, topic+"/c")
	}
	matched := make(map[string][]bool)
	for _, f := range filters {
		for _, topic := range topics {
			matched[f] = append(matched[f], topicfilter.Match(f, topic))
		}
	}
	for _, f := range filters {
		for _, g := range filters {
			both, all := false, true
			for i := range topics {
				both = both || (matched[f][i] && matched[g][i])
				all = all && (matched[f][i] || !matched[g][i])
			}
			if got := topicfilter.Overlap(f, g); got != both {
				t.Errorf("Overlap(%q, %q) = %t", f, g, got)
			}
			if topicfilter.Covers(f, g) && !all {
				t.Errorf("%q does not cover %q", f, g)
			}
			if topicfilter.Covers(f, g) && topicfilter.Covers(g, f) && f != g {
				t.Errorf("%q and %q cover each other: neither would be sent", f, g)
			}
		}
	}
}

func TestFiltersMatchAsTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"sport/tennis/player1/#", "sport/tennis/player1", true},
		{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
		{"sport/#", "sport", true},
		{"#", "sport/tennis", true},
		{"sport/tennis/+", "sport/tennis/player1/ranking", false},
		{"sport/+", "sport", false},
		{"sport/+", "sport/", true},
		{"+/+", "/finance", true},
		{"/+", "/finance", true},
		{"+", "/finance", false},
		{"#", "$SYS/broker/uptime", false},
		{"+/monitor/Clients", "$SYS/monitor/Clients", false},
		{"$SYS/#", "$SYS/broker/uptime", true},
		{"$SYS/monitor/+", "$SYS/monitor/Clients", true},
		{"a/$b/#", "a/$b", true},
		{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
		{"sport/tennis/player1/#", "sport/tennis/player10", false},
		{"sport/tennis/+", "sport/tennis/player1", true},
		{"#", "$SYS/broker", false},
		{"+/broker", "$SYS/broker", false},
		{"$SYS/#", "$SYS/broker", true},
		{"$SYS/#", "$SYS", true},
		{"#", "a$", true},
		{"a/b", "a/b/", false},
		{"a/b/", "a/b", false},
		{"+/#", "a", true},
		{"A", "a", false},
	} {
		if got := topicfilter.Match(c.filter, c.topic); got != c.want {
			t.Errorf("Match(%q, %q) = %t", c.filter, c.topic, got)
		}
		if got := topicfilter.Match(c.filter, []byte(c.topic)); got != c.want {
			t.Errorf("with bytes, Match(%q, %q) = %t", c.filter, c.topic, got)
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
		if got := topicfilter.Covers(c.wide, c.narrow); got != c.want {
			t.Errorf("%s covers %s: %v", c.wide, c.narrow, got)
		}
	}
}

// valid tells the filters that MQTT allows (4.7.1).
func valid(filter string) bool {
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if strings.Contains(level, "#") && (level != "#" || i != len(levels)-1) || strings.Contains(level, "+") && level != "+" {
			return false
		}
	}
	return filter != ""
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
		if !valid(filter) || topic == "" || strings.ContainsAny(topic, "+#") {
			return
		}
		want := plainly(strings.Split(filter, "/"), strings.Split(topic, "/"))
		if topic[0] == '$' && (filter[0] == '+' || filter[0] == '#') {
			want = false
		}
		if got := topicfilter.Match(filter, topic); got != want {
			t.Errorf("%q matches %q: %v, want %v", filter, topic, got, want)
		}
		if got := topicfilter.Match(filter, []byte(topic)); got != want {
			t.Errorf("%q matches the bytes of %q: %v, want %v", filter, topic, got, want)
		}
		// What a wide filter covers, it also matches.
		if valid(other) && topicfilter.Covers(filter, other) && topicfilter.Match(other, topic) && !want {
			t.Errorf("%q covers %q and does not match %q", filter, other, topic)
		}
	})
}
