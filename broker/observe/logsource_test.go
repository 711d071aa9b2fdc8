package observe_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
)

// follower keeps what a log source tells.
type follower struct {
	mu    sync.Mutex
	lines []string // level, space, text
	gaps  []string
}

func (f *follower) take(b broker.LogBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b.Gap != "" {
		f.gaps = append(f.gaps, b.Gap)
		f.lines = append(f.lines, "GAP")
	}
	for _, l := range b.Lines {
		level := l.Level
		if level == 0 {
			level = '?'
		}
		f.lines = append(f.lines, string(level)+" "+string(l.Text))
	}
	return nil
}

func (f *follower) has(line string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lines {
		if strings.Contains(l, line) {
			return true
		}
	}
	return false
}

func (f *follower) start(t *testing.T, source broker.LogSource) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- source.Follow(ctx, "", f.take) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("following ends with %v", err)
		}
		if t.Failed() {
			t.Logf("the log: %q", f.lines)
		}
	})
}

func TestTheLogThatABrokerPublishes(t *testing.T) {
	for name, stamps := range map[string][]string{
		"epoch":   nil,
		"date":    {"log_timestamp_format %Y-%m-%dT%H:%M:%S"},
		"words":   {"log_timestamp_format %a: %d %b"},
		"nothing": {"log_timestamp false"},
	} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.Start(t, brokertest.Conf(append(stamps, "log_dest topic")...))
			s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"$SYS/broker/#"}})
			source := s.LogSource(0)
			start(t, s)
			var f follower
			f.start(t, source)
			awaitGranted(t, s)
			d, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "1795599988: my dev")
			if err != nil {
				t.Fatal(err)
			}
			if code, err := d.Subscribe("a: b"); err != nil || code >= 0x80 {
				t.Fatal(code, err)
			}
			if err := d.Disconnect(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the lines come", func() bool {
				return f.has("N Client 1795599988: my dev ") && f.has("disconnected")
			})
			if !f.has("S 1795599988: my dev 1 a: b") {
				t.Error("the subscription is not told as it is")
			}
			for _, line := range f.lines {
				if text := line[2:]; line[0] == 'N' && !strings.HasPrefix(text, "New c") && !strings.HasPrefix(text, "Client ") {
					t.Errorf("%q has something in front", line)
				}
			}
			if len(f.gaps) > 0 {
				t.Errorf("gaps where there are none: %q", f.gaps)
			}
		})
	}
}

func TestALogWithHolesSaysSo(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("log_dest topic"))
	s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"#", "$SYS/broker/log/#"}})
	source := s.LogSource(0)
	start(t, s)
	awaitGranted(t, s)
	// Nobody follows yet, and the queue fills.
	p := dialPlain(t, b, "device")
	p.flood(200_000, 10)
	p.settle()
	eventually(t, "something is lost", func() bool { return s.Status().Consumers[0].Lost > 0 })
	var f follower
	f.start(t, source)
	eventually(t, "the queue is empty", func() bool { return s.Status().Consumers[0].QueuedBytes == 0 })
	if _, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "late"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss is told before the next line", func() bool { return f.has("messages") || f.has("GAP") })
	eventually(t, "and the line", func() bool { return f.has("as late") })

	b.Kill()
	b.Start()
	awaitGranted(t, s)
	if _, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "later"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "lines come again", func() bool { return f.has("as later") })
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.gaps) != 2 || !strings.Contains(f.gaps[0], "messages of the broker were lost") ||
		!strings.Contains(f.gaps[1], "no connection to the broker from 2") {
		t.Errorf("gaps: %q", f.gaps)
	}
}

func TestALogThatIsNotTakenIsTold(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("log_dest topic"))
	s := observe.New(observe.Options{Endpoint: b.Endpoint(), Filters: []string{"$SYS/broker/log/#"}})
	source := s.LogSource(0)
	start(t, s)
	full := errors.New("full")
	if err := source.Follow(t.Context(), "", func(broker.LogBatch) error { return full }); !errors.Is(err, full) {
		t.Fatalf("following ends with %v", err)
	}
	var f follower
	f.start(t, source)
	if _, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "late"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line comes", func() bool { return f.has("as late") })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines[0] != "GAP" {
		t.Errorf("nothing is told of what was not taken: %q", f.lines)
	}
}
