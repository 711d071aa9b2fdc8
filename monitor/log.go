package monitor

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// Log shows the broker's own words: pages of them, the newest first; all of them as a text; and those that come from
// now on. They are read where they lie, in the log files; a broker whose files we cannot read has its latest lines kept
// in memory.
type Log struct {
	o      LogOptions
	lines  LogFiles
	memory *logMemory // nil where there are files

	streams, downloads atomic.Int32
}

// LogFiles is a log that can be read from any place in both directions. *logtail.Files is one.
type LogFiles interface {
	Search(ctx context.Context, q logtail.Query) (logtail.Page, error)
	Replay(ctx context.Context, from, to time.Time, each func(*broker.LogLine) error) error
	Watch(ctx context.Context, from string, take func(broker.LogBatch) error) error
	Check(position string) error
	End() (string, error)
	Oldest() (time.Time, error)
	Status() logtail.Status
}

// LogOptions are what a Log needs.
type LogOptions struct {
	Files LogFiles // nil keeps in memory what Add is given
	// Level tells the type of a line by mosquitto's letter (E W N I D S U), from its text and what the source knows: one
	// of these letters, or 0. nil believes the source.
	Level   func(text []byte, known byte) byte
	Streams *stream.Group // nil has one of its own
	Logger  *slog.Logger  // nil discards
	Clock   func() time.Time
	Lines   int // in memory, at most; 0 is 10,000. No more than 8 MiB either
}

// NewLog is a Log that reads files or, where there are none, remembers.
func NewLog(o LogOptions) *Log {
	if o.Level == nil {
		o.Level = func(_ []byte, known byte) byte { return known }
	}
	if o.Streams == nil {
		o.Streams = new(stream.Group)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Lines <= 0 {
		o.Lines = 10_000
	}
	l := &Log{o: o, lines: o.Files}
	if o.Files == nil {
		l.memory = newLogMemory(o.Lines, o.Clock)
		l.lines = l.memory
	}
	return l
}

// Add remembers lines where there are no files to read them from; otherwise it does nothing. It keeps none of the
// batch's memory.
func (l *Log) Add(b broker.LogBatch) {
	if l.memory != nil {
		l.memory.add(b)
	}
}

// LogEntry is one line of the broker's log.
type LogEntry struct {
	Time  *time.Time `json:"time" doc:"When the broker wrote it; null where the line has no time stamp"`
	Level string     `json:"level" enum:"error,warning,notice,information,debug,subscribe,unsubscribe,unknown" doc:"What mosquitto calls its log type"`
	Text  string     `json:"text" doc:"The line without time stamp. What is not UTF-8 in it is shown as U+FFFD"`
	Own   bool       `json:"own" doc:"BunkerM's own line about the broker's process or about missing lines; no device can cause one"`
}

// LogPage is a page of the log.
type LogPage struct {
	Lines      []LogEntry `json:"lines" nullable:"false" doc:"The newest first"`
	NextCursor string     `json:"next_cursor" doc:"Where to go on; empty at the beginning of the log. There may be more although there are few lines, or none: a request looks through 16 MiB"`
	Position   string     `json:"position" doc:"The end of the log when this was read: the stream goes on from here. Empty on further pages"`
	Since      *time.Time `json:"since" doc:"Time of the oldest line that is kept; null where it has none"`
	Kept       string     `json:"kept" enum:"files,memory" doc:"Where the lines are. In memory they begin with BunkerM's last start"`
	Source     LogSource  `json:"source" doc:"How the log is read"`
}

// LogSource is how the log is read.
type LogSource struct {
	State       string `json:"state" enum:"off,waiting,reading,following,unreadable" doc:"following when everything is read; waiting while there is no file yet"`
	BehindBytes int64  `json:"behind_bytes" doc:"What has not been read for the events yet"`
	Detail      string `json:"detail" doc:"What is wrong; empty when nothing is"`
	Hint        string `json:"hint" doc:"What to do about it"`
}

// pageBytes of the log are looked through in one request.
const pageBytes = 16 << 20

// page answers a query.
func (l *Log) page(ctx context.Context, q logQuestion) (LogPage, error) {
	status := l.lines.Status()
	answer := LogPage{Lines: []LogEntry{}, Kept: "files", Source: LogSource{
		State: string(status.State), BehindBytes: status.BehindBytes, Detail: status.Detail, Hint: status.Hint,
	}}
	if l.memory != nil {
		answer.Kept = "memory"
	}
	oldest, err := l.lines.Oldest()
	if err != nil {
		return LogPage{}, err
	}
	answer.Since = instantOrNull(oldest)
	if q.cursor != "" {
		if err := l.lines.Check(q.cursor); err != nil {
			return LogPage{}, fault.From(err).At("query.cursor", "is not next_cursor of a page")
		}
	} else {
		// The page ends where the stream begins, so that nothing is missing between them and nothing comes twice.
		if answer.Position, err = l.lines.End(); err != nil || answer.Position == "" {
			return answer, err
		}
		q.cursor = answer.Position
	}
	found, err := l.lines.Search(ctx, logtail.Query{
		Before: q.cursor, From: q.from, To: q.to, Keep: q.keep, Limit: q.limit, Bytes: pageBytes,
	})
	if err != nil {
		return LogPage{}, err
	}
	answer.NextCursor = found.Next
	for i := range found.Lines {
		answer.Lines = append(answer.Lines, l.entry(&found.Lines[i]))
	}
	return answer, nil
}

// entry is a line as the API shows it.
func (l *Log) entry(line *broker.LogLine) LogEntry {
	return LogEntry{Time: instantOrNull(line.Time), Level: levelName(l.level(line)), Text: readable(line.Text), Own: line.Own}
}

// level is the letter of a line. Our own lines about the broker's process are notices, as the broker's are.
func (l *Log) level(line *broker.LogLine) byte {
	if line.Own {
		return 'N'
	}
	return l.o.Level(line.Text, line.Level)
}
