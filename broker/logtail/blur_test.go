package logtail

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// stars overwrites a word, as package privacy does.
func stars(word string) func([]byte) int {
	return func(text []byte) int {
		n := bytes.Count(text, []byte(word))
		copy(text, bytes.ReplaceAll(text, []byte(word), bytes.Repeat([]byte("*"), len(word))))
		return n
	}
}

// count counts the lines that have one of some words.
func count(lines []string, words ...string) (n int) {
	for _, line := range lines {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
			n++
		}
	}
	return n
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
	second := read(t, NewKeeper(spec.LogDir, Options{}))
	eventually(t, "the keeper has written both", func() bool {
		lines, _ := second.got()
		return count(lines, "Client kettle disconnected.", "Client kettle [127.0.0.1") == 2
	}, func() string { lines, _ := second.got(); return fmt.Sprintf("%d lines", len(lines)) })
	second.end()
	now, changed, err := Blur(spec.LogDir, before, stars("kettle"))
	must(t, err)
	if changed < 500 || now == before {
		t.Errorf("%d places, from %s to %s", changed, before, now)
	}
	r.position = now
	lines := keptLines(t, spec.LogDir)
	if named := count(lines, "kettle"); named < 20 || named > 60 {
		t.Errorf("%d lines name it", named)
	}
	r.start()
	talk("toaster", 1)
	r.line("Client toaster disconnected.", "Client toaster [127.0.0.1")
	r.wantGaps()
	got, _ := r.got()
	if seen := count(got, "New client connected"); seen != 3 {
		t.Errorf("%d connections were told instead of 3", seen)
	}
	if _, n, err := Blur(spec.LogDir, "", stars("kettle")); n != 0 || err != nil {
		t.Errorf("without a position: %d, %v", n, err)
	}
}

// TestBlurredWhileFilesMove: the keeper begins a new file in the middle of it, and every older one is changed all the same.
func TestBlurredWhileFilesMove(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, keeper.BrokerLogName)
	line := func(text string) string { return "2026-11-23T20:46:11.042Z " + text + "\n" }
	for i, name := range []string{path + ".3", path + ".2", path + ".1", path} {
		must(t, os.WriteFile(name, []byte(line(fmt.Sprintf("kettle %d", i))), 0o600))
	}
	r := read(t, NewKeeper(dir, Options{}))
	r.want("kettle 0", "kettle 1", "kettle 2", "kettle 3")
	r.end()
	moved := false
	now, changed, err := Blur(dir, r.position, func(text []byte) int {
		if !moved {
			moved = true
			for i := 3; i > 0; i-- {
				must(t, os.Rename(fmt.Sprint(path, ".", i), fmt.Sprint(path, ".", i+1)))
			}
			must(t, os.Rename(path, path+".1"))
			must(t, os.WriteFile(path, []byte(line("kettle 4")), 0o600))
		}
		return stars("kettle")(text)
	})
	must(t, err)
	if lines := keptLines(t, dir); changed != 4 || !slices.Equal(lines, []string{"****** 0", "****** 1", "****** 2", "****** 3", "kettle 4"}) {
		t.Errorf("%d places: %q", changed, lines)
	}
	r.position = now
	r.start()
	r.want("kettle 0", "kettle 1", "kettle 2", "kettle 3", "kettle 4")
	r.wantGaps()
}
