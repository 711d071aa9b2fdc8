package conf

import (
	"bytes"
	"strings"
)

// File is the text of one file and what its lines say. It never changes.
type File struct {
	Name string

	text       string
	starts     []int       // where each line begins
	statements []statement // the lines that set something, in their order
	nuls       []int       // lines with a NUL byte, from 1
	rest       int         // the first line with a setting that is not in statements any more; 0: all are
	cut        int         // the line at which the broker stops reading because of a NUL byte; 0: it reads all
}

// statement is a line that sets something.
type statement struct {
	line  int // from 1
	key   string
	keyAt int    // where the key begins in the text
	rest  string // what follows the space behind the key, up to the line's end
	at    int    // where rest begins in the text
}

// mostSettings is how many settings of a file are read, and of a whole configuration: five megabytes of two-byte lines
// would else take a gigabyte of memory. Check says when there are more.
const mostSettings = 200_000

// Parse reads a file. It never fails: what is no setting is kept as text.
//
// The broker takes a line as a comment only when # is its first byte, leaves out lines that begin with a line ending or
// hold nothing but spaces, strips CR and LF from the end, and splits key and value at a space and at nothing else: a tab
// belongs to the key. Seen with 2.0.11 and 2.1.2.
func Parse(name string, text []byte) *File {
	f := &File{Name: name, text: string(text)}
	f.starts = make([]int, 0, bytes.Count(text, []byte{'\n'})+1)
	hasNUL := bytes.IndexByte(text, 0) >= 0
	for at := 0; at < len(f.text); {
		f.starts = append(f.starts, at)
		line, next := f.text[at:], len(f.text)
		if n := strings.IndexByte(line, '\n'); n >= 0 {
			line, next = line[:n], at+n+1
		}
		if f.cut == 0 {
			if hasNUL {
				line = f.upToNUL(line, next == len(f.text) && !strings.HasSuffix(f.text, "\n"))
			}
			if f.cut == 0 {
				f.read(line, at)
			}
		}
		at = next
	}
	return f
}

// upToNUL is what the broker's reader of lines makes of a NUL byte: one at the beginning makes the line empty, one in
// the last line without an ending cuts the line, and any other one ends the file, that line included.
func (f *File) upToNUL(line string, last bool) string {
	n := strings.IndexByte(line, 0)
	if n < 0 {
		return line
	}
	f.nuls = append(f.nuls, len(f.starts))
	if n > 0 && !last {
		f.cut = len(f.starts)
	}
	return line[:n]
}

// read takes a line apart that begins at the given place of the text.
func (f *File) read(line string, at int) {
	if line == "" || line[0] == '#' || line[0] == '\r' {
		return
	}
	line = strings.TrimRight(line, "\r")
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if indent == len(line) {
		return
	}
	if len(f.statements) == mostSettings {
		if f.rest == 0 {
			f.rest = len(f.starts)
		}
		return
	}
	st := statement{line: len(f.starts), keyAt: at + indent}
	st.key, st.rest, _ = strings.Cut(line[indent:], " ")
	st.at = min(st.keyAt+len(st.key)+1, at+len(line))
	f.statements = append(f.statements, st)
}

// Bytes is the text, byte for byte as it was read.
func (f *File) Bytes() []byte { return []byte(f.text) }

// Lines is the number of lines.
func (f *File) Lines() int { return len(f.starts) }

// span is where a line begins and where the next one does.
func (f *File) span(line int) (from, to int) {
	if line < len(f.starts) {
		return f.starts[line-1], f.starts[line]
	}
	return f.starts[line-1], len(f.text)
}

// line is a line without its ending.
func (f *File) line(n int) string {
	from, to := f.span(n)
	return strings.TrimRight(f.text[from:to], "\r\n")
}

// ending is the line ending that the file uses: that of its first line.
func (f *File) ending() string {
	if n := strings.IndexByte(f.text, '\n'); n > 0 && f.text[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// blanks are what the broker trims from the values of settings: C's isspace.
const blanks = " \t\n\v\f\r"

func trim(s string) string { return strings.Trim(s, blanks) }

// firstWord is how the broker reads numbers, switches and names: up to the next space.
func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
	return word
}
