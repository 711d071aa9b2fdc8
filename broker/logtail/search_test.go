package logtail

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// begins is the time of line 0 in these tests; line n is n seconds later.
var begins = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

func stampedLine(n int, text string) string {
	return begins.Add(time.Duration(n)*time.Second).Format("2006-01-02T15:04:05") + "Z: " + text
}

// pages searches until there is no more, and checks that each call does something.
func pages(t *testing.T, f *Files, q Query, between func()) []string {
	t.Helper()
	var found []string
	for {
		p, err := f.Search(t.Context(), q)
		must(t, err)
		if len(p.Lines) > q.Limit {
			t.Fatalf("%d lines, limit %d", len(p.Lines), q.Limit)
		}
		for _, l := range p.Lines {
			found = append(found, string(l.Text))
		}
		if p.Next == "" {
			return found
		}
		if p.Next == q.Before {
			t.Fatalf("the search does not get on at %q with %d lines", p.Next, len(found))
		}
		q.Before = p.Next
		if between != nil {
			between()
		}
	}
}

// someLog writes lines of all lengths into several files and returns their texts.
func someLog(random *rand.Rand, l *logFile, n int) []string {
	var texts []string
	rotations := 0
	for i := range n {
		length := random.IntN(60)
		switch random.IntN(100) {
		case 0:
			length = random.IntN(3 * maxLine)
		case 1:
			l.close()
			l.rotate(&rotations)
		}
		text := fmt.Sprint("line ", i, strings.Repeat("x", length))
		l.write(stampedLine(i, text))
		texts = append(texts, text)
	}
	return texts
}

// cut is what a reader sees of a long line.
func cut(n int, text string) string {
	return text[:min(len(text), maxLine-(len(stampedLine(n, ""))))]
}

func TestSearchFindsWhatReplayReads(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		l := newLogFile(t)
		n := 1 + random.IntN(1500)
		texts := someLog(random, l, n)
		l.raw("2026-11-21T00:00:00Z: not whole yet")
		f := NewFile(l.path, Options{})
		from, to := random.IntN(n), random.IntN(n)
		if from > to {
			from, to = to, from
		}
		var want []string
		for i := from; i <= to; i++ {
			if i%3 == 0 {
				want = append(want, cut(i, texts[i]))
			}
		}
		keep := func(l *broker.LogLine) bool { return int(l.Time.Sub(begins).Seconds())%3 == 0 }
		q := Query{
			From: begins.Add(time.Duration(from) * time.Second), To: begins.Add(time.Duration(to) * time.Second),
			Keep: keep, Limit: 1 + random.IntN(200), Bytes: int64(1 + random.IntN(400_000)),
		}
		found := pages(t, f, q, nil)
		slices.Reverse(found)
		if !slices.Equal(found, want) {
			t.Fatalf("seed %d: found %d lines, want %d", seed, len(found), len(want))
		}
		var replayed []string
		must(t, f.Replay(t.Context(), q.From, q.To, func(l *broker.LogLine) error {
			if keep(l) {
				replayed = append(replayed, string(l.Text))
			}
			return nil
		}))
		if !slices.Equal(replayed, want) {
			t.Fatalf("seed %d: replayed %d lines, want %d", seed, len(replayed), len(want))
		}
		if oldest, err := f.Oldest(); err != nil || !oldest.Equal(begins) {
			t.Fatalf("oldest = %v, %v", oldest, err)
		}
	}
}

func TestPagesStayInStepWhileTheLogIsRotated(t *testing.T) {
	l := newLogFile(t)
	var want []string
	for i := range 1000 {
		l.write(stampedLine(i, fmt.Sprint("line ", i)))
		want = append(want, fmt.Sprint("line ", i))
	}
	slices.Reverse(want)
	rotations := 0
	found := pages(t, NewFile(l.path, Options{}), Query{Limit: 100}, func() {
		l.rotate(&rotations)
		l.close()
		l.write(stampedLine(5000, "new"))
	})
	if !slices.Equal(found, want) {
		t.Errorf("found %d lines: %.200q", len(found), found)
	}
}

func TestSearchBehindACursorThatIsGone(t *testing.T) {
	l := newLogFile(t)
	l.write("one", "two", "three")
	f := NewFile(l.path, Options{})
	p, err := f.Search(t.Context(), Query{Limit: 1})
	must(t, err)
	if len(p.Lines) != 1 || string(p.Lines[0].Text) != "three" || !p.Lines[0].Time.IsZero() {
		t.Fatalf("page = %+v", p)
	}
	must(t, os.Truncate(l.path, 0))
	l.write("four")
	p, err = f.Search(t.Context(), Query{Limit: 1, Before: p.Next})
	if err != nil || len(p.Lines) != 0 || p.Next != "" {
		t.Errorf("page = %+v, %v", p, err)
	}
	if _, err = f.Search(t.Context(), Query{Limit: 1, Before: "nonsense"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("error = %v", err)
	}
}

func TestSearchIsBounded(t *testing.T) {
	l := newLogFile(t)
	line := stampedLine(0, strings.Repeat("x", 100))
	l.raw(strings.Repeat(line+"\n", 20_000))
	calls := 0
	found := pages(t, NewFile(l.path, Options{}), Query{Limit: 10, Bytes: 256 << 10, Keep: func(*broker.LogLine) bool { return false }}, func() { calls++ })
	if len(found) != 0 || calls < 5 {
		t.Errorf("found %d lines in %d calls", len(found), calls)
	}
	// A hole of a gigabyte is passed over, piece by piece.
	must(t, os.Truncate(l.path, 1<<30))
	l.write("", stampedLine(1, "behind"))
	p, err := NewFile(l.path, Options{}).Search(t.Context(), Query{Limit: 2, Bytes: 1 << 20})
	if err != nil || len(p.Lines) != 1 || string(p.Lines[0].Text) != "behind" || p.Next == "" {
		t.Errorf("page = %+v, %v", p, err)
	}
}

// FuzzSplit: forwards and backwards, in pieces of any size, the same lines are read.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("one\ntwo\n\nthree"), uint16(3))
	f.Add([]byte("\x00\x00one\n\n\n"), uint16(1))
	f.Add([]byte(strings.Repeat("x", maxLine+10)+"\ny\n"), uint16(1000))
	f.Fuzz(func(t *testing.T, data []byte, piece uint16) {
		l := newLogFile(t)
		var want []string
		for line := range strings.SplitSeq(string(data), "\n") {
			if line = strings.TrimLeft(line, "\x00"); line != "" {
				want = append(want, line[:min(len(line), maxLine)])
			}
		}
		whole := len(data) == 0 || data[len(data)-1] == '\n'
		l.raw(string(data))
		s, err := openSegment(l.path)
		must(t, err)
		defer s.close()
		b, err := newBackward(s, int64(len(data)), true, 1<<40)
		must(t, err)
		var back []string
		for {
			line, ok, err := b.prev()
			must(t, err)
			if !ok {
				break
			}
			if line := strings.TrimLeft(string(line), "\x00"); line != "" {
				back = append(back, line)
			}
		}
		slices.Reverse(back)

		// Forwards, with the end of the file moving on.
		var w window
		w.begin(s)
		var forth []string
		for end := 0; end < len(data); {
			end = min(len(data), end+max(int(piece), len(data)/64)+1)
			must(t, os.Truncate(l.path, 0))
			must(t, os.WriteFile(l.path, data[:end], 0o600))
			for more := true; more; {
				n, err := w.fill()
				must(t, err)
				more = n > 0
				done, err := w.split(!more && end == len(data) && !whole, func(raw []byte, _ int) error {
					if len(raw) > 0 {
						forth = append(forth, string(raw))
					}
					return nil
				})
				must(t, err)
				w.consume(done - w.start)
			}
		}
		if strings.ContainsRune(string(data), 0) && len(data) > maxLine {
			return // what is shown of a long line with a hole before it depends on where it is cut
		}
		if !slices.Equal(forth, want) || !slices.Equal(back, want) {
			t.Fatalf("forth %.300q, back %.300q, want %.300q", forth, back, want)
		}
	})
}
