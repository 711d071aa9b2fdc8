package keeper_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// flood makes the broker print about 1 kB for each of n messages, and fails when it stops serving.
func (b *bench) flood(n int) {
	b.t.Helper()
	d := b.connect("flood")
	topic := strings.Repeat("flood/", 150)
	for i := range n {
		d.publish(fmt.Sprint(topic, i), "x")
	}
	d.ping() // the broker has read, and logged, all of them
}

// The buffer of lines holds 4 MiB, and as much may be on its way to the disk.
const moreThanTheBufferHolds = 12_000

func TestFullDeviceDoesNotBlockTheBroker(t *testing.T) {
	b := newBench(t)
	b.debugging()
	b.LogFileBytes = 64 << 20
	path := filepath.Join(b.LogDir, keeper.BrokerLogName)
	must(t, os.Symlink("/dev/full", path))
	c, _ := b.started()
	b.flood(moreThanTheBufferHolds)
	st := b.until(c, "loss", func(st keeper.Status) bool { return st.LogDropped > 0 })
	if st.State != keeper.Running || st.Restarts != 0 {
		t.Errorf("status: %+v", st)
	}

	must(t, os.Remove(path))
	b.logged("lines of the broker's log are missing here")
	b.connect("after-the-flood")
	b.logged("as after-the-flood ")
	b.countFlood(c)
}

func TestFullDiskDoesNotBlockTheBroker(t *testing.T) {
	b := newBench(t)
	b.debugging()
	b.LogFileBytes, b.LogFiles = 64<<20, 1
	if err := syscall.Mount("tmpfs", b.LogDir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a file system cannot be mounted here (%v); TestFullDeviceDoesNotBlockTheBroker has the other half", err)
	}
	// Detached at once when the test ends, although the keeper may still have its files open.
	t.Cleanup(func() { must(t, syscall.Unmount(b.LogDir, syscall.MNT_DETACH)) })
	filler := filepath.Join(b.LogDir, "filler")
	must(t, os.WriteFile(filler, make([]byte, 1<<20), 0o600))
	c, _ := b.started()
	b.flood(moreThanTheBufferHolds)
	b.until(c, "loss", func(st keeper.Status) bool { return st.LogDropped > 0 })

	// Room again: everything that was held back comes, in order, and no line is torn where the disk was full.
	must(t, syscall.Mount("", b.LogDir, "", syscall.MS_REMOUNT, "size=64m"))
	b.logged("lines of the broker's log are missing here")
	b.connect("after-the-flood")
	b.logged("as after-the-flood ")
	b.countFlood(c)
}

// countFlood checks that every line is whole, that messages are in order, and that the gap is as large as said.
func (b *bench) countFlood(c *keeper.Client) {
	b.t.Helper()
	var said, lines, received int64
	last := -1
	for text := range strings.Lines(b.files("broker.log")) {
		l, ok := keeper.ParseLine([]byte(strings.TrimSuffix(text, "\n")))
		if !ok {
			b.t.Fatalf("torn line %.200q", text)
		}
		lines++
		if l.Own {
			var n int64
			if _, err := fmt.Sscanf(string(l.Text), "%d lines of the broker's log are missing", &n); err == nil {
				said += n
			}
			continue
		}
		var i int
		if at := strings.LastIndex(string(l.Text), "flood/"); at >= 0 && strings.HasPrefix(string(l.Text), "Received PUBLISH") {
			if _, err := fmt.Sscanf(string(l.Text[at+6:]), "%d", &i); err == nil {
				if received++; i <= last {
					b.t.Fatalf("message %d comes after %d", i, last)
				}
				last = i
			}
		}
	}
	if received+said < moreThanTheBufferHolds {
		b.t.Errorf("%d lines, %d of them messages; the log says %d are missing", lines, received, said)
	}
	b.until(c, fmt.Sprintf("status with %d lost lines", said), func(st keeper.Status) bool { return st.LogDropped == said })
}

func TestRotationIsBounded(t *testing.T) {
	b := newBench(t)
	b.debugging()
	b.LogFileBytes, b.LogFiles = 64<<10, 3
	must(t, os.WriteFile(filepath.Join(b.LogDir, "broker.log.7"), []byte("from a larger bound\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(b.LogDir, "broker.log"), []byte("2026-11-23T20:46:11.042Z a line that nobody finis"), 0o600))
	b.started()
	b.flood(1000)
	b.connect("after-the-flood")
	b.logged("as after-the-flood ")

	entries, err := filepath.Glob(filepath.Join(b.LogDir, "broker.log*"))
	must(t, err)
	if len(entries) != 3 {
		t.Errorf("files: %q", entries)
	}
	for _, path := range entries {
		info, err := os.Stat(path)
		must(t, err)
		if info.Size() > b.LogFileBytes || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has %d bytes and mode %v", path, info.Size(), info.Mode())
		}
		data, err := os.ReadFile(path)
		must(t, err)
		for line := range strings.Lines(string(data)) {
			if _, ok := keeper.ParseLine([]byte(strings.TrimSuffix(line, "\n"))); !ok {
				t.Fatalf("%s: torn line %q", path, line)
			}
		}
	}
}

func TestLogFolderThatIsMovedAway(t *testing.T) {
	b := newBench(t)
	b.started()
	b.connect("one")
	b.logged("as one ")
	must(t, os.Rename(b.LogDir, b.LogDir+".old"))
	must(t, os.Mkdir(b.LogDir, 0o700))
	// The keeper looks whether its file is still the one of that name; until then lines go to the old place.
	i := 0
	eventually(t, "log in the new folder", func() bool {
		i++
		b.connect(fmt.Sprint("two-", i))
		return strings.Contains(b.files("broker.log"), "as two-")
	})
}
