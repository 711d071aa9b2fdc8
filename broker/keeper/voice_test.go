package keeper

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heardLines feeds the pieces to a voice and returns it with the lines that it hands on.
func heardLines(pieces ...string) (*voice, []string) {
	var lines []string
	v := newVoice(func(_ time.Time, text []byte) { lines = append(lines, string(text)) })
	for _, p := range pieces {
		v.hear([]byte(p))
	}
	v.end()
	return v, lines
}

func TestVoiceSplitsLines(t *testing.T) {
	long := strings.Repeat("x", maxLineBytes)
	for name, tc := range map[string]struct{ pieces, want []string }{
		"whole":            {[]string{"a\nb\n"}, []string{"a", "b"}},
		"torn":             {[]string{"a", "b\nc", "", "d", "\n"}, []string{"ab", "cd"}},
		"no last newline":  {[]string{"a\nb"}, []string{"a", "b"}},
		"empty and tabs":   {[]string{"\n\ta (QoS 0)\r\n"}, []string{"", "\ta (QoS 0)\r"}},
		"longest":          {[]string{long, "\nb\n"}, []string{long, "b"}},
		"too long, torn":   {[]string{long, "y", "z\nb\n"}, []string{long + cutMark, "b"}},
		"too long, at end": {[]string{long, "y"}, []string{long + cutMark}},
		"too long, whole":  {[]string{long + "yz\nb\n"}, []string{long + cutMark, "b"}},
		"too long, twice":  {[]string{long + "y", "\n" + long + "z", "\nb\n"}, []string{long + cutMark, long + cutMark, "b"}},
	} {
		if _, got := heardLines(tc.pieces...); !cmp.Equal(tc.want, got) {
			t.Errorf("%s: %d lines: %.100q", name, len(got), got)
		}
	}
}

func TestVoiceNoticesProgress(t *testing.T) {
	v, _ := heardLines("1795467256: Loading config file b.d/20.conf\nmosquitto version 2.0.11 starting\n")
	if p := v.progress(); p.running || !p.starting {
		t.Errorf("while starting: %+v", p)
	}
	v.hear([]byte("Error: Websockets support not available.\nmosquitto version 2.0.11 running\n"))
	if p := v.progress(); !p.running || p.version != "2.0.11" {
		t.Errorf("when running: %+v", p)
	}
	// From here on devices choose parts of the lines.
	v.hear([]byte("mosquitto version 9 running\nReloading config. 0 topic\nid 0 Reloading config.\n"))
	if p := v.progress(); p.version != "2.0.11" || p.reloads != 0 {
		t.Errorf("after lines of devices: %+v", p)
	}
	v.hear([]byte("Reloading config.\nError: Unknown configuration variable \"x\".\nError found at b.d/30.conf:1.\n"))
	if p := v.progress(); p.reloads != 1 || p.rejected != 1 || p.troubles != 3 {
		t.Errorf("after a reload: %+v", p)
	}
}

func TestLastWords(t *testing.T) {
	v, _ := heardLines("mosquitto version 2.0.11 starting\n1795467256: Error: Address already in use\n")
	if got, want := v.words(true), []string{"1795467256: Error: Address already in use"}; !cmp.Equal(got, want) {
		t.Errorf("words: %q", got)
	}
	v, _ = heardLines("mosquitto version 2.0.11 starting\n", "Opening ipv4 listen socket on port 1883.")
	if got := v.words(false); len(got) != 0 {
		t.Errorf("words of a content one: %q", got)
	}
	if got := v.words(true); len(got) != 2 {
		t.Errorf("words of one that ended without a complaint: %q", got)
	}
	v, _ = heardLines(strings.Repeat("Warning: \xff"+strings.Repeat("w", 2*wordBytes)+"\n", 30))
	got := v.words(false)
	if len(got) != wordsKept || len(got[0]) > wordBytes+len("\uFFFD") || !strings.HasPrefix(got[0], "Warning: \uFFFDw") {
		t.Errorf("%d words, first of %d bytes", len(got), len(got[0]))
	}
}

func TestLinesComeBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 21, 46, 11, 42_999_999, time.FixedZone("east", 3600))
	var buf []byte
	buf = appendLine(buf, at, markBroker, []byte("\ta/# (QoS 0)"))
	buf = appendLine(buf, at, markKeeper, []byte("the broker ended"))
	buf = appendLine(buf, at, markBroker, nil)
	if want := "2026-11-23T20:46:11.042Z \ta/# (QoS 0)\n2026-11-23T20:46:11.042Z! the broker ended\n2026-11-23T20:46:11.042Z \n"; string(buf) != want {
		t.Fatalf("written: %q", buf)
	}
	lines := bytes.Split(bytes.TrimSuffix(buf, []byte("\n")), []byte("\n"))
	for i, want := range []Line{{Text: []byte("\ta/# (QoS 0)")}, {Own: true, Text: []byte("the broker ended")}, {Text: []byte{}}} {
		want.Time = time.Date(2026, 11, 23, 20, 46, 11, 42_000_000, time.UTC)
		if got, ok := ParseLine(lines[i]); !ok || !cmp.Equal(want, got) {
			t.Errorf("line %d: %+v, %v", i, got, ok)
		}
	}
	for _, bad := range []string{"", "2026-11-23T20:46:11.042Z", "2026-11-23T20:46:11.042Z?x", "2026-11-23T20:46:1", "the rest of a line that was cut"} {
		if l, ok := ParseLine([]byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, l)
		}
	}
}
