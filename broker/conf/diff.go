package conf

import "strings"

// FileStatus is what became of a file.
type FileStatus string

// What may become of a file.
const (
	FileAdded   FileStatus = "added"
	FileChanged FileStatus = "changed"
	FileRemoved FileStatus = "removed"
)

// LineOp is what became of a line.
type LineOp string

// What may become of a line.
const (
	LineSame    LineOp = "same"
	LineAdded   LineOp = "added"
	LineRemoved LineOp = "removed"
)

// FileDiff is how one file differs.
type FileDiff struct {
	File   string
	Status FileStatus
	Hunks  []Hunk
	Left   int // how many changed lines are not in Hunks any more, in a diff that is too long to be read
}

// Hunk is a run of changed lines with up to three lines of context on each side.
type Hunk struct {
	Lines []DiffLine
}

// DiffLine is a line of a hunk, without its line ending.
type DiffLine struct {
	Op       LineOp
	Old, New int // line numbers from 1; 0 where the line is not in that file
	Text     string
}

// How much of a diff is told: lines around each change, and changed lines in all of a file.
const (
	context     = 3
	mostChanged = 20000
)

// Diff tells how the files differ, with secrets masked. Files that are the same in both are left out. A secret that has
// changed shows as a line that is removed and added with the same text.
func Diff(before, after *Config) []FileDiff {
	var all []FileDiff
	for _, f := range after.files {
		old := before.File(f.Name)
		switch {
		case old == nil:
			all = append(all, fileDiff(&File{Name: f.Name}, f, FileAdded))
		case old.text != f.text:
			all = append(all, fileDiff(old, f, FileChanged))
		}
	}
	for _, f := range before.files {
		if after.File(f.Name) == nil {
			all = append(all, fileDiff(f, &File{Name: f.Name}, FileRemoved))
		}
	}
	return all
}

func fileDiff(before, after *File, status FileStatus) FileDiff {
	d := FileDiff{File: after.Name, Status: status}
	var shown int
	var hunk []DiffLine
	same := context + 1 // unchanged lines since the last change
	flush := func() {
		if len(hunk) > 0 {
			if same > context {
				hunk = hunk[:len(hunk)-(same-context)]
			}
			d.Hunks = append(d.Hunks, Hunk{hunk})
		}
		hunk = nil
	}
	var lead []DiffLine // the last unchanged lines, for the beginning of the next hunk
	add := func(l DiffLine) {
		if l.Op == LineSame {
			same++
			lead = append(lead, l)
			if len(lead) > context {
				lead = lead[1:]
			}
			if len(hunk) > 0 {
				hunk = append(hunk, l)
				if same > 2*context {
					flush()
				}
			}
			return
		}
		if shown++; shown > mostChanged {
			d.Left++
			return
		}
		if len(hunk) == 0 {
			hunk = append(hunk, lead...)
		}
		same, lead = 0, lead[:0:0]
		hunk = append(hunk, l)
	}
	i, j := 0, 0
	to := func(x, y int) {
		for ; i < x; i++ {
			add(DiffLine{LineRemoved, i + 1, 0, before.masked(i + 1)})
		}
		for ; j < y; j++ {
			add(DiffLine{LineAdded, 0, j + 1, after.masked(j + 1)})
		}
	}
	for _, m := range matches(before.wholeLines(), after.wholeLines()) {
		to(m.old, m.new)
		for k := range m.n {
			// In the middle of a long run nothing is near enough to a change to be told.
			if k <= 2*context || k >= m.n-context {
				add(DiffLine{LineSame, i + 1, j + 1, after.masked(j + 1)})
			}
			i, j = i+1, j+1
		}
	}
	to(before.Lines(), after.Lines())
	flush()
	return d
}

// wholeLines are the lines with their endings, which a change of the endings changes.
func (f *File) wholeLines() []string {
	lines := make([]string, 0, len(f.starts))
	for line := range strings.Lines(f.text) {
		lines = append(lines, line)
	}
	return lines
}
