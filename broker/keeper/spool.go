package keeper

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// How much a spool holds while its files cannot be written, and how often it tries them again.
const (
	spoolBytes      = 4 << 20
	spoolKeep       = 256 << 10 // a larger buffer is given back after use
	spoolRetryEvery = time.Second
)

// spool stands between something that must never wait and log files that may: lines go into a bounded buffer, a
// goroutine writes them. When the buffer is full, lines are dropped and counted, and a line of the keeper's own
// says so at the place where they are missing.
type spool struct {
	file  *rotated
	limit int // bytes in the buffer; as many again may be on their way to the disk

	mu      sync.Mutex
	pending []byte
	lost    int64 // lines missing after the end of pending

	dropped atomic.Int64 // lines lost in all
	wake    chan struct{}
	loss    chan struct{} // has an element when dropped grew since somebody last looked
	closing chan struct{}
	done    chan struct{}
}

// newSpool starts the writing goroutine, which close ends.
func newSpool(file *rotated, limit int) *spool {
	s := &spool{
		file: file, limit: limit,
		wake: make(chan struct{}, 1), loss: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

// add takes one line and never waits for the disk. It is written after the next nudge of wake.
func (s *spool) add(t time.Time, mark byte, text []byte) {
	s.mu.Lock()
	// Once a line is lost, all are until the buffer is taken away, so that the note stands where they are missing.
	if s.lost > 0 || len(s.pending)+stampBytes+len(text)+3 > s.limit {
		s.lost++
		s.mu.Unlock()
		s.dropped.Add(1)
		nudge(s.loss)
		return
	}
	s.pending = appendLine(s.pending, t, mark, text)
	s.mu.Unlock()
}

// own adds a sentence of the keeper's.
func (s *spool) own(format string, args ...any) {
	text := fmt.Appendf(nil, format, args...)
	s.add(time.Now(), markKeeper, bytes.ReplaceAll(text, []byte("\n"), []byte("; ")))
	s.write()
}

// write has the lines until now written. Waking up the writer for each would cost far more than the line.
func (s *spool) write() { nudge(s.wake) }

// Write takes the keeper's own log records, one per call, as they are. It never fails, because the keeper has
// nobody to tell.
func (s *spool) Write(record []byte) (int, error) {
	s.mu.Lock()
	fits := len(s.pending)+len(record) <= s.limit
	if fits {
		s.pending = append(s.pending, record...)
	}
	s.mu.Unlock()
	nudge(s.wake)
	return len(record), nil
}

// close writes what is left, and gives up when the files cannot take it within the time given.
func (s *spool) close(within time.Duration) {
	close(s.closing)
	select {
	case <-s.done:
	case <-time.After(within):
	}
}

func (s *spool) run() {
	defer close(s.done)
	var spare []byte
	for {
		batch := s.take(spare)
		if len(batch) == 0 {
			select {
			case <-s.wake:
				continue
			case <-s.closing:
				if batch = s.take(spare); len(batch) == 0 {
					s.file.close()
					return
				}
			}
		}
		if !s.flush(batch) {
			s.file.close()
			return
		}
		if spare = batch; cap(spare) > spoolKeep {
			spare = nil
		}
	}
}

// take empties the buffer, leaving the other one in its place.
func (s *spool) take(spare []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.pending
	if s.lost > 0 {
		text := fmt.Appendf(nil, "%d lines of the broker's log are missing here: the log files could not be written", s.lost)
		batch = appendLine(batch, time.Now(), markKeeper, text)
		s.lost = 0
	}
	if len(batch) > 0 {
		s.pending = spare[:0]
	}
	return batch
}

// flush writes the batch, however long the disk takes. It reports false when the spool is closing and the files
// still cannot be written.
func (s *spool) flush(batch []byte) bool {
	for {
		n, err := s.file.write(batch)
		if batch = batch[n:]; err == nil {
			return true
		}
		select {
		case <-time.After(spoolRetryEvery):
		case <-s.closing:
			n, err = s.file.write(batch)
			return err == nil && n == len(batch)
		}
	}
}

// nudge makes a receiver look, without waiting for it.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ownDelivery begins the lines of debug about what is delivered to BunkerM's own sessions, whose ids begin with bunkerm-.
// There is one for every message and every figure under $SYS; nobody learns anything from them, and they would soon push
// what matters out of files that are bounded.
const ownDelivery = "Sending PUBLISH to bunkerm-"

// broker adds a line of the broker's.
func (s *spool) broker(t time.Time, text []byte) {
	if !bytes.HasPrefix(text, []byte(ownDelivery)) {
		s.add(t, markBroker, text)
	}
}
