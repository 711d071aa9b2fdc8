package clientlogs

import "time"

// RecordingState says whether events are being recorded.
type RecordingState string

// The states.
const (
	StateRecording  RecordingState = "recording"   // what happens is stored
	StateCatchingUp RecordingState = "catching_up" // the log of the time when BunkerM did not run is being read
	StatePaused     RecordingState = "paused"      // the disk is too full: events are seen, counted and thrown away
	StateFailing    RecordingState = "failing"     // the log cannot be read, or the database not written; nothing is lost yet
	StateOff        RecordingState = "off"         // there is no log to read
)

// Status is how recording is going.
type Status struct {
	State   RecordingState
	Since   time.Time // of the trouble; zero where there is none
	Detail  string    // what is the matter, one sentence without a full stop; empty when all is well
	Hint    string    // what the operator can do about it; may be empty
	Source  string    // where events come from: keeper, file or topic; empty where there is no log
	Written int64     // events stored since our start
	Queued  int64     // events that wait for the database
	Dropped int64     // events that were thrown away because the disk was too full
	// Lag is how much later than it happened the newest stored event was stored, about; while the log of the past is
	// being read it is how far in the past that is.
	Lag    time.Duration
	Counts Counts // of the sessions, and of what had to be folded or forgotten
}

// Status returns the present state. It never waits for the log or the database.
func (s *Service) Status() Status {
	c := s.collector
	status := Status{
		State: StateRecording, Source: c.o.SourceName, Written: c.written.Load(), Dropped: c.dropped.Load(), Counts: c.tracker.Counts(),
	}
	c.mu.Lock()
	now := c.o.Clock()
	c.reading.settle(now)
	status.Queued = int64(c.queued)
	reading := c.reading
	if waiting := c.unstored(); len(waiting) > 0 {
		status.Lag = max(now.Sub(waiting[0][0].Time), 0)
	}
	c.mu.Unlock()

	c.saving.mu.Lock()
	trouble := c.saving.trouble
	c.saving.mu.Unlock()
	if trouble.since.IsZero() {
		trouble = reading.trouble
	}
	switch {
	case c.o.Source == nil:
		status.State = StateOff
		status.Detail, status.Hint = "there is no log of this broker to be had", "give BunkerM the broker's log file with --broker-log"
	case !s.db.Recording():
		status.State = StatePaused
		of := s.db.Status()
		status.Since, status.Detail, status.Hint = of.Since, of.Detail, of.Hint
	case !trouble.since.IsZero():
		status.State = StateFailing
		status.Since, status.Detail, status.Hint = trouble.since, trouble.detail, trouble.hint
	case !reading.caughtUp:
		status.State = StateCatchingUp
		status.Detail = "the log of the time when BunkerM did not run is being read"
		if !reading.lastLine.IsZero() {
			status.Lag = max(now.Sub(reading.lastLine), 0)
		}
	}
	return status
}
