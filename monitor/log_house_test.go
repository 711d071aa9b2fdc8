package monitor

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/stream"
)

// logHouse is a Log with its routes in front and, where it reads files, a folder as a keeper writes it.
type logHouse struct {
	t       *testing.T
	log     *Log
	dir     string
	server  *httptest.Server
	streams stream.Group
}

func newLogHouse(t *testing.T, o LogOptions) *logHouse {
	t.Helper()
	h := &logHouse{t: t, dir: t.TempDir()}
	if o.Lines == 0 {
		o.Files = logtail.NewKeeper(h.dir, logtail.Options{})
	}
	h.serve(o)
	return h
}

// serve puts a Log behind the routes, in place of the one before.
func (h *logHouse) serve(o LogOptions) {
	if h.server != nil {
		h.streams.Close()
		h.server.Close()
		h.streams = stream.Group{}
	}
	o.Streams = &h.streams
	// Connections have a level here by a word in them, as the classification of clientlogs would tell.
	o.Level = func(text []byte, known byte) byte {
		if strings.HasPrefix(string(text), "Received PUBLISH") {
			return 'D'
		}
		return known
	}
	h.log = NewLog(o)
	mux := http.NewServeMux()
	config := huma.DefaultConfig("test", "1")
	config.SchemasPath = ""
	RegisterLog(humago.New(mux, config), h.log)
	h.server = httptest.NewServer(mux)
	h.t.Cleanup(func() { h.streams.Close(); h.server.Close() })
}

// at is the time of second n in these tests.
func (h *logHouse) at(n int) time.Time {
	return time.Date(2026, 11, 23, 20, 0, 0, 42e6, time.UTC).Add(time.Duration(n) * time.Second)
}

// write adds a line of second n as the keeper does; mark is a space or an exclamation mark.
func (h *logHouse) write(n int, mark, text string) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.dir, "broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(h.at(n).Format("2006-01-02T15:04:05.000Z07:00") + mark + text + "\n"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *logHouse) rotate() {
	h.t.Helper()
	name := filepath.Join(h.dir, "broker.log")
	for _, step := range [][2]string{{".1", ".2"}, {"", ".1"}} {
		if err := os.Rename(name+step[0], name+step[1]); err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
	}
}

// logAnswer is an answer that ends.
type logAnswer struct {
	status int
	header http.Header
	body   string
}

// get asks; headers are pairs.
func (h *logHouse) get(path string, headers ...string) logAnswer {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := h.server.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return logAnswer{answer.StatusCode, answer.Header, string(body)}
}

// page asks for a page.
func (h *logHouse) page(query string) LogPage {
	h.t.Helper()
	answer := h.get("/monitor/log?" + query)
	if answer.status != http.StatusOK || answer.header.Get("Content-Type") != "application/json" {
		h.t.Fatalf("%s: %+v", query, answer)
	}
	var page LogPage
	if err := json.Unmarshal([]byte(answer.body), &page); err != nil {
		h.t.Fatalf("%s: %v", answer.body, err)
	}
	return page
}

// texts is the texts of a page with their levels.
func texts(lines []LogEntry) string {
	var all []string
	for _, l := range lines {
		all = append(all, l.Level+" "+l.Text)
	}
	return strings.Join(all, "|")
}

// wantPage checks the texts of a page.
func (h *logHouse) wantPage(query, want string) LogPage {
	h.t.Helper()
	page := h.page(query)
	if got := texts(page.Lines); got != want {
		h.t.Fatalf("%s: %q, want %q", query, got, want)
	}
	return page
}

// logReader is the client of a stream.
type logReader struct {
	t     *testing.T
	lines *bufio.Scanner
	last  string // id of the last event
	close func()
}

func (h *logHouse) stream(query string, lastEventID string) *logReader {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statsPatience)
	h.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/monitor/log/stream?"+query, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", lastEventID)
	answer, err := h.server.Client().Do(r) //nolint:bodyclose // with the reader
	if err != nil {
		h.t.Fatal(err)
	}
	s := &logReader{t: h.t, lines: bufio.NewScanner(answer.Body), close: func() { answer.Body.Close() }}
	h.t.Cleanup(s.close)
	for range 2 { // the comment that it begins with
		if !s.lines.Scan() || answer.StatusCode != http.StatusOK {
			h.t.Fatalf("the stream does not begin: %d %s", answer.StatusCode, s.lines.Text())
		}
	}
	return s
}

// want reads events until there are as many lines as wanted; the gaps that were told come back.
func (r *logReader) want(want string) (gaps []string) {
	r.t.Helper()
	var got []LogEntry
	for len(got) < strings.Count(want, "|")+1 && r.lines.Scan() {
		if id, ok := strings.CutPrefix(r.lines.Text(), "id: "); ok {
			r.last = id
		}
		data, ok := strings.CutPrefix(r.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var event logEvent
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			r.t.Fatal(err)
		}
		got = append(got, event.Lines...)
		if event.Gap != "" {
			gaps = append(gaps, event.Gap)
		}
		if want == "" {
			break
		}
	}
	if texts(got) != want {
		r.t.Fatalf("stream: %q, want %q (%v)", texts(got), want, r.lines.Err())
	}
	return gaps
}
