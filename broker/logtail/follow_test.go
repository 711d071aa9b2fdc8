package logtail

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// epoch puts a time stamp before a line.
func epoch(line string) string { return "1764000000: " + line }

func TestFollowsLinesAsTheyAreWritten(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	r.hint("log_dest file")
	r.state(Waiting)
	l.write(epoch("one"), epoch("two: with a colon"))
	r.want("one", "two: with a colon")
	if !r.times[0].Equal(time.Unix(1764000000, 0)) {
		t.Errorf("time = %v", r.times[0])
	}
	l.raw("1764000001: half")
	l.raw(" and the rest\n\n1764000002: three\n")
	r.want("one", "two: with a colon", "half and the rest", "three")
	s := r.state(Following)
	if s.BehindBytes != 0 || s.SizeBytes == 0 || s.Detail != "" {
		t.Errorf("status at the end: %+v", s)
	}
	r.wantGaps()
}

func TestWaitsForTheEndOfALine(t *testing.T) {
	l := newLogFile(t)
	l.raw("1764000001: half")
	r := read(t, NewFile(l.path, Options{}))
	if s := r.state(Following); s.BehindBytes != int64(len("1764000001: half")) {
		t.Errorf("status behind half a line: %+v", s)
	}
	r.want()
	l.raw(" whole\n")
	r.want("half whole")
}

func TestLineThatNeverEndsIsCut(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("first")
	r.want("first")
	l.raw(strings.Repeat("x", 3*maxLine))
	r.want("first", strings.Repeat("x", maxLine))
	// We die in the middle of it. What follows is still not a line.
	r.end()
	r.start()
	l.raw("Client victim disconnected.\nnext\n")
	r.want("first", strings.Repeat("x", maxLine), "next")
	exact := strings.Repeat("y", maxLine)
	l.write(exact, exact+"z", "last")
	r.want("first", strings.Repeat("x", maxLine), "next", exact, exact, "last")
	r.wantGaps()
}

func TestRotationByRename(t *testing.T) {
	for name, suffix := range map[string]string{"numbered": ".1", "dated": "-20261123", "any": ".kept-by-hand"} {
		t.Run(name, func(t *testing.T) {
			l := newLogFile(t)
			r := read(t, NewFile(l.path, Options{}))
			l.write("one")
			r.want("one")
			l.rename(suffix)
			l.write("two") // still to the renamed file, as the broker does until SIGHUP
			r.want("one", "two")
			r.hint("SIGHUP")
			must(t, os.WriteFile(l.path, nil, 0o600)) // logrotate's "create"
			l.write("three")
			r.want("one", "two", "three")
			l.raw("half")
			l.close()
			l.write("four")
			r.want("one", "two", "three", "half", "four")
			r.wantGaps()
		})
	}
}

func TestRotationsWhileNobodyReads(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("one", "two")
	r.want("one", "two")
	r.end()
	l.write("three")
	must(t, os.Rename(l.path, l.path+".2"))
	l.close()
	l.write("four", "five")
	must(t, os.Rename(l.path, l.path+".1"))
	l.close()
	r.start()
	r.want("one", "two", "three", "four", "five")
	l.write("six")
	r.want("one", "two", "three", "four", "five", "six")
	r.wantGaps()
}

func TestCompressedFilesAreReadToTheirEnd(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("one", "two")
	r.want("one", "two")
	r.end()
	l.write("three")
	l.zip(t, ".2.gz")
	l.write("four")
	l.zip(t, ".1.gz")
	l.write("five")
	r.start()
	r.want("one", "two", "three", "four", "five")
	r.wantGaps()

	// Compressed while we read: our file is gone, and what is there now holds nothing new.
	l.zip(t, ".0.gz")
	must(t, os.Rename(l.path+".2.gz", l.path+".3.gz"))
	must(t, os.Rename(l.path+".1.gz", l.path+".2.gz"))
	must(t, os.Rename(l.path+".0.gz", l.path+".1.gz"))
	l.write("six")
	r.want("one", "two", "three", "four", "five", "six")

	all := read(t, NewFile(l.path, Options{}))
	all.want("one", "two", "three", "four", "five", "six")
}

// zip rotates and compresses at once, as Debian's configuration has it.
func (l *logFile) zip(t *testing.T, suffix string) {
	t.Helper()
	l.close()
	data, err := os.ReadFile(l.path)
	must(t, err)
	info, err := os.Stat(l.path)
	must(t, err)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(data)
	must(t, err)
	must(t, w.Close())
	must(t, os.WriteFile(l.path+suffix, packed.Bytes(), 0o600))
	must(t, os.Chtimes(l.path+suffix, info.ModTime(), info.ModTime()))
	must(t, os.Remove(l.path))
}

func TestDamagedCompressedFile(t *testing.T) {
	l := newLogFile(t)
	for range 2000 {
		l.write("a line that compresses well")
	}
	l.zip(t, ".1.gz")
	info, err := os.Stat(l.path + ".1.gz")
	must(t, err)
	must(t, os.Truncate(l.path+".1.gz", info.Size()-10))
	l.write("behind it")
	r := read(t, NewFile(l.path, Options{}))
	r.wantGaps("damaged")
	lines, _ := r.got()
	if lines[len(lines)-1] != "behind it" {
		t.Errorf("last of %d lines: %q", len(lines), lines[len(lines)-1])
	}
}

func TestRotationByTruncation(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("one", "two")
	r.want("one", "two")
	l.copyTruncate(".1")
	l.write("three")
	r.want("one", "two", "three")
	r.wantGaps("truncated")

	// What we had not read yet is in the copy.
	r.end()
	l.write("four", "five")
	l.copyTruncate(".saved")
	l.write("six, which is so long that the file is longer than it was before it was truncated", "seven")
	r.start()
	r.want("one", "two", "three", "four", "five", "six, which is so long that the file is longer than it was before it was truncated", "seven")
	r.wantGaps("truncated", "truncated")
}

func TestTruncationThatLeavesAHole(t *testing.T) {
	l := newLogFile(t)
	f, err := os.Create(l.path)
	must(t, err)
	defer f.Close()
	_, err = f.WriteString("one\ntwo\n")
	must(t, err)
	r := read(t, NewFile(l.path, Options{}))
	r.want("one", "two")
	must(t, os.Truncate(l.path, 0))
	_, err = f.WriteAt([]byte("three\n"), 1<<20) // as a shell does that writes with > and not >>
	must(t, err)
	r.want("one", "two", "three")
	r.wantGaps("truncated")
}

func TestDeletedAndRecreated(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("one")
	r.want("one")
	must(t, os.Remove(l.path))
	l.write("two")
	l.close()
	l.write("three")
	r.want("one", "two", "three")
	r.wantGaps()

	r.end()
	must(t, os.Remove(l.path))
	l.close()
	l.write("four") // may well get the inode of the file that we knew
	r.start()
	r.want("one", "two", "three", "four")
	r.wantGaps("could not be found")
}

func TestLostPlaceGivesOnlyWhatIsProvablyNewer(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("2026-11-20 10:00:00: one", "2026-11-20 10:00:01: two")
	r.want("one", "two")
	r.end()
	must(t, os.Remove(l.path))
	l.close()
	l.write("2026-11-20 09:00:00: zero", "2026-11-20 10:00:01: two", "2026-11-20 10:00:02: three", "2026-11-20 09:00:00: clock set back")
	r.start()
	r.want("one", "two", "three", "clock set back")
	r.wantGaps("could not be found")
}

func TestPositionOfAnotherVersion(t *testing.T) {
	l := newLogFile(t)
	l.write("one")
	r := &reader{t: t, files: NewFile(l.path, Options{}), position: "something else"}
	r.start()
	defer func() { r.end() }()
	r.want("one")
	r.wantGaps("could not be found")
}

func TestThingsThatAreNoFile(t *testing.T) {
	l := newLogFile(t)
	must(t, syscall.Mkfifo(l.path, 0o600))
	r := read(t, NewFile(l.path, Options{}))
	if s := r.state(Unreadable); s.Hint == "" {
		t.Errorf("status of a pipe: %+v", s)
	}
	must(t, os.Remove(l.path))
	must(t, os.Mkdir(l.path, 0o700))
	r.state(Unreadable)
	must(t, os.Remove(l.path))
	l.write("one")
	r.want("one")
	// The file that we read is replaced by a folder: nothing is lost of it.
	l.rename(".1")
	must(t, os.Mkdir(l.path, 0o700))
	l.write("two")
	r.want("one", "two")
	r.state(Unreadable)
	must(t, os.Remove(l.path))
	l.close()
	l.write("three")
	r.want("one", "two", "three")
	r.wantGaps()
}

func TestSymbolicLink(t *testing.T) {
	l := newLogFile(t)
	link := l.path + ".link"
	must(t, os.Symlink(l.path, link))
	l.write("one")
	r := read(t, NewFile(link, Options{}))
	r.want("one")
	r.end()
	l.write("two")
	l.rename(".1")
	l.close()
	l.write("three")
	r.start()
	r.want("one", "two", "three")
	r.wantGaps()
}

func TestCopyPutInThePlaceOfTheFile(t *testing.T) {
	l := newLogFile(t)
	r := read(t, NewFile(l.path, Options{}))
	l.write("one", "two")
	r.want("one", "two")
	data, err := os.ReadFile(l.path)
	must(t, err)
	must(t, os.WriteFile(l.path+".tmp", data, 0o600))
	must(t, os.Rename(l.path+".tmp", l.path))
	l.close()
	l.write("three")
	r.want("one", "two", "three")
	r.wantGaps()
}
