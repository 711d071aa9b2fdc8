package clientlogs

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// time0 is a time for lines whose time does not matter.
func time0() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// debugFlood is what a broker writes with all types of lines for publishes of 1000 clients, each to a subscriber and
// each once a second, for so many seconds.
func debugFlood(seconds int) []broker.LogLine {
	var lines []broker.LogLine
	var at time.Time
	add := func(format string, args ...any) {
		lines = append(lines, broker.LogLine{Time: at, Text: fmt.Appendf(nil, format, args...)})
	}
	for n := range 1000 * seconds {
		i := n % 1000
		at = time0().Add(time.Duration(n) * time.Millisecond)
		add("Received PUBLISH from sensor-%04d (d0, q1, r0, m%d, 'site/hall-3/sensor-%04d/temperature', ... (23 bytes))", i, i, i)
		add("Sending PUBACK to sensor-%04d (m%d, rc0)", i, i)
		add("Sending PUBLISH to history (d0, q0, r0, m0, 'site/hall-3/sensor-%04d/temperature', ... (23 bytes))", i)
		if i%10 == 0 {
			add("Received PINGREQ from sensor-%04d", i)
			add("Sending PINGRESP to sensor-%04d", i)
		}
	}
	return lines
}

// connectFlood is clients that come, subscribe, and leave.
func connectFlood() []broker.LogLine {
	var lines []broker.LogLine
	for i := range 10_000 {
		at := time0().Add(time.Duration(i) * time.Second)
		for _, text := range []string{
			fmt.Sprintf("New connection from 10.0.%d.%d:%d on port 1883.", i/250, i%250, 1024+i),
			fmt.Sprintf("New client connected from 10.0.%d.%d:%d as sensor-%05d (p2, c1, k60, u'sensor').", i/250, i%250, 1024+i, i),
			fmt.Sprintf("sensor-%05d 1 site/cmd/%d", i, i),
			fmt.Sprintf("Client sensor-%05d closed its connection.", i),
		} {
			lines = append(lines, broker.LogLine{Time: at, Text: []byte(text)})
		}
	}
	return lines
}

func perLine(b *testing.B, lines []broker.LogLine, take func(broker.LogLine)) {
	b.Helper()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		take(lines[n%len(lines)])
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkParse(b *testing.B) {
	known := map[string]bool{}
	for i := range 10_000 {
		known[fmt.Sprintf("sensor-%05d", i)] = true
	}
	parse := func(b *testing.B, lines []broker.LogLine) {
		p := &Parser{Known: func(id []byte) bool { return known[string(id)] }}
		var r Record
		perLine(b, lines, func(line broker.LogLine) { p.Parse(line.Text, line.Level, &r) })
	}
	for _, version := range []string{"2.0.11", "2.1.2"} {
		b.Run("recorded-"+version, func(b *testing.B) {
			parse(b, recorded(b, filepath.Join("testdata", "log", version, "broker.log")))
		})
	}
	b.Run("debug-flood", func(b *testing.B) { parse(b, debugFlood(1)) })
	// What a script would do to find one kind of line.
	connect := regexp.MustCompile(`^New client connected from (\S+):(\d+) as (.*) \(p(\d), c([01]), k(\d+)(?:, u'(.*)')?\)\.$`)
	b.Run("regexp", func(b *testing.B) {
		perLine(b, connectFlood(), func(line broker.LogLine) { connect.FindSubmatchIndex(line.Text) })
	})
	b.Run("connect-flood", func(b *testing.B) { parse(b, connectFlood()) })
	for _, line := range []string{
		"Received PUBLISH from sensor-0001 (d0, q1, r0, m77, 'site/hall-3/sensor-0001/temperature', ... (23 bytes))",
		"Sending PUBACK to sensor-0001 (m77, rc0)",
		"New client connected from 127.0.0.1:5000 as sensor-0001 (p2, c1, k60, u'sensor').",
		"Client sensor-0001 [127.0.0.1:5000] disconnected: connection closed by client.",
		"Client sensor-0001 closed its connection.",
		"sensor-00001 1 site/hall-3/sensor-0001/cmd",
	} {
		name := strings.Join(strings.Fields(line)[:2], "-")
		b.Run(name, func(b *testing.B) { parse(b, []broker.LogLine{{Text: []byte(line)}}) })
	}
}

func BenchmarkTracker(b *testing.B) {
	track := func(b *testing.B, lines []broker.LogLine, wants func(_, _ []byte) bool) {
		events := 0
		t := NewTracker(TrackerOptions{Wants: wants, Emit: func(Event) { events++ }, Session: func(SessionChange) {}})
		for i := range 1000 {
			t.Line(broker.LogLine{Time: time0(), Text: fmt.Appendf(nil, "New client connected from 10.0.0.1:%d as sensor-%04d (p2, c1, k60).", i, i)})
		}
		perLine(b, lines, t.Line)
		b.ReportMetric(float64(events)/float64(b.N), "events/line")
	}
	b.Run("connect-flood", func(b *testing.B) { track(b, connectFlood(), nil) })
	b.Run("debug-flood", func(b *testing.B) { track(b, debugFlood(60), nil) })
	b.Run("debug-flood-unwanted", func(b *testing.B) {
		track(b, debugFlood(60), func(_, _ []byte) bool { return false })
	})
}
