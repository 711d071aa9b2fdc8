package conf

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// readings is how many included files are read at most; each include_dir line counts the files of its folder again.
const readings = 2000

// entry is a setting with what the rest of the package needs to know of it.
type entry struct {
	Setting
	key       string      // what the broker takes as the key, of which Key may be a part
	def       *Definition // nil: unknown
	rest      string      // the value as the line has it, with the space around it
	statement int         // its index in the file
	file      *File
	scope     int // index in Config.scopes
}

// scope is a place that settings belong to. The same name may come twice, when the configuration has two listeners of
// the same address.
type scope struct {
	name Scope
	kind string // global, listener, bridge, plugin
	file string
	line int // of the line that makes it; 0: none
}

// loader reads files in the broker's order.
type loader struct {
	c        *Config
	files    map[string]*File
	lists    map[string][]string
	defaultL int // the scope of the default listener; -1 while there is none
	perL     bool
	plugins  map[string]int // by the name of plugin_load
	count    int
}

func load(main string, src Source, texts map[string][]byte) (*Config, error) {
	c := &Config{src: src, overrides: texts, scopes: []scope{{name: Global, kind: onGlobal}}}
	l := &loader{c: c, files: map[string]*File{}, lists: map[string][]string{}, defaultL: -1, plugins: map[string]int{}}
	f, err := l.file(main)
	if err != nil {
		kind := fault.Unavailable
		if errors.Is(err, fs.ErrNotExist) {
			kind = fault.NotFound
		}
		return nil, fault.Newf(kind, "%s cannot be read", path.Base(main)).
			Hint("see that the file is there and that BunkerM may read it").Because(err)
	}
	l.read(f, 0)
	c.settings = make([]Setting, len(c.entries))
	for i, e := range c.entries {
		c.settings[i] = e.Setting
	}
	c.summarise()
	return c, nil
}

// file reads and parses a file once.
func (l *loader) file(name string) (*File, error) {
	if f := l.files[name]; f != nil {
		return f, nil
	}
	text, ok := l.c.overrides[name]
	if !ok {
		var err error
		if text, err = l.c.src.ReadFile(name); err != nil {
			return nil, err
		}
	}
	f := Parse(name, text)
	l.files[name] = f
	l.c.files = append(l.c.files, f)
	return f, nil
}

// cursor is what a line of a file belongs to. Each file begins with a new one: an included file does not know the
// listener, bridge and plugin above its include_dir line, and that line's file goes on with its own. Seen with both.
type cursor struct{ listener, bridge, plugin int }

func (l *loader) read(f *File, level int) {
	cur := cursor{-1, -1, -1}
	l.c.entries = slices.Grow(l.c.entries, min(len(f.statements), mostSettings-len(l.c.entries)))
	for i, st := range f.statements {
		if len(l.c.entries) >= mostSettings {
			if f.rest == 0 {
				f.rest = st.line
			}
			return
		}
		e := entry{
			Setting: Setting{Key: st.key, Value: trim(st.rest), File: f.Name, Line: st.line}, key: st.key,
			rest: st.rest, statement: i, file: f, def: lookup(st.key),
		}
		if e.Known = e.def != nil; !e.Known {
			e.guess()
		}
		e.scope = l.place(&e, &cur)
		e.Scope = l.c.scopes[e.scope].name
		l.c.entries = append(l.c.entries, e)
		switch st.key {
		case "per_listener_settings":
			word := firstWord(st.rest)
			l.perL = l.perL || word == "true" || word == "1"
		case "include_dir":
			// Only the main file may include: 2.0 passes over the line, 2.1 refuses it.
			if level == 0 {
				l.include(st.rest, f, st.line)
			}
		}
	}
}

// include reads the files of a folder. The broker takes the rest of the line as it is, space included.
func (l *loader) include(dir string, f *File, line int) {
	problem := func(message, hint string) {
		l.c.problems = append(l.c.problems, Problem{File: f.Name, Line: line, Severity: Error, Key: "include_dir", Message: message, Hint: hint})
	}
	if trim(dir) == "" {
		return // Check says that a value is missing
	}
	if dir != trim(dir) {
		problem("The name of the folder begins or ends with a space, which the broker takes as part of it.",
			"Leave one space between include_dir and the name, and none behind it.")
		return
	}
	names, known := l.lists[dir]
	if !known {
		var err error
		if names, err = l.c.src.List(dir); err != nil {
			message := "The folder " + dir + " cannot be read."
			if errors.Is(err, fs.ErrNotExist) {
				message = "There is no folder " + dir + "."
			}
			problem(message, "Create the folder, or remove the line: the broker does not start without it.")
			return
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !included(name) })
		slices.SortFunc(names, inReadingOrder)
		l.lists[dir] = names
	}
	for _, name := range names {
		if l.count++; l.count > readings {
			problem("More than "+strconv.Itoa(readings)+" files are included; the rest has not been looked at.", "Include each folder once.")
			return
		}
		included, err := l.file(path.Join(dir, name))
		if err != nil {
			problem(path.Join(dir, name)+" cannot be read.", "See that it is a file which the broker's user may read.")
			continue
		}
		if included == l.c.files[0] {
			problem("The folder "+dir+" holds the main file, which would include itself.", "Include a folder of its own.")
			continue
		}
		l.read(included, 1)
	}
}

// included tells whether the broker reads a file of an included folder: .conf in small letters behind at least one
// more byte; hidden files too.
func included(name string) bool { return len(name) > len(".conf") && strings.HasSuffix(name, ".conf") }

// inReadingOrder sorts as the broker does: byte by byte without regard to case, where a capital letter comes before its
// small one.
func inReadingOrder(a, b string) int {
	upper := func(c byte) int {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		return int(c)
	}
	for i := range min(len(a), len(b)) {
		if d := upper(a[i]) - upper(b[i]); d != 0 {
			return d
		}
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

// guess takes apart what somebody has written with a tab, = or : between key and value. The broker takes it as one word
// and refuses it; for people it is a key, and the value may be a password.
func (e *entry) guess() {
	var value string
	e.Key, value = guess(e.key)
	if value != "" {
		e.Value = trim(value + " " + e.rest)
	}
	if _, to, _ := secretAt(e.key + " " + e.rest); to > 0 && !Secret(e.Key) {
		e.Value = Unchanged // a comment that the broker does not take as one
	}
}

// guess is what a person means by a word that the broker does not know.
func guess(word string) (key, value string) {
	key = strings.TrimLeft(word, blanks)
	if n := strings.IndexAny(key, blanks+"=:"); n > 0 {
		key, value = key[:n], strings.TrimLeft(key[n:], blanks+"=:")
	}
	if key == "" {
		key = word
	}
	return key, value
}
