package logtail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

func TestFollowsWithoutNotices(t *testing.T) {
	l := newLogFile(t)
	f := NewFile(l.path, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string, 100)
	follower := &follower{files: f, board: &f.board, pace: newPace(f.o.Logger), take: func(b broker.LogBatch) error {
		for _, l := range b.Lines {
			lines <- string(l.Text)
		}
		return nil
	}}
	follower.pace.file = "as if notices had been given up"
	done := make(chan error, 1)
	go func() { done <- follower.run(ctx) }()
	for i := range 20 {
		l.write(fmt.Sprint("line ", i))
		if i == 10 {
			l.rename(".1")
			l.close()
		}
		select {
		case got := <-lines:
			if got != fmt.Sprint("line ", i) {
				t.Fatalf("line %d = %q", i, got)
			}
		case <-time.After(patience):
			t.Fatalf("line %d does not come", i)
		}
	}
	cancel()
	must(t, <-done)
}

func TestNoticesThatDoNotComeAreGivenUp(t *testing.T) {
	l := newLogFile(t)
	l.write("line")
	s, err := openSegment(l.path)
	must(t, err)
	defer s.close()
	p := newPace(NewFile(l.path, Options{}).o.Logger)
	defer p.close()
	p.watch(s)
	had := p.notices != nil
	for _, how := range []outcome{unnoticed, unnoticed, notWaited, noticed, unnoticed, notWaited, unnoticed} {
		p.waited = how
		p.busy()
	}
	if had != (p.notices != nil) {
		t.Error("notices were given up although they come")
	}
	p.waited = unnoticed
	p.busy()
	if p.notices != nil {
		t.Error("notices that do not come are still waited for")
	}
}

// TestFileRemovedWhileWeCannotKeepUp: what came and went meanwhile cannot be known.
func TestFileRemovedWhileWeCannotKeepUp(t *testing.T) {
	l := newLogFile(t)
	var late atomic.Int64
	f := NewFile(l.path, Options{Clock: func() time.Time { return time.Now().Add(time.Duration(late.Load())) }})
	l.write("one")
	enough := errors.New("all read")
	var lines, gaps []string
	err := f.Watch(t.Context(), "", func(b broker.LogBatch) error {
		for _, line := range b.Lines {
			lines = append(lines, string(line.Text))
		}
		if b.Gap != "" {
			gaps = append(gaps, b.Gap)
		}
		if len(lines) == 1 { // and here we are slow
			must(t, os.Remove(l.path))
			l.close()
			l.write("two")
			must(t, os.Remove(l.path))
			l.close()
			l.write("three")
			late.Store(int64(time.Minute))
			return nil
		}
		return enough
	})
	if !errors.Is(err, enough) || fmt.Sprint(lines, len(gaps)) != "[one three] 1" || gaps[0] != heldUpSentence {
		t.Errorf("lines %q, gaps %q, %v", lines, gaps, err)
	}
}

func FuzzPosition(f *testing.F) {
	f.Add("1-a-b-c-d-e-0", uint64(1), int64(2), int64(3), true)
	f.Add("1-a-b-c-d-e-2", uint64(1<<63), int64(0), int64(-3), false)
	f.Fuzz(func(t *testing.T, text string, number uint64, offset, at int64, inside bool) {
		if p, ok := parsePosition(text); ok {
			if again, ok := parsePosition(p.String()); !ok || again != p {
				t.Fatalf("%q: %+v, then %+v", text, p, again)
			}
		}
		p := position{id: fileID{number, ^number}, offset: max(0, offset), mark: number / 3, last: time.UnixMilli(at).UTC(), inside: inside}
		if again, ok := parsePosition(p.String()); !ok || again != p || len(p.String()) > 200 {
			t.Fatalf("%q: %+v, not %+v", p.String(), again, p)
		}
	})
}
