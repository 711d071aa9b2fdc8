package host

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// A signal has no answer, so the broker's log is listened to for so long at most.
	heardWithin = 300 * time.Millisecond
	overWithin  = 100 * time.Millisecond // from the word that it reads its files on, to the next that is not about them
	mostHeard   = 16                     // lines
	mostOfLine  = 300                    // bytes
)

// ear hears what the broker says about its configuration, where its log is to be had.
type ear struct {
	mu        sync.Mutex
	flows     bool     // the log has been heard at all
	reloading bool     // it has said that it reads its files
	over      bool     // and has gone on to other things
	rejected  bool     // it does not accept them
	troubles  []string // what it has complained about
	changed   chan struct{}
}

func newEar() *ear { return &ear{changed: make(chan struct{})} }

// Hear is given every piece of the broker's log, by whoever follows it.
func (s *Site) Hear(b broker.LogBatch) {
	s.ear.mu.Lock()
	defer s.ear.mu.Unlock()
	for i := range b.Lines {
		s.ear.line(b.Lines[i].Text)
	}
	close(s.ear.changed)
	s.ear.changed = make(chan struct{})
}

// line hears one line. What devices say is never at its beginning. The broker does one thing after the other, so the
// complaints about its files come right behind the word that it reads them.
func (e *ear) line(text []byte) {
	e.flows = true
	trouble := false
	for _, prefix := range []string{"Error", "Unable to ", "Load error", "Invalid "} {
		trouble = trouble || bytes.HasPrefix(text, []byte(prefix))
	}
	switch {
	case string(text) == "Reloading config.":
		e.reloading = true
	case trouble && !e.over:
		e.rejected = e.rejected || e.reloading && bytes.HasPrefix(text, []byte("Error found at "))
		if len(e.troubles) < mostHeard {
			e.troubles = append(e.troubles, strings.ToValidUTF8(string(text[:min(len(text), mostOfLine)]), "\uFFFD"))
		}
	case e.reloading:
		e.over = true
	}
}

// forget begins to listen anew.
func (e *ear) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reloading, e.over, e.rejected, e.troubles = false, false, false, nil
}

// words are what the broker has complained about since forget; empty where it has not, or was not heard.
func (e *ear) words() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.troubles, "; ")
}

// reloaded waits until the log says what the broker thinks of its files. It is nil where that is not to be heard.
func (e *ear) reloaded(ctx context.Context) error {
	timer := time.NewTimer(heardWithin)
	defer timer.Stop()
	began := false
	for {
		e.mu.Lock()
		flows, reloading, over, rejected, changed := e.flows, e.reloading, e.over, e.rejected, e.changed
		e.mu.Unlock()
		switch {
		case rejected:
			return fault.New(fault.Refused, "the broker keeps its settings, because it does not accept the configuration: "+e.words()).
				Hint("mend the line of the configuration that the broker names, then reload again")
		case !flows, over:
			return nil
		case reloading && !began:
			began = true
			timer.Reset(overWithin)
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}
