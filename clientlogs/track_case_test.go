package clientlogs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// TestCases plays the logs in testdata/log/cases and compares the events and the sessions that are open at the end with
// what stands below them; -update writes that anew, and it must then be read. A file begins with a comment that says
// what it is about, and every line of its log with the time and a letter:
//
//	12:00:01  text    the broker's, where the source does not tell levels
//	12:00:01N text    the broker's, at this level
//	12:00:01! text    the keeper's own
//	12:00:01? text    lines are missing here
//	12:00:01@         the clock says so
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/log/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			log, _, _ := strings.Cut(string(text), "-- events --\n")
			c := collect(TrackerOptions{Own: func(id, _ string) bool { return strings.HasPrefix(id, "bunkerm-") }})
			for line := range strings.Lines(log) {
				c.play(t, strings.TrimSuffix(line, "\n"))
			}
			c.Flush()
			golden(t, file, log+"-- events --\n"+c.described()+"-- sessions --\n"+c.open())
		})
	}
}

// play gives the tracker one line of a case.
func (c *collected) play(t testing.TB, line string) {
	t.Helper()
	if line == "" || line[0] == '#' {
		return
	}
	if len(line) < 9 {
		t.Fatalf("short line: %q", line)
	}
	at, err := time.Parse("15:04:05", line[:8])
	if err != nil {
		t.Fatal(err)
	}
	at = at.AddDate(2026, 0, 0)
	text := strings.TrimPrefix(line[9:], " ")
	switch mark := line[8]; mark {
	case '?':
		c.Gap(text, at)
	case '@':
		c.Tick(at)
	case '!':
		c.Line(broker.LogLine{Time: at, Own: true, Text: []byte(text)})
	case ' ':
		c.Line(broker.LogLine{Time: at, Text: []byte(text)})
	default:
		c.Line(broker.LogLine{Time: at, Level: mark, Text: []byte(text)})
	}
}

func (c *collected) described() string {
	var b strings.Builder
	for _, e := range c.events {
		fmt.Fprintln(&b, describe(e))
	}
	return b.String()
}

// open describes the open sessions in the order of their ids.
func (c *collected) open() string {
	all := c.Sessions()
	slices.SortFunc(all, func(a, b Session) int { return strings.Compare(a.ClientID, b.ClientID) })
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%q user=%q from=%s:%d port=%d %s clean=%t subscriptions=%d since=%s", s.ClientID, s.Username, s.Address,
			s.Port, s.ListenerPort, s.Protocol, s.CleanStart, s.Subscriptions, s.ConnectedAt.Format("15:04:05"))
		for word, there := range map[string]bool{" tls=" + s.TLS: s.TLS != ""} {
			if there {
				b.WriteString(word)
			}
		}
		if s.Unsure {
			b.WriteString(" unsure")
		}
		if s.Own {
			b.WriteString(" own")
		}
		if s.Bridge {
			b.WriteString(" bridge")
		}
		b.WriteString("\n")
	}
	return b.String()
}
