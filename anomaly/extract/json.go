package extract

import "strconv"

// scan is a place in a JSON text (RFC 8259).
type scan struct {
	text []byte
	at   int
}

// skip passes over white space and returns the place.
func (s *scan) skip() int {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return s.at
		}
	}
	return s.at
}

// take passes over one byte if it is the next one.
func (s *scan) take(c byte) bool {
	if s.skip() < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// quoted reads a string and returns what is between the quotes, escapes included.
func (s *scan) quoted() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for from := s.at; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[from : s.at-1], true
		case c == '\\':
			s.at++
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// bare reads a number or a word without quotes.
func (s *scan) bare() []byte {
	from := s.skip()
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ',', '}', ']', ' ', '\t', '\r', '\n', '"', '{', '[', ':':
			return s.text[from:s.at]
		}
		s.at++
	}
	return s.text[from:s.at]
}

// value reads what comes next and keeps its leaves; false where it is not JSON, or too deep.
func (e *Extractor) value(depth int) bool {
	s := &e.s
	if depth > MostDepth || s.skip() == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '{':
		return e.object(depth)
	case '[':
		return e.array(depth)
	case '"':
		text, ok := s.quoted()
		if !ok {
			return false
		}
		if len(text) == 0 || len(text) > MostText {
			return e.keep(Field{Kind: Null})
		}
		return e.keep(word(text))
	}
	text := s.bare()
	switch string(text) {
	case "true", "false":
		on, _ := boolean(text)
		return e.keep(Field{Kind: Bool, Number: on})
	case "null", "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf":
		return e.keep(Field{Kind: Null}) // not all of them are JSON, and devices write them
	}
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	x, ok := number(text)
	if !ok {
		return e.keep(Field{Kind: Null}) // 1e999
	}
	return e.keep(Field{Kind: Number, Number: x})
}

func (e *Extractor) object(depth int) bool {
	e.s.at++
	if e.s.take('}') {
		return true
	}
	for {
		name, ok := e.s.quoted()
		if !ok || !e.s.take(':') {
			return false
		}
		before := len(e.path)
		e.enter(name)
		if !e.value(depth + 1) {
			return false
		}
		e.path = e.path[:before]
		if e.s.take('}') {
			return true
		}
		if !e.s.take(',') {
			return false
		}
	}
}

func (e *Extractor) array(depth int) bool {
	e.s.at++
	if e.s.take(']') {
		return true
	}
	for i := 0; ; i++ {
		before, kept := len(e.path), len(e.fields)
		var digits [8]byte
		e.enter(strconv.AppendInt(digits[:0], int64(i), 10))
		if !e.value(depth + 1) {
			return false
		}
		e.path = e.path[:before]
		if i >= MostItems {
			e.fields = e.fields[:kept]
		}
		if e.s.take(']') {
			return true
		}
		if !e.s.take(',') {
			return false
		}
	}
}

// enter appends a name to the path. A path that is too long grows by one byte too many, which keep sees.
func (e *Extractor) enter(name []byte) {
	if len(e.path) > 0 {
		e.path = append(e.path, '.')
	}
	e.path = append(e.path, name[:min(len(name), max(0, MostPath+1-len(e.path)))]...)
}

// keep adds a leaf at the present path, or puts it in the place of an earlier one of the same name. It is always true.
func (e *Extractor) keep(f Field) bool {
	if len(e.path) == 0 || len(e.path) > MostPath {
		return true
	}
	for i := range e.fields {
		if string(e.fields[i].Path) == string(e.path) {
			f.Path = e.fields[i].Path
			e.fields[i] = f
			return true
		}
	}
	if len(e.fields) < MostFields {
		from := len(e.arena)
		e.arena = append(e.arena, e.path...)
		f.Path = e.arena[from:len(e.arena):len(e.arena)]
		e.fields = append(e.fields, f)
	}
	return true
}
