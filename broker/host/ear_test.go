package host

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// follow gives the site the broker's log as it is written.
func (h *house) follow(s *Site) {
	h.t.Helper()
	f, err := os.Open(h.path("broker.log"))
	h.must(err)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		stamp := regexp.MustCompile(`^\d+: `)
		r := bufio.NewReader(f)
		part := ""
		for {
			text, err := r.ReadString('\n')
			part += text
			if err == nil {
				s.Hear(broker.LogBatch{Lines: []broker.LogLine{{Text: []byte(stamp.ReplaceAllString(strings.TrimSuffix(part, "\n"), ""))}}})
				part = ""
				continue
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	h.t.Cleanup(func() { close(stop); <-stopped; f.Close() })
	h.must(until("the log is heard", func() bool { s.ear.mu.Lock(); defer s.ear.mu.Unlock(); return s.ear.flows }))
}

// A broker that does not accept its files at a signal goes on as it was, and does not start with them the next time.
func TestASignalThatTheBrokerDoesNotFollow(t *testing.T) {
	h := build(t)
	s := h.open()
	h.follow(s)
	h.must(s.Reload(within(t)))
	err := s.ReplaceConf(within(t), h.change(s, broker.ByReload, "# somebody's broker", "nonsense 1"))
	if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.Message, "nonsense") || !strings.Contains(f.HintText, "The files from before are back") {
		t.Errorf("%+v", f)
	}
	h.serves()
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByReload, "# somebody's broker", "# a thought")))
	if err := s.ReplaceConf(within(t), h.change(s, broker.ByRestart, "# a thought", "nonsense 1")); !strings.Contains(fault.From(err).Message, "nonsense") {
		t.Errorf("why it does not start is not told: %v", err)
	}
	h.serves()
}

func TestWhatIsHeardOfDevicesIsNoComplaint(t *testing.T) {
	e := newEar()
	for _, line := range []string{
		"Reloading config.", "Client Error found at x disconnected.", "Error found at mosquitto.conf:5.",
	} {
		e.line([]byte(line))
	}
	if err := e.reloaded(t.Context()); err != nil {
		t.Errorf("what came after other things counts: %v", err)
	}
	e.forget()
	e.line([]byte("Error: something"))
	e.line([]byte("Reloading config."))
	if err := e.reloaded(t.Context()); err != nil || e.words() != "Error: something" {
		t.Errorf("%v, %q", err, e.words())
	}
}
