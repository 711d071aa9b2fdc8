package conf

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

// Diff tells how the files differ, with secrets masked. Files that are the same in both are left out.
func Diff(before, after *Config) []FileDiff { return nil }
