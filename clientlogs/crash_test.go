package clientlogs

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// onFolder is the options for a service on the log and the database in a folder.
func onFolder(folder string) (Options, store.Options) {
	files := logtail.NewFile(filepath.Join(folder, "broker.log"), logtail.Options{})
	return Options{
			Source: files, SourceName: "file", AtEnd: func() bool { return files.Status().State == logtail.Following },
		}, store.Options{
			Path: filepath.Join(folder, "bunkerm.db"), Migrations: Migrations(), Disk: storetest.Roomy,
		}
}

// childCollects is a process that collects, and answers on a port that it prints, until it is killed.
func childCollects(folder string) int {
	ctx := context.Background()
	o, opening := onFolder(folder)
	db, err := store.Open(ctx, opening)
	if err == nil {
		o.Store = db
		var s *Service
		if s, err = New(o); err == nil {
			mux := http.NewServeMux()
			Register(humago.New(mux, huma.DefaultConfig("test", "1")), s)
			fmt.Println(httptest.NewServer(mux).URL)
			err = s.Run(ctx)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// child is such a process.
type child struct {
	cmd     *exec.Cmd
	address string
}

func startChild(t *testing.T, folder string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CLIENTLOGS_TEST_CHILD="+folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child does not start: %v", err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// kill ends it with SIGKILL.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // the only error is that it has ended
	_ = c.cmd.Wait()
}

// writeFlood writes the log of so many clients, each of which connects from an address of its own, publishes three times, and
// leaves. It returns when everything is written.
func writeFlood(t *testing.T, path string, clients int) {
	t.Helper()
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for i := range clients {
		address := fmt.Sprintf("10.%d.%d.1:%d", i/250, i%250, 1000+i)
		stamp := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		for _, text := range []string{
			"New connection from " + address + " on port 1883.",
			fmt.Sprintf("New client connected from %s as flood-%d (p2, c1, k60, u'user-%d').", address, i, i%100),
			fmt.Sprintf("Received PUBLISH from flood-%d (d0, q0, r0, m0, 'flood/a', ... (5 bytes))", i),
			fmt.Sprintf("Received PUBLISH from flood-%d (d0, q0, r0, m0, 'flood/a', ... (5 bytes))", i),
			fmt.Sprintf("Received PUBLISH from flood-%d (d0, q0, r0, m0, 'flood/b', ... (7 bytes))", i),
			fmt.Sprintf("Client flood-%d disconnected.", i),
		} {
			if _, err := fmt.Fprintf(log, "%s: %s\n", stamp, text); err != nil {
				t.Error(err)
				return
			}
		}
	}
}

// account counts what events tell of the flood.
type account struct {
	ids                       map[int64]int
	begun, ended, fives, seen int64
	bytes                     int64
}

func (a *account) add(e *EventAnswer) {
	if a.ids == nil {
		a.ids = map[int64]int{}
	}
	a.ids[e.ID]++
	a.seen++
	switch e.Event {
	case "connect":
		a.begun += int64(e.Count)
	case "disconnect":
		a.ended += int64(e.Count)
	case "publish":
		a.fives += int64(e.Count)
		a.bytes += *e.Size
	}
}

func (a *account) want(t *testing.T, whose string, clients int64) {
	t.Helper()
	if a.begun != clients || a.ended != clients || a.fives != 3*clients || a.bytes != 17*clients {
		t.Errorf("%s: %d connects, %d disconnects, %d publishes of %d bytes by %d clients", whose, a.begun, a.ended, a.fives, a.bytes, clients)
	}
	for id, n := range a.ids {
		if n != 1 {
			t.Errorf("%s: event %d came %d times", whose, id, n)
		}
	}
}

// TestKilledInTheMiddleOfAFlood kills the process again and again while it collects. Every line has to be accounted for
// exactly once in the database, and exactly once to somebody who follows the stream all the time and takes it up again
// behind the last event that came.
func TestKilledInTheMiddleOfAFlood(t *testing.T) {
	const clients, kills = 8000, 6
	folder := t.TempDir()
	writeFlood(t, filepath.Join(folder, "broker.log"), clients)
	var streamed account
	lastID := "0"
	for killed := 0; streamed.ended < clients; killed++ {
		c := startChild(t, folder)
		l, err := listenAt(t, c.address, "", lastID)
		if err != nil {
			t.Fatal(err)
		}
		until := int64(clients)
		if killed < kills {
			until = streamed.ended + clients/kills/2
		}
		for streamed.ended < until || until == clients && streamed.fives < 3*clients {
			e := l.next()
			if e.name != "event" {
				t.Fatalf("the stream says %q", e.name)
			}
			streamed.add(&e.event)
			lastID = e.id
		}
		c.kill()
		l.close()
	}
	streamed.want(t, "the stream", clients)

	o, opening := onFolder(folder)
	o.Store = storetest.OpenWith(t, opening)
	h := build(t, o)
	eventually(t, "everything is read", h.service.known)
	h.settled()
	var stored account
	for _, e := range h.all(url.Values{"limit": {"1000"}}) {
		stored.add(&e)
	}
	stored.want(t, "the database", clients)
	if sessions, known := h.service.Sessions(); !known || len(sessions) != 0 {
		t.Errorf("%d sessions are open, known %t", len(sessions), known)
	}
}
