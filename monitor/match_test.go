package monitor

import (
	"strings"
	"testing"
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

// TestNoTopicIsUnderAnyFilter: a topic has at least one character (MQTT 5.0, 4.7.3).
func TestNoTopicIsUnderAnyFilter(t *testing.T) {
	for _, filter := range []string{"a", "#"} {
		if matchesAny([]string{filter}, "") || matchesAny([]string{filter}, []byte{}) {
			t.Errorf("%s matches the empty topic", filter)
		}
	}
}
