package broker

import (
	"context"
	"time"
)

// LogLine is one line of a broker's log.
type LogLine struct {
	// Time is when the broker wrote it or, more exactly, when our keeper read it. Where a line has no time of its own
	// it is when we read it. UTC.
	Time time.Time
	// Own marks the keeper's own line about the broker's process or about lost lines: no device can cause one.
	Own bool
	// Level is the letter by which mosquitto names the line's type in $SYS/broker/log (E W N I, S for subscribe, U for
	// unsubscribe), where the source tells it; else 0.
	Level byte
	// Text is the line byte for byte, without time stamp and line break. It may be cut by the broker, and need not be
	// UTF-8.
	Text []byte
}

// LogBatch is a piece of the log.
type LogBatch struct {
	Lines []LogLine // shares memory that is used again after the function that got the batch has returned
	// Position is where reading goes on behind these lines, for LogSource.Follow. It means something to the source
	// alone and is at most 200 bytes long.
	Position string
	// Gap says, in a sentence, that lines are missing before the first of these, and why; empty when none are.
	Gap string
}

// LogSource is a broker's log that can be followed.
type LogSource interface {
	// Follow calls take with each piece of the log behind from, in order, one call at a time, until ctx ends; it
	// returns nil then. An empty from begins with the oldest line there is. When take returns an error Follow ends
	// with it. take may be slow: the source waits, or counts what it had to drop and tells of it as a Gap.
	Follow(ctx context.Context, from string, take func(LogBatch) error) error
}
