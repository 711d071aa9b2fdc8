package monitor

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/fault"
)

// memoryBytes is how much text is remembered at most.
const memoryBytes = 8 << 20

// logMemory is the newest lines of a log that comes from elsewhere. Lines are numbered; a position is a number, with
// the start of BunkerM that it belongs to.
type logMemory struct {
	start string
	clock func() time.Time

	mu      sync.Mutex
	lines   []broker.LogLine // a ring: line n is at n modulo its length
	first   int64            // number of the oldest
	next    int64            // number of the next one
	bytes   int
	changed chan struct{} // closed when there is more
}

func newLogMemory(lines int, clock func() time.Time) *logMemory {
	return &logMemory{
		start: strconv.FormatInt(clock().UnixNano(), 36), clock: clock,
		lines: make([]broker.LogLine, lines), changed: make(chan struct{}),
	}
}

func (m *logMemory) at(n int64) *broker.LogLine { return &m.lines[n%int64(len(m.lines))] }

func (m *logMemory) add(b broker.LogBatch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Gap != "" {
		m.keep(broker.LogLine{Time: m.clock().UTC(), Own: true, Text: []byte(b.Gap)})
	}
	for _, line := range b.Lines {
		m.keep(line)
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *logMemory) keep(line broker.LogLine) {
	line.Text = bytes.Clone(line.Text)
	m.bytes += len(line.Text)
	for m.first < m.next && (m.next-m.first == int64(len(m.lines)) || m.bytes > memoryBytes) {
		old := m.at(m.first)
		m.bytes -= len(old.Text)
		*old = broker.LogLine{}
		m.first++
	}
	*m.at(m.next) = line
	m.next++
}

func (m *logMemory) position(n int64) string { return m.start + "." + strconv.FormatInt(n, 36) }

// parse reads a position. ours is false for one of a former start.
func (m *logMemory) parse(position string) (n int64, ours bool, err error) {
	start, number, ok := strings.Cut(position, ".")
	n, bad := strconv.ParseInt(number, 36, 64)
	if !ok || bad != nil || n < 0 {
		return 0, false, fault.New(fault.Invalid, "the position is not one of this log")
	}
	return n, start == m.start, nil
}

// Search looks from the newest line to the oldest.
func (m *logMemory) Search(_ context.Context, q logtail.Query) (page logtail.Page, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.next
	if q.Before != "" {
		before, ours, err := m.parse(q.Before)
		if err != nil {
			return page, err
		}
		if !ours {
			return page, nil
		}
		n = min(n, before)
	}
	for n > m.first {
		n--
		line := m.at(n)
		if !within(line.Time, q.From, q.To) || q.Keep != nil && !q.Keep(line) {
			continue
		}
		if page.Lines = append(page.Lines, *line); len(page.Lines) >= q.Limit {
			if n > m.first {
				page.Next = m.position(n)
			}
			break
		}
	}
	return page, nil
}

func within(at, from, to time.Time) bool {
	return (from.IsZero() || !at.Before(from)) && (to.IsZero() || !at.After(to))
}

// Replay gives the lines of a time, oldest first.
func (m *logMemory) Replay(ctx context.Context, from, to time.Time, each func(*broker.LogLine) error) error {
	lines, _, _ := m.after(0, len(m.lines))
	for i := range lines {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !within(lines[i].Time, from, to) {
			continue
		}
		if err := each(&lines[i]); err != nil {
			return err
		}
	}
	return nil
}

// after returns the oldest lines from number n on, the number behind them, and what is closed when there are more.
func (m *logMemory) after(n int64, most int) (lines []broker.LogLine, next int64, changed <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n = max(n, m.first)
	for n < m.next && len(lines) < most {
		lines = append(lines, *m.at(n)) // the text is not written to any more
		n++
	}
	return lines, n, m.changed
}

// Watch gives the lines behind a position, and those that come.
func (m *logMemory) Watch(ctx context.Context, from string, take func(broker.LogBatch) error) error {
	n, ours := int64(0), true
	if from != "" {
		var err error
		if n, ours, err = m.parse(from); err != nil {
			return err
		}
	}
	gap := ""
	if !ours {
		n, gap = 0, "BunkerM was started again in between: lines from before that are not kept."
	}
	for {
		lines, next, changed := m.after(n, 1000)
		if missing := next - int64(len(lines)) - n; missing > 0 && from != "" && gap == "" {
			gap = strconv.FormatInt(missing, 10) + " lines are not kept any more."
		}
		if len(lines) > 0 || gap != "" {
			if err := take(broker.LogBatch{Lines: lines, Position: m.position(next), Gap: gap}); err != nil {
				return err
			}
			n, gap, from = next, "", "known"
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Check refuses a position that is none by its form.
func (m *logMemory) Check(position string) error {
	_, _, err := m.parse(position)
	return err
}

// End is the position behind the newest line.
func (m *logMemory) End() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.position(m.next), nil
}

// Oldest is the time of the oldest line, zero where there is none.
func (m *logMemory) Oldest() (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.first == m.next {
		return time.Time{}, nil
	}
	return m.at(m.first).Time, nil
}

// Status is that all is read: whoever adds the lines knows more.
func (m *logMemory) Status() logtail.Status { return logtail.Status{State: logtail.Following} }
