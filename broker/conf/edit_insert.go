package conf

import "strings"

// fileFor is the file in which a change adds a line.
func (ed *editor) fileFor(ch Change) (f *File, field, why string) {
	if ch.File != "" {
		if f = ed.c.File(ch.File); f == nil {
			return nil, "file", "is no file of the configuration"
		}
		return f, "", ""
	}
	if at := ed.scope(ch.Scope); at > 0 {
		return ed.c.File(ed.c.scopes[at].file), "", ""
	}
	return ed.c.files[0], "", ""
}

// addScope adds a listener, a bridge or a plugin at the end of a file.
func (ed *editor) addScope(ch Change) (field, why string) {
	if ch.Scope != string(Global) {
		return "scope", "is global for a line that makes a scope of its own"
	}
	f, field, why := ed.fileFor(ch)
	if why != "" {
		return field, why
	}
	name := Scope("plugin:" + firstWord(ch.Value))
	switch ch.Key {
	case "listener":
		name = listenerScope(ch.Value)
	case "connection":
		name = Scope("bridge:" + firstWord(ch.Value))
	case "plugin", "auth_plugin", "global_plugin":
		name = Scope("plugin:" + ch.Value)
	}
	if ed.scope(string(name)) >= 0 {
		return "value", "there is one already"
	}
	lines := []string{ch.Key + " " + ch.Value}
	if n := f.Lines(); n > 0 && trim(f.line(n)) != "" {
		lines = append([]string{""}, lines...) // an empty line between
	}
	ed.put(f, f.behind(f.Lines(), lines...))
	return "", ""
}

// insert adds a line to a scope: behind a line that shows the setting as a comment, else behind the last line of the
// scope. What belongs to the whole broker comes above the first listener where nothing else of the kind is there.
func (ed *editor) insert(ch Change) (field, why string) {
	f, field, why := ed.fileFor(ch)
	if why != "" {
		return field, why
	}
	at := ed.scope(ch.Scope)
	if at > 0 && ed.c.scopes[at].file != f.Name && ed.c.scopes[at].name != DefaultListener {
		return "file", "does not have the lines of that scope"
	}
	from, to, last := ed.region(f, ch.Scope, at)
	line := ch.Key + " " + ch.Value
	example := f.example(ch.Key, from, to)
	switch {
	case ch.Key == "per_listener_settings" && len(f.statements) > 0:
		ed.put(f, f.before(f.statements[0].line, line)) // the broker wants it above what it is about
	case ch.Key == "include_dir":
		ed.put(f, f.behind(f.Lines(), line)) // settings of a listener would be lost behind it: see Check
	case example > 0:
		ed.put(f, f.behind(example, line))
	case last > 0:
		ed.put(f, f.behind(last, f.indent(last)+line))
	default:
		ed.put(f, f.before(to, line))
	}
	return "", ""
}

// region is the part of a file in which a scope's lines may be added: the lines from and to, to not included, and the
// last one that is a setting of the scope; 0 where there is none.
func (ed *editor) region(f *File, name string, at int) (from, to, last int) {
	from, to = 1, f.Lines()+1
	kind := onGlobal
	if at > 0 {
		kind = ed.c.scopes[at].kind
	} else if name == string(DefaultListener) {
		kind = onListener
	}
	ended, first, include := false, 0, 0
	for i := range ed.c.entries {
		e := &ed.c.entries[i]
		if e.file != f {
			continue
		}
		s := ed.c.scopes[e.scope]
		opens := e.Line == s.line && opensScope(e.key)
		switch {
		case at > 0 && e.scope == at:
			if opens {
				from, ended = e.Line, false
			}
			if !ended {
				last = e.Line
			}
		case opens && s.kind == kind && kind != onGlobal && !ended && (last > 0 || name == string(DefaultListener)):
			to, ended = e.Line, true
		case kind == onGlobal && opens && first == 0:
			first = e.Line
		}
		if kind == onGlobal && e.scope == 0 {
			if e.key == "include_dir" {
				include = e.Line
			} else {
				last = e.Line
			}
		}
	}
	if kind == onGlobal && last == 0 {
		last = include
	}
	if kind == onGlobal && last == 0 && first > 0 {
		to = first
	}
	return from, to, last
}

// example is the first line in a part of the file that shows a setting as a comment, as in "#max_keepalive 60"; 0 where
// there is none. A sentence that begins with the word is none: the word has to stand right behind the #, or one space.
func (f *File) example(key string, from, to int) int {
	for n := from; n < to; n++ {
		line := f.line(n)
		if !strings.HasPrefix(line, "#") {
			continue
		}
		line = line[1:]
		indented := strings.HasPrefix(line, " ")
		line = strings.TrimPrefix(line, " ")
		rest, ok := strings.CutPrefix(line, key)
		if !ok || rest != "" && rest[0] != ' ' {
			continue
		}
		if words := strings.Fields(rest); indented && len(words) > 2 {
			continue
		}
		return n
	}
	return 0
}

// indent is the space that a line begins with.
func (f *File) indent(n int) string {
	line := f.line(n)
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}

// behind puts lines behind one. Where that is the last and has no ending, the last of the new lines has none either.
func (f *File) behind(n int, lines ...string) splice {
	ending := f.ending()
	text := strings.Join(lines, ending)
	at := 0
	if n > 0 {
		_, at = f.span(n)
	}
	if at > 0 && f.text[at-1] != '\n' {
		return splice{at, at, ending + text}
	}
	return splice{at, at, text + ending}
}

// before puts a line in front of one, which may be the one behind the last.
func (f *File) before(n int, line string) splice {
	if n > f.Lines() {
		return f.behind(f.Lines(), line)
	}
	return splice{f.starts[n-1], f.starts[n-1], line + f.ending()}
}
