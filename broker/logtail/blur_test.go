package logtail

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// stars overwrites a word, as package privacy does.
func stars(word string) func([]byte) int {
	return func(text []byte) int {
		n := bytes.Count(text, []byte(word))
		copy(text, bytes.ReplaceAll(text, []byte(word), bytes.Repeat([]byte("*"), len(word))))
		return n
	}
}

// TestBlurredLogIsReadOn: what was read is changed in every file, what was not is passed on as it is, and nothing is lost or passed on twice.
func TestBlurredLogIsReadOn(t *testing.T) {
	spec, addr := keptBroker(t)
	r := read(t, NewKeeper(spec.LogDir, Options{}))
	talk := func(name string, n int) {
		d, err := brokertest.Connect(t, addr, "", "", name)
		must(t, err)
		for i := range n {
			_, err := d.Publish(fmt.Sprintf("%s/%d/%s", "house", i, strings.Repeat("x", 200)), "1")
			must(t, err)
		}
		must(t, d.Disconnect())
	}
	talk("kettle", 500)
	r.line("Client kettle disconnected.", "Client kettle [127.0.0.1")
	r.end()
	before := r.position
	if older, _ := filepath.Glob(filepath.Join(spec.LogDir, "broker.log.*")); len(older) == 0 {
		t.Fatal("the log was not rotated")
	}
	talk("kettle", 20) // nobody has read this when it is blurred
	now, changed, err := Blur(spec.LogDir, before, stars("kettle"))
	must(t, err)
	if changed < 500 || now == before {
		t.Errorf("%d places, from %s to %s", changed, before, now)
	}
	r.position = now
	lines := keptLines(t, spec.LogDir)
	named := 0
	for _, line := range lines {
		if strings.Contains(line, "kettle") {
			named++
		}
	}
	if named < 20 || named > 60 {
		t.Errorf("%d lines name it", named)
	}
	r.start()
	talk("toaster", 1)
	r.line("Client toaster disconnected.", "Client toaster [127.0.0.1")
	r.wantGaps()
	got, _ := r.got()
	seen := 0
	for _, line := range got {
		if strings.Contains(line, "New client connected") {
			seen++
		}
	}
	if seen != 3 {
		t.Errorf("%d connections were told instead of 3", seen)
	}
	if _, n, err := Blur(spec.LogDir, "", stars("kettle")); n != 0 || err != nil {
		t.Errorf("without a position: %d, %v", n, err)
	}
}
