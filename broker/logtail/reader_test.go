package logtail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// patience bounds every wait of these tests; it is long because the machine may be busy.
const patience = 30 * time.Second

// reader follows a log as the collector does: what it was given and where to go on are kept together.
type reader struct {
	t     testing.TB
	files *Files
	end   func() // stops following and waits
	fail  func(broker.LogBatch) error

	mu       sync.Mutex
	lines    []string
	times    []time.Time
	own      []bool
	gaps     []string
	position string
}

func read(t testing.TB, files *Files) *reader {
	t.Helper()
	r := &reader{t: t, files: files}
	r.start()
	t.Cleanup(func() { r.end() })
	return r
}

// start follows from where the last start has ended.
func (r *reader) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.files.Follow(ctx, r.position, r.take) }()
	r.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, errCrash) {
			r.t.Errorf("Follow: %v", err)
		}
	})
}

// errCrash is what a test lets take fail with.
var errCrash = errors.New("the collector has died")

func (r *reader) take(b broker.LogBatch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(b); err != nil {
			return err
		}
	}
	if b.Gap != "" {
		r.gaps = append(r.gaps, b.Gap)
	}
	if len(b.Position) > 200 || len(b.Lines) == 0 && b.Gap == "" {
		r.t.Errorf("batch of %d lines, position %q", len(b.Lines), b.Position)
	}
	for _, l := range b.Lines {
		r.lines = append(r.lines, string(l.Text))
		r.times = append(r.times, l.Time)
		r.own = append(r.own, l.Own)
	}
	r.position = b.Position
	return nil
}

func (r *reader) got() ([]string, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines), slices.Clone(r.gaps)
}

// want waits for exactly these lines.
func (r *reader) want(want ...string) {
	r.t.Helper()
	eventually(r.t, fmt.Sprint(len(want), " lines"), func() bool {
		lines, _ := r.got()
		return len(lines) >= len(want)
	}, func() string {
		lines, gaps := r.got()
		return fmt.Sprintf("%d lines, the last ones %.300q, gaps %q, status %+v", len(lines), lines[max(0, len(lines)-5):], gaps, r.files.Status())
	})
	lines, _ := r.got()
	for i, line := range lines {
		if i >= len(want) || line != want[i] {
			r.t.Fatalf("line %d of %d = %.300q, want %d lines as %.1000q", i, len(lines), line, len(want), want[max(0, i-2):min(len(want), i+3)])
		}
	}
}

// wantGaps checks how often lines were said to be missing, each time with a word.
func (r *reader) wantGaps(words ...string) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("gaps with %q", words), func() bool {
		_, gaps := r.got()
		return len(gaps) >= len(words)
	}, func() string { _, gaps := r.got(); return fmt.Sprintf("gaps %q", gaps) })
	_, gaps := r.got()
	if len(gaps) != len(words) {
		r.t.Fatalf("gaps = %q, want %d", gaps, len(words))
	}
	for i, word := range words {
		if !strings.Contains(gaps[i], word) {
			r.t.Errorf("gap %q does not say %q", gaps[i], word)
		}
	}
}

// state waits until reading goes as wanted.
func (r *reader) state(want State) Status {
	r.t.Helper()
	var s Status
	eventually(r.t, "state "+string(want), func() bool { s = r.files.Status(); return s.State == want },
		func() string { return fmt.Sprintf("%+v", s) })
	return s
}

// hint waits for a status that says what to do.
func (r *reader) hint(word string) {
	r.t.Helper()
	eventually(r.t, "hint with "+word, func() bool { return strings.Contains(r.files.Status().Hint, word) },
		func() string { return fmt.Sprintf("%+v", r.files.Status()) })
}

func eventually(t testing.TB, what string, ok func() bool, last func() string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: %s", what, last())
		}
	}
}

// logFile is a broker's log as the broker writes it.
type logFile struct {
	t    testing.TB
	path string
	f    *os.File
}

func newLogFile(t testing.TB) *logFile {
	l := &logFile{t: t, path: filepath.Join(t.TempDir(), "mosquitto.log")}
	t.Cleanup(l.close)
	return l
}

// write writes lines, each with a newline, opening the file where it is not open.
func (l *logFile) write(lines ...string) {
	l.t.Helper()
	l.raw(strings.Join(lines, "\n") + "\n")
}

func (l *logFile) raw(text string) {
	l.t.Helper()
	if l.f == nil {
		var err error
		l.f, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		must(l.t, err)
	}
	_, err := l.f.WriteString(text)
	must(l.t, err)
}

// close is half of what SIGHUP does: the next write opens the file anew.
func (l *logFile) close() {
	if l.f != nil {
		must(l.t, l.f.Close())
		l.f = nil
	}
}

// rename moves the file as logrotate does; the broker goes on writing to it until close.
func (l *logFile) rename(suffix string) {
	l.t.Helper()
	must(l.t, os.Rename(l.path, l.path+suffix))
}

// copyTruncate rotates as logrotate's copytruncate does.
func (l *logFile) copyTruncate(suffix string) {
	l.t.Helper()
	data, err := os.ReadFile(l.path)
	must(l.t, err)
	if suffix != "" {
		must(l.t, os.WriteFile(l.path+suffix, data, 0o600))
	}
	must(l.t, os.Truncate(l.path, 0))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
