package observe

import (
	"slices"
	"strings"
	"testing"
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
		if whyInvalid(f) == "" {
			filters = append(filters, f)
		}
	}
	for _, topic := range combine("a", "b", "", "$S") {
		topics = append(topics, topic, topic+"/c")
	}
	matched := make(map[string][]bool)
	for _, f := range filters {
		for _, topic := range topics {
			matched[f] = append(matched[f], matches(f, topic))
		}
	}
	for _, f := range filters {
		for _, g := range filters {
			both, all := false, true
			for i := range topics {
				both = both || (matched[f][i] && matched[g][i])
				all = all && (matched[f][i] || !matched[g][i])
			}
			if got := overlap(f, g); got != both {
				t.Errorf("overlap(%q, %q) = %t", f, g, got)
			}
			if covers(f, g) && !all {
				t.Errorf("%q does not cover %q", f, g)
			}
			if covers(f, g) && covers(g, f) && f != g {
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
		{"A", "a", false},
	} {
		if got := matches(c.filter, c.topic); got != c.want {
			t.Errorf("matches(%q, %q) = %t", c.filter, c.topic, got)
		}
		if got := matches(c.filter, []byte(c.topic)); got != c.want {
			t.Errorf("with bytes, matches(%q, %q) = %t", c.filter, c.topic, got)
		}
	}
}

func TestWhatIsNoFilter(t *testing.T) {
	for _, filter := range []string{"#", "+", "a", "/", "//", "a/+/b/#", "$SYS/#", "ä/\u00a0", strings.Repeat("a", 65535), strings.Repeat("/", 200)} {
		if why := whyInvalid(filter); why != "" {
			t.Errorf("%.20q %s", filter, why)
		}
	}
	for _, filter := range []string{"", "a#", "#/a", "a+", "+a/b", "a/#/b", "a\x00", "\xff", strings.Repeat("a", 65536),
		strings.Repeat("/", 201), "$share/group/#"} {
		if whyInvalid(filter) == "" {
			t.Errorf("%.20q passes", filter)
		}
	}
}
