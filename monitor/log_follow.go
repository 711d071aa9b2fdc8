package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// mostLogStreams may follow the log at once: each reads the files for itself.
const mostLogStreams = 50

// positionEvery is how often a stream is told how far the log has been read while no line is of interest to it.
const positionEvery = 10 * time.Second

// logEvent is what a stream of lines carries.
type logEvent struct {
	Lines []LogEntry `json:"lines" nullable:"false" doc:"The oldest first"`
	Gap   string     `json:"gap,omitempty" doc:"Says that lines are missing before these, and why"`
}

// claim takes one of a few places.
func claim(places interface{ Add(int32) int32 }, most int32) (release func(), err error) {
	release = sync.OnceFunc(func() { places.Add(-1) })
	if places.Add(1) > most {
		release()
		return nil, fault.New(fault.TooMany, "too many are reading the log at once").Hint("close some, or try again later").After(time.Minute)
	}
	return release, nil
}

// follow sends lines from a position on until the stream ends; gap, if it is not empty, before them.
func (l *Log) follow(ctx context.Context, s *stream.Sender, from, gap string, keep func(*broker.LogLine) bool) {
	if gap != "" && s.Send(stream.Event{ID: from, Name: "lines", Data: logEvent{Lines: []LogEntry{}, Gap: gap}}) != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	ready, taken := make(chan struct{}), make(chan struct{})
	var event stream.Event
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	reading.Go(func() {
		sent := l.o.Clock()
		err := l.lines.Watch(ctx, from, func(b broker.LogBatch) error {
			data := logEvent{Lines: []LogEntry{}, Gap: b.Gap}
			for i := range b.Lines {
				if line := &b.Lines[i]; keep == nil || keep(line) {
					data.Lines = append(data.Lines, l.entry(line))
				}
			}
			now := l.o.Clock()
			if len(data.Lines) == 0 && data.Gap == "" && now.Sub(sent) < positionEvery {
				return nil
			}
			sent, event = now, stream.Event{ID: b.Position, Name: "lines", Data: data}
			for _, step := range []chan struct{}{ready, taken} {
				select {
				case step <- struct{}{}:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			l.o.Logger.Warn("following the broker's log", "error", err)
		}
		cancel()
	})
	for s.Wait(ctx, ready, nil) {
		if s.Send(event) != nil {
			return
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return
		}
	}
}
