package anomaly

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bunkerm/bunkerm/anomaly/series"
)

// A snapshot is what has been learned: a gzip file whose first line names its form and whose last line says that it is
// whole; between them is one topic a line, as series writes it, the broker's figures behind a word of their own.
const (
	snapshotForm   = "bunkerm anomaly snapshot 1\n"
	snapshotEnd    = "end\n"
	snapshotBroker = "broker "

	// saveAtOnce is how many topics are written while nothing else can happen.
	saveAtOnce  = 100
	longestLine = 4 << 20
)

// mostCourses is how many topics have the course of their values kept at the end, some five kilobytes for each field: those that
// spoke last.
const mostCourses = 2000

// snapshot keeps what has been learned, and at the end the courses that people look at. What cannot be written is said, and
// tried again at the next time.
func (s *Service) snapshot(end bool) {
	if s.o.SnapshotFile == "" {
		return
	}
	if err := s.writeSnapshot(end); err != nil {
		s.log.Warn("what the detectors have learned could not be kept; it is tried again", "error", err)
	}
}

// writeSnapshot writes the file beside the old one, and puts it in its place when it is on the disk.
func (s *Service) writeSnapshot(end bool) (err error) {
	file, err := os.CreateTemp(filepath.Dir(s.o.SnapshotFile), ".anomaly-*")
	if err != nil {
		return fmt.Errorf("writing snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	packed, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("writing snapshot: %w", err)
	}
	if err = s.writeTopics(packed, end); err == nil {
		err = packed.Close()
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		err = os.Rename(file.Name(), s.o.SnapshotFile)
	}
	if err != nil {
		return fmt.Errorf("writing snapshot: %w", err)
	}
	return nil
}

// writeTopics writes a few topics at a time, so that messages do not wait for all of them.
func (s *Service) writeTopics(to io.Writer, end bool) error {
	if _, err := io.WriteString(to, snapshotForm); err != nil {
		return err
	}
	s.mu.Lock()
	names := make([]string, 0, len(s.watch.topics.byName))
	// The quietest first, so that they are the quietest again when they are read.
	for _, q := range []*queue{&s.watch.topics.fresh, &s.watch.topics.proven} {
		for e := q.last; e != nil; e = e.newer {
			names = append(names, e.topic.Name)
		}
	}
	var buffer bytes.Buffer
	var err error
	if s.watch.broker != nil {
		buffer.WriteString(snapshotBroker)
		err = appendTopic(&buffer, s.watch.broker, end)
	}
	s.mu.Unlock()
	for len(names) > 0 && err == nil {
		few := names[:min(saveAtOnce, len(names))]
		names = names[len(few):]
		s.mu.Lock()
		for _, name := range few {
			if e := s.watch.topics.get(name); e != nil && err == nil {
				err = appendTopic(&buffer, e.topic, end && len(names) < mostCourses)
			}
		}
		s.mu.Unlock()
		if err == nil {
			_, err = buffer.WriteTo(to)
		}
	}
	if err == nil {
		_, err = buffer.WriteTo(to)
	}
	if err == nil {
		_, err = io.WriteString(to, snapshotEnd)
	}
	return err
}

func appendTopic(to *bytes.Buffer, t *series.Topic, course bool) error {
	line, err := t.Save(course)
	if err != nil {
		return fmt.Errorf("writing the topic %q: %w", t.Name, err)
	}
	to.Write(line)
	to.WriteByte('\n')
	return nil
}

// restore reads what was learned before the last end. Where that cannot be read everything is learned again, and people are
// told so.
func (s *Service) restore(now int64) {
	if s.o.SnapshotFile == "" {
		return
	}
	topics, broker, err := readSnapshot(s.o.SnapshotFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		s.news = "What the detectors had learned could not be read, so they learn again. BunkerM's log says why."
		s.log.Warn("what the detectors had learned cannot be read; they learn again", "file", s.o.SnapshotFile, "error", err)
		return
	}
	for _, t := range topics {
		if t.Last <= now { // a clock that was wrong knows the future
			s.watch.topics.restore(t)
		}
	}
	s.watch.broker = broker
}

func readSnapshot(name string) (topics []*series.Topic, broker *series.Topic, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return nil, nil, fmt.Errorf("it is no snapshot: %w", err)
	}
	lines := bufio.NewScanner(packed)
	lines.Buffer(make([]byte, 64<<10), longestLine)
	ended := false // the file has a checksum behind its last line, so it is read to its end
	for first := true; lines.Scan(); first = false {
		line := lines.Bytes()
		switch {
		case first:
			if string(line)+"\n" != snapshotForm {
				return nil, nil, errors.New("it is of another version")
			}
			continue
		case string(line)+"\n" == snapshotEnd:
			ended = true
			continue
		}
		rest, isBroker := bytes.CutPrefix(line, []byte(snapshotBroker))
		t, err := series.Load(rest)
		if err != nil {
			return nil, nil, err
		}
		if isBroker {
			broker = t
		} else {
			topics = append(topics, t)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("it is damaged: %w", err)
	}
	if !ended {
		return nil, nil, errors.New("its end is missing")
	}
	return topics, broker, nil
}
