package logtail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// TestMain lets the test binary be the keeper.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "keeper" {
		if err := keeper.Main(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		syscall.Exit(0) // without the second that the race detector waits at every end
	}
	goleak.VerifyTestMain(m)
}

// keptBroker starts a keeper with a broker that logs everything into small files, and returns the keeper's order and
// the broker's address.
func keptBroker(t *testing.T) (keeper.Spec, string) {
	t.Helper()
	root, err := os.MkdirTemp("", "logtail") // a socket's path must be short
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(root)) })
	for _, dir := range []string{"broker", "log", "run"} {
		must(t, os.Mkdir(filepath.Join(root, dir), 0o700))
	}
	executable, _ := brokertest.Mosquitto(t)
	spec := keeper.Spec{
		Mosquitto: executable, Dir: filepath.Join(root, "broker"), Config: "mosquitto.conf",
		LogDir: filepath.Join(root, "log"), ProvenDir: filepath.Join(root, "proven"),
		Socket: filepath.Join(root, "run", "keeper.sock"), UID: -1, GID: -1,
		LogFileBytes: 64 << 10, LogFiles: 500, StopTimeout: patience,
	}
	port := brokertest.FreePort(t)
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nlog_dest stderr\nlog_timestamp false\nlog_type all\n", port)
	if os.Geteuid() == 0 {
		conf += "user root\n"
	}
	must(t, os.WriteFile(filepath.Join(spec.Dir, spec.Config), []byte(conf), 0o600))
	path := filepath.Join(root, "run", "keeper.json")
	must(t, spec.Write(path))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := keeper.Spawn(ctx, os.Args[0], path)
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := c.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	_, err = c.Start(ctx)
	must(t, err)
	return spec, fmt.Sprintf("127.0.0.1:%d", port)
}

func TestRealKeeperAndBroker(t *testing.T) {
	spec, addr := keptBroker(t)
	r := read(t, NewKeeper(spec.LogDir, Options{}))
	d, err := brokertest.Connect(t, addr, "", "", "flood")
	must(t, err)
	topic := strings.Repeat("flood/", 150)
	const messages = 3000
	for i := range messages {
		_, err := d.Publish(fmt.Sprint(topic, i), "x")
		must(t, err)
		if i%500 == 250 { // we die and come back, and miss some rotations
			r.end()
		} else if i%500 == 450 {
			r.start()
		}
	}
	must(t, d.Disconnect())
	r.line("Client flood disconnected.", "Client flood [127.0.0.1")
	r.wantGaps()

	lines, _ := r.got()
	if len(r.own) == 0 || !r.own[0] {
		t.Errorf("the first line, %q, is not the keeper's own", lines[0])
	}
	want := keptLines(t, spec.LogDir)
	if len(want) < messages || !slices.Equal(lines, want[:len(lines)]) {
		t.Errorf("%d lines read, %d in the files", len(lines), len(want))
	}
	now := time.Now()
	for i, at := range r.times {
		if at.Before(now.Add(-10*time.Minute)) || at.After(now) {
			t.Fatalf("line %q has the time %v", lines[i], at)
		}
	}
	found := pages(t, r.files, Query{Limit: 1000, Keep: func(l *broker.LogLine) bool { return strings.HasPrefix(string(l.Text), "Received PUBLISH from flood") }}, nil)
	if len(found) != messages {
		t.Errorf("the search finds %d of %d messages", len(found), messages)
	}
}

// line waits for one that begins so.
func (r *reader) line(prefixes ...string) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("line %q", prefixes), func() bool {
		lines, _ := r.got()
		return slices.ContainsFunc(lines, func(l string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(l, p) })
		})
	}, func() string { lines, gaps := r.got(); return fmt.Sprintf("%d lines, gaps %q", len(lines), gaps) })
}

// keptLines is all lines in the keeper's files.
func keptLines(t *testing.T, dir string) (lines []string) {
	t.Helper()
	chain, _, err := NewKeeper(dir, Options{}).chain()
	must(t, err)
	for _, e := range chain {
		data, err := os.ReadFile(e.path)
		must(t, err)
		for line := range strings.Lines(string(data)) {
			l, ok := keeper.ParseLine([]byte(strings.TrimSuffix(line, "\n")))
			if !ok {
				t.Fatalf("%s: torn line %q", e.path, line)
			}
			lines = append(lines, string(l.Text))
		}
	}
	return lines
}

func TestLinesThatNoKeeperWroteAsAWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, keeper.BrokerLogName)
	must(t, os.WriteFile(path, []byte("2026-11-23T20:46:11.042Z one\n"+
		"2026-11-23T20:46:11.0\nand its end\n2026-11-23T20:46:11.043Z! the broker ended\n"+
		"2026-11-23T20:46:10.999Z two: the clock was set back\n2026-11-2\n2026-11-23T20:46:11.044Z three\n"), 0o600))
	r := read(t, NewKeeper(dir, Options{}))
	r.want("one", "the broker ended", "two: the clock was set back", "three")
	r.wantGaps("2 lines", "A line")
	if !slices.Equal(r.own, []bool{false, true, false, false}) {
		t.Errorf("own = %v", r.own)
	}
	if at := r.times[2].Format(time.RFC3339Nano); at != "2026-11-23T20:46:10.999Z" {
		t.Errorf("time = %v", at)
	}
}

func TestKeeperFilesThatAreTooOldAreRemoved(t *testing.T) {
	dir := t.TempDir()
	line := "2026-11-23T20:46:11.042Z line\n"
	ages := map[string]int{"": 9, ".1": 8, ".2": 6, ".3": 8, ".4": 10}
	for name, days := range ages {
		path := filepath.Join(dir, keeper.BrokerLogName+name)
		must(t, os.WriteFile(path, []byte(line), 0o600))
		at := time.Now().AddDate(0, 0, -days)
		must(t, os.Chtimes(path, at, at))
	}
	must(t, os.WriteFile(filepath.Join(dir, "keeper.log.4"), nil, 0o600))
	watched := make(chan struct{})
	f := NewKeeper(dir, Options{KeepFor: 7 * 24 * time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// A page that shows the log removes nothing.
	must(t, f.Watch(ctx, "", func(broker.LogBatch) error {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 6 {
			t.Errorf("left: %v, %v", left, err)
		}
		select {
		case <-watched:
			cancel()
		default:
			close(watched)
		}
		return nil
	}))
	r := read(t, f)
	r.want("line", "line", "line", "line", "line")
	eventually(t, "removal of the two oldest", func() bool {
		left, err := os.ReadDir(dir)
		must(t, err)
		return len(left) == 4
	}, func() string { left, _ := os.ReadDir(dir); return fmt.Sprint(left) })
	for _, name := range []string{".3", ".4"} {
		if _, err := os.Stat(filepath.Join(dir, keeper.BrokerLogName+name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("broker.log%s is still there: %v", name, err)
		}
	}
}

// TestFileOfARealBroker lets mosquitto write its file itself and rotates it as logrotate does, with SIGHUP behind.
func TestFileOfARealBroker(t *testing.T) {
	for name, conf := range map[string]string{
		"epoch": "log_timestamp true", "iso": "log_timestamp_format %Y-%m-%dT%H:%M:%S%z", "none": "log_timestamp false",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mosquitto.log")
			r := read(t, NewFile(path, Options{}))
			b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous(), brokertest.Conf("log_dest file "+path, conf))
			connect := func(id string) {
				d, err := b.Connect(t, "", "", id)
				must(t, err)
				must(t, d.Disconnect())
				r.line("Client "+id+" disconnected.", "Client "+id+" [127.0.0.1")
			}
			connect("first")
			must(t, os.Rename(path, path+".1"))
			connect("between")
			b.Reload()
			r.state(Following)
			connect("second")
			r.end()
			connect2, err := b.Connect(t, "", "", "away")
			must(t, err)
			must(t, connect2.Disconnect())
			must(t, os.Rename(path+".1", path+".2"))
			must(t, os.Rename(path, path+".1"))
			b.Reload()
			r.start()
			connect("third")
			r.wantGaps()
			lines, _ := r.got()
			for _, id := range []string{"first", "between", "second", "away", "third"} {
				n := 0
				for i, l := range lines {
					if strings.Contains(l, " as "+id+" ") {
						n++
						if !strings.HasPrefix(l, "New client connected from 127.0.0.1:") || time.Since(r.times[i]) > time.Hour {
							t.Errorf("%v %q", r.times[i], l)
						}
					}
				}
				if n != 1 {
					t.Errorf("%s connected %d times", id, n)
				}
			}
		})
	}
}
