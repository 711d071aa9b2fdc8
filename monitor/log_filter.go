package monitor

import (
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/query"
)

// levelName is what mosquitto's configuration calls a type of lines.
func levelName(letter byte) string {
	switch letter {
	case 'E':
		return "error"
	case 'W':
		return "warning"
	case 'N':
		return "notice"
	case 'I':
		return "information"
	case 'D':
		return "debug"
	case 'S':
		return "subscribe"
	case 'U':
		return "unsubscribe"
	}
	return "unknown"
}

// LogFilter says which lines to show.
type LogFilter struct {
	Level []string `nullable:"false" query:"level" enum:"error,warning,notice,information,debug,subscribe,unsubscribe" maxItems:"7" doc:"Only lines of these types, separated by commas; all when absent"`
	Q     string   `query:"q" maxLength:"65535" doc:"Only lines with this in their text, without regard to case"`
}

// keeps is what shows a line or not; nil shows all.
func (l *Log) keeps(f LogFilter) func(*broker.LogLine) bool {
	if len(f.Level) == 0 && f.Q == "" {
		return nil
	}
	levels := map[string]bool{}
	for _, name := range f.Level {
		levels[name] = true
	}
	find := query.NewFinder(f.Q)
	return func(line *broker.LogLine) bool {
		return (len(levels) == 0 || levels[levelName(l.level(line))]) && (f.Q == "" || find.In(string(line.Text)))
	}
}

// logQuestion is a query that was understood.
type logQuestion struct {
	from, to time.Time
	keep     func(*broker.LogLine) bool
	limit    int
	cursor   string
}

// question reads a query; now is what durations count back from.
func (l *Log) question(in *logQuery, now time.Time) (q logQuestion, err error) {
	q = logQuestion{keep: l.keeps(in.LogFilter), limit: in.Limit, cursor: in.Cursor}
	for name, into := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		text := in.From
		if name == "to" {
			text = in.To
		}
		if text == "" {
			continue
		}
		at, ok := query.Moment(text, now)
		if !ok {
			return q, notAcceptable("query."+name, "is neither RFC 3339 nor a duration such as 15m, 24h or 7d")
		}
		*into = at
	}
	if !q.to.IsZero() && q.to.Before(q.from) {
		return q, notAcceptable("query.to", "is before from")
	}
	return q, nil
}

// readable is a text as it can be shown: lines may be Latin-1, or cut inside a letter.
func readable(text []byte) string { return strings.ToValidUTF8(string(text), "\uFFFD") }
