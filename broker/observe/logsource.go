package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// LogTopic is where a mosquitto publishes its log when its configuration says log_dest topic. The filter
// $SYS/broker/# covers it.
const LogTopic = "$SYS/broker/log/#"

const logPrefix = "$SYS/broker/log/"

// logSource reads the broker's log from a stream.
type logSource struct {
	consumer *Consumer
	stamps   stamps
	gap      string // what to tell with the next batch
	lostAt   time.Time
	reason   string // why the connection ended
	lines    []broker.LogLine
}

// LogSource returns the log that the broker publishes on LogTopic, which has to be among the filters. Register before
// Start, as with Consumer; one Follow at a time.
//
// A line's time is when it was read from the connection: mosquitto stamps lines with whole seconds, in a format of the
// operator's choice, or not at all. The stamp is taken off. Positions are empty and mean nothing, as the broker keeps no
// log to go back in. Lines that are missing because the connection was lost, or the queue was full, are told as a Gap.
// Mosquitto publishes no debug lines: there are no publish events in this log.
func (s *Stream) LogSource(queueBytes int) broker.LogSource {
	return &logSource{consumer: s.Consumer("log", queueBytes)}
}

// Follow implements broker.LogSource.
func (l *logSource) Follow(ctx context.Context, _ string, take func(broker.LogBatch) error) error {
	for {
		b, err := l.consumer.Next(ctx)
		switch {
		case ctx.Err() != nil:
			if b != nil {
				b.Release()
			}
			return nil
		case errors.Is(err, ErrClosed):
			// The stream ends before those who follow it; nothing comes any more.
			<-ctx.Done()
			return nil
		case err != nil:
			return err
		}
		err = l.pass(b, take)
		b.Release()
		if err != nil {
			return err
		}
	}
}

// pass hands on what a block holds of the log.
func (l *logSource) pass(b *Block, take func(broker.LogBatch) error) error {
	if b.Lost > 0 {
		l.note(fmt.Sprintf("%d messages of the broker were lost because BunkerM was too slow, and lines of its log "+
			"may have been among them", b.Lost))
	}
	l.lines = l.lines[:0]
	switch b.Kind {
	case Connected:
		l.stamps = stamps{own: []byte(b.ClientID)}
		if b.Generation > 1 {
			l.note(l.outage(b.At))
		}
	case Disconnected:
		l.lostAt, l.reason = b.At, b.Reason
		return nil // told when it is known how long it took
	case Messages:
		l.collect(b)
	}
	if len(l.lines) == 0 && l.gap == "" {
		return nil
	}
	batch := broker.LogBatch{Lines: l.lines, Gap: l.gap}
	l.gap = ""
	if err := take(batch); err != nil {
		if len(l.lines) > 0 {
			l.note("lines of the broker's log were lost because BunkerM could not take them")
		}
		if batch.Gap != "" {
			l.note(batch.Gap)
		}
		return err
	}
	return nil
}

// outage says for how long there was no connection.
func (l *logSource) outage(until time.Time) string {
	if l.lostAt.IsZero() {
		return "there was no connection to the broker for a while"
	}
	return fmt.Sprintf("there was no connection to the broker from %s to %s: %s",
		l.lostAt.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), l.reason)
}

// note adds to what the next batch tells.
func (l *logSource) note(gap string) {
	if l.gap != "" {
		gap = l.gap + "; " + gap
	}
	l.gap = gap
}

// collect makes lines of the messages that are lines.
func (l *logSource) collect(b *Block) {
	var m Message
	for b.Next(&m) {
		kind, isLog := bytes.CutPrefix(m.Topic, []byte(logPrefix))
		if !isLog || m.Stored {
			continue
		}
		level := logLevel(kind)
		l.lines = append(l.lines, broker.LogLine{Time: b.At.UTC(), Level: level, Text: l.stamps.cut(m.Payload, level)})
	}
}

// logLevel is the letter of a line's type by the end of its topic.
func logLevel(kind []byte) byte {
	switch string(kind) {
	case "E", "W", "N", "I", "D":
		return kind[0]
	case "M/subscribe":
		return 'S'
	case "M/unsubscribe":
		return 'U'
	default:
		return 0
	}
}
