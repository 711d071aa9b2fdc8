package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// TestARefusalNamesALine first, and each thing that is wrong once.
func TestARefusalNamesALine(t *testing.T) {
	h := build(t)
	for lines, says := range map[string]string{
		"include_dir nowhere\n":             "There is no folder nowhere",
		strings.Repeat("nonsense 1\n", 600): `There is no setting "nonsense"`,
	} {
		_, err := h.put(h.text() + lines)
		f := fault.From(err)
		if f.Kind != fault.Invalid || !strings.Contains(f.Message, says) {
			t.Errorf("%v", err)
		}
		if lines == "include_dir nowhere\n" && len(f.Fields) != 1 {
			t.Errorf("%+v", f.Fields)
		}
	}
}

// TestAFileThatNobodyReads is refused instead of being left out without a word, and so is to remove the main file.
func TestAFileThatNobodyReads(t *testing.T) {
	h := build(t)
	for says, files := range map[string][]FileText{
		"would not read x.conf": {{Name: "x.conf", Text: "max_keepalive 60\n"}},
		"main file":             {{Name: "mosquitto.conf", Remove: true}},
	} {
		_, _, err := h.Change(within(t), BrokerChange{Files: files}, ChangeOptions{})
		if f := fault.From(err); f.Kind != fault.Invalid || !strings.Contains(f.Message, says) || len(f.Fields) != 1 {
			t.Errorf("%s: %v", says, err)
		}
	}
	both := []FileText{{Name: "mosquitto.conf", Text: h.text() + "include_dir more.d\n"}, {Name: "more.d/x.conf", Text: "max_keepalive 60\n"}}
	if _, _, err := h.Change(within(t), BrokerChange{Files: both}, ChangeOptions{}); err != nil {
		t.Error(err)
	}
}

// TestTheListenerOfOurOwnStays, or nobody is disconnected in vain.
func TestTheListenerOfOurOwnStays(t *testing.T) {
	port := freePort(t)
	h := build(t, func(o *Options) { o.OwnPort = port })
	without := h.text()
	if _, err := h.put(without + fmt.Sprintf("listener %d 127.0.0.1\n", port)); err != nil {
		t.Fatal(err)
	}
	pid := h.managed.Status().BrokerPID
	_, err := h.put(without)
	if f := fault.From(err); f.Kind != fault.Invalid || !strings.Contains(f.Message, fmt.Sprint(port)) || f.HintText == "" {
		t.Errorf("%v", err)
	}
	if h.managed.Status().BrokerPID != pid {
		t.Error("the broker was restarted")
	}
	if _, err := h.put(h.text() + "# else\n"); err != nil {
		t.Error(err)
	}
}
