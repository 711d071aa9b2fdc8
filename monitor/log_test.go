package monitor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/fault"
)

func TestLogPages(t *testing.T) {
	h := newLogHouse(t, LogOptions{})
	if p := h.wantPage("", ""); p.Lines == nil || p.NextCursor != "" || p.Since != nil || p.Kept != "files" {
		t.Errorf("page of no log: %+v", p)
	}
	h.write(0, "! ", "mosquitto was started.")
	h.write(1, " ", "New connection from 127.0.0.1:5000 on port 1883.")
	h.rotate()
	h.write(2, " ", "Received PUBLISH from Stra\xdfe (d0, q0, r0, m0, 'Ä/b', ... (1 bytes))")
	h.write(3, " ", "last")

	first := h.wantPage("limit=2", "unknown last|debug Received PUBLISH from Stra\uFFFDe (d0, q0, r0, m0, 'Ä/b', ... (1 bytes))")
	if !first.Since.Equal(h.at(0)) || !first.Lines[0].Time.Equal(h.at(3)) || first.Position == "" {
		t.Errorf("page = %+v", first)
	}
	h.rotate()
	h.write(4, " ", "newer than the cursor")
	second := h.wantPage("limit=2&cursor="+first.NextCursor, "unknown New connection from 127.0.0.1:5000 on port 1883.|notice mosquitto was started.")
	if !second.Lines[1].Own || second.Lines[0].Own || second.Position != "" {
		t.Errorf("page = %+v", second)
	}
	if second.NextCursor != "" {
		h.wantPage("cursor="+second.NextCursor, "")
	}

	h.wantPage("level=debug,notice&limit=9", texts(append(first.Lines[1:], second.Lines[1])))
	h.wantPage("q=STRA", texts(first.Lines[1:]))
	h.wantPage("q="+url.QueryEscape("'ä/B'"), texts(first.Lines[1:]))
	h.wantPage("q="+url.QueryEscape("\uFFFDe"), texts(first.Lines[1:]))
	h.wantPage("from="+h.at(1).Format(time.RFC3339Nano)+"&to="+h.at(2).Format(time.RFC3339Nano), texts(append(first.Lines[1:], second.Lines[0])))
	h.wantPage("q=nothing", "")

	for _, query := range []string{"from=x", "to=-5m", "from=1h&to=2h", "limit=0", "limit=1001", "level=loud", "cursor=x", "format=xml"} {
		if answer := h.get("/monitor/log?" + query); answer.status < 400 {
			t.Errorf("%s: %+v", query, answer)
		}
	}
}

func TestLogAsText(t *testing.T) {
	h := newLogHouse(t, LogOptions{})
	h.write(0, "! ", "mosquitto was started.")
	h.write(1, " ", "one")
	h.rotate()
	h.write(2, " ", "two")
	h.write(3, " ", "Stra\xdfe")
	want := "2026-11-23T20:00:00.042Z! mosquitto was started.\n2026-11-23T20:00:01.042Z one\n2026-11-23T20:00:02.042Z two\n2026-11-23T20:00:03.042Z Stra\uFFFDe\n"
	second, third, fourth := len("2026-11-23T20:00:00.042Z! mosquitto was started.\n"), strings.Index(want, "two")-stampAndSpace, strings.Index(want, "Stra")-stampAndSpace
	for query, part := range map[string]string{
		"":                               want,
		"q=TWO":                          want[third:fourth],
		"from=2026-11-23T20:00:02Z":      want[third:],
		"to=2026-11-23T20:00:01.042Z":    want[:third],
		"level=notice&cursor=is-ignored": want[:second],
	} {
		for _, answer := range []logAnswer{h.get("/monitor/log?format=text&" + query), h.get("/monitor/log?"+query, "Accept", "text/plain")} {
			if answer.status != 200 || answer.body != part || answer.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%s: %+v, want %q", query, answer, part)
			}
		}
	}
	if got := h.get("/monitor/log?format=json", "Accept", "text/plain").header.Get("Content-Type"); got != "application/json" {
		t.Errorf("format=json gives %s", got)
	}
}

// stampAndSpace is what stands before the text of a line.
const stampAndSpace = len("2026-11-23T20:00:00.042Z ")

func TestLogStreamGoesOnWhereItWas(t *testing.T) {
	h := newLogHouse(t, LogOptions{})
	h.write(0, " ", "before")
	page := h.wantPage("", "unknown before")
	h.write(1, " ", "between")
	s := h.stream("after="+page.Position, "")
	s.want("unknown between")
	h.write(2, " ", "Received PUBLISH")
	h.write(3, "! ", "ended")
	s.want("debug Received PUBLISH|notice ended")
	s.close()

	h.write(4, " ", "away")
	h.rotate()
	h.write(5, " ", "rotated")
	again := h.stream("", s.last)
	if gaps := again.want("unknown away|unknown rotated"); gaps != nil {
		t.Errorf("gaps: %q", gaps)
	}

	now := h.stream("level=debug", "")
	h.write(6, " ", "of no interest")
	h.write(7, " ", "Received PUBLISH 2")
	now.want("debug Received PUBLISH 2")

	lost := h.stream("", "an-id-of-something-else")
	if gaps := lost.want(""); len(gaps) != 1 {
		t.Errorf("gaps: %q", gaps)
	}
	h.write(8, " ", "goes on")
	lost.want("unknown goes on")
	if answer := h.get("/monitor/log/stream?after=x"); answer.status < 400 {
		t.Errorf("after=x: %+v", answer)
	}
}

func TestLogInMemory(t *testing.T) {
	h := newLogHouse(t, LogOptions{Lines: 5})
	h.wantPage("", "")
	add := func(from, to int, gap string) {
		b := broker.LogBatch{Gap: gap}
		for i := from; i < to; i++ {
			b.Lines = append(b.Lines, broker.LogLine{Time: h.at(i), Level: 'N', Text: fmt.Append(nil, "line ", i)})
		}
		h.log.Add(b)
		for _, l := range b.Lines {
			clear(l.Text) // its memory is used again
		}
	}
	start := h.page("").Position
	add(0, 3, "")
	s := h.stream("after="+start, "")
	s.want("notice line 0|notice line 1|notice line 2")
	add(3, 5, "The connection was lost.")
	p := h.wantPage("limit=3", "notice line 4|notice line 3|notice The connection was lost.")
	if p.Kept != "memory" || !p.Since.Equal(h.at(1)) || !p.Lines[2].Own || p.Lines[1].Own {
		t.Errorf("page = %+v", p)
	}
	s.want("notice The connection was lost.|notice line 3|notice line 4")
	s.close()
	h.wantPage("cursor="+p.NextCursor, "notice line 2|notice line 1")
	h.wantPage("to="+h.at(3).Format(time.RFC3339Nano)+"&from="+h.at(2).Format(time.RFC3339Nano), "notice line 3|notice line 2")
	add(5, 14, "")
	h.wantPage("cursor="+p.NextCursor, "") // the lines before it are gone
	again := h.stream("", s.last)
	if gaps := again.want("notice line 9|notice line 10|notice line 11|notice line 12|notice line 13"); len(gaps) != 1 || !strings.Contains(gaps[0], "4 lines") {
		t.Errorf("gaps: %q", gaps)
	}
	if got := h.get("/monitor/log?format=text&to=" + h.at(9).Format(time.RFC3339Nano)).body; got != "2026-11-23T20:00:09.042Z line 9\n" {
		t.Errorf("text = %q", got)
	}

	// BunkerM is started again.
	position := again.last
	h.serve(LogOptions{Lines: 5, Clock: func() time.Time { return time.Now().Add(time.Hour) }})
	add(20, 22, "")
	restarted := h.stream("", position)
	if gaps := restarted.want("notice line 20|notice line 21"); len(gaps) != 1 || !strings.Contains(gaps[0], "started again") {
		t.Errorf("gaps: %q", gaps)
	}
	h.wantPage("cursor="+position, "")
}

func TestLogMemoryIsBounded(t *testing.T) {
	m := newLogMemory(1000, time.Now)
	big := broker.LogBatch{Lines: []broker.LogLine{{Text: make([]byte, 1<<20)}}}
	for range 50 {
		m.add(big)
	}
	if kept := m.next - m.first; m.bytes > memoryBytes || kept != 8 {
		t.Errorf("%d lines of %d bytes", kept, m.bytes)
	}
}

// failingLog is files whose disk fails in the middle of a download.
type failingLog struct{ LogFiles }

func (f failingLog) Replay(ctx context.Context, from, to time.Time, each func(*broker.LogLine) error) error {
	return errors.Join(f.LogFiles.Replay(ctx, from, to, each), errors.New("the disk fails"))
}

func TestDownloadThatIsNotWholeSaysSo(t *testing.T) {
	h := newLogHouse(t, LogOptions{})
	h.write(0, " ", "one")
	h.serve(LogOptions{Files: failingLog{logtail.NewKeeper(h.dir, logtail.Options{})}})
	body := h.get("/monitor/log?format=text").body
	lines := strings.Split(body, "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[0], " one") || !strings.HasSuffix(lines[1], "Z! The rest of the log could not be read.") {
		t.Errorf("text = %q", body)
	}
}

func TestLogOfARealBroker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mosquitto.log")
	b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous(), brokertest.Conf("log_dest file "+path))
	h := newLogHouse(t, LogOptions{})
	h.serve(LogOptions{Files: logtail.NewFile(path, logtail.Options{})})
	s := h.stream("q=as+Device", "")
	d, err := b.Connect(t, "", "", "device 7")
	if err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(s.lines.Text(), "as device 7 (p5, c1, k") {
		if !s.lines.Scan() {
			t.Fatal("the connection does not come")
		}
	}
	if err := d.Disconnect(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log shows that the device left", func() bool {
		p := h.page("q=device+7&from=1h")
		return len(p.Lines) >= 2 && strings.Contains(p.Lines[0].Text, "disconnected") && time.Since(*p.Lines[0].Time) < time.Hour
	})
}

func TestLogHasAFewPlaces(t *testing.T) {
	var places atomic.Int32
	first, err := claim(&places, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claim(&places, 1); !fault.Is(err, fault.TooMany) {
		t.Errorf("error = %v", err)
	}
	first()
	first()
	if _, err := claim(&places, 1); err != nil {
		t.Error(err)
	}
}
