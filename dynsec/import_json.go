package dynsec

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// parseJSON reads an array of clients, strictly: unknown and repeated keys, null and wrong types are faults that
// name their place, as body[3].roles[0].priority.
func parseJSON(data []byte) ([]importRow, error) {
	if !utf8.Valid(data) {
		return nil, fault.New(fault.Malformed, "the body is not valid UTF-8").Hint("send JSON as UTF-8")
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		data = data[3:]
	}
	if !json.Valid(data) {
		return nil, jsonFault(data)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	p := &jsonReader{d: d}
	rows := []importRow{}
	ok := p.array("body", func(at string, i int) {
		rows = append(rows, p.row(at, i+1))
	})
	if err := p.problems.err(); err != nil || !ok {
		return nil, err
	}
	return rows, nil
}

// jsonFault says where the text stops being JSON, by offset only.
func jsonFault(data []byte) error {
	var syntax *json.SyntaxError
	f := fault.New(fault.Malformed, "the body is not JSON").
		Hint("a JSON array of clients is expected; send CSV with Content-Type: text/csv")
	if err := json.Unmarshal(data, new(any)); errors.As(err, &syntax) {
		f.Message = "the body is not JSON: it cannot be read at byte " + strconv.FormatInt(syntax.Offset, 10)
	}
	return f
}

// jsonReader walks valid JSON token by token, because encoding/json takes the last of two equal keys without a word.
type jsonReader struct {
	d        *json.Decoder
	broken   bool // no more tokens; cannot happen with valid JSON
	problems problems
}

// maxProblems bounds the list of what is wrong with one file.
const maxProblems = 100

func (p *jsonReader) wrong(at, message string) {
	if len(p.problems.fields) < maxProblems {
		p.problems.add(at, message)
	}
}

func (p *jsonReader) token() json.Token {
	t, err := p.d.Token()
	if err != nil {
		p.broken = true
		p.wrong("body", "cannot be read")
	}
	return t
}

// value takes the next value; of an array or object only the opening delimiter is answered and the rest passed over.
func (p *jsonReader) value() json.Token {
	t := p.token()
	if _, compound := t.(json.Delim); compound {
		p.rest()
	}
	return t
}

// next reports whether the next value begins with the given delimiter, which is then taken.
func (p *jsonReader) next(open json.Delim, at, message string) bool {
	t := p.token()
	if t == open {
		return true
	}
	p.wrong(at, message)
	if _, compound := t.(json.Delim); compound {
		p.rest()
	}
	return false
}

// rest passes over what follows an opening delimiter that was taken, its end included.
func (p *jsonReader) rest() {
	for depth := 1; depth > 0 && !p.broken; {
		switch p.token() {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
}

func (p *jsonReader) array(at string, each func(at string, i int)) bool {
	if !p.next('[', at, "must be an array") {
		return false
	}
	for i := 0; p.d.More(); i++ {
		each(at+"["+strconv.Itoa(i)+"]", i)
	}
	p.token()
	return true
}

func (p *jsonReader) object(at string, each func(at, key string) bool) {
	if !p.next('{', at, "must be an object") {
		return
	}
	seen := map[string]bool{}
	for p.d.More() {
		key, _ := p.token().(string)
		here := at + "." + shortened(key)
		if seen[key] {
			p.wrong(here, "is there twice")
		}
		seen[key] = true
		if !each(here, key) {
			p.wrong(here, "is not a field of a client")
			p.value()
		}
	}
	p.token()
}

func (p *jsonReader) text(at string) *string {
	s, ok := p.value().(string)
	if !ok {
		p.wrong(at, "must be a string")
		return nil
	}
	return &s
}

func (p *jsonReader) flag(at string) *bool {
	b, ok := p.value().(bool)
	if !ok {
		p.wrong(at, "must be true or false")
		return nil
	}
	return &b
}

func (p *jsonReader) number(at string) int {
	n, ok := p.value().(json.Number)
	i, err := strconv.Atoi(n.String())
	if !ok || err != nil {
		p.wrong(at, "must be a whole number")
	}
	return i
}

func (p *jsonReader) row(at string, line int) importRow {
	row := importRow{line: line}
	p.object(at, func(at, key string) bool {
		switch key {
		case "username":
			if s := p.text(at); s != nil {
				row.username = *s
			}
		case "password":
			row.password = p.text(at)
		case "clientid":
			row.clientid = p.text(at)
		case "textname":
			row.textname = p.text(at)
		case "textdescription":
			row.textdescription = p.text(at)
		case "disabled":
			row.disabled = p.flag(at)
		case "roles":
			refs := []RoleRef{}
			p.array(at, func(at string, _ int) {
				name, priority := p.ref(at, "rolename")
				refs = append(refs, RoleRef{Rolename: name, Priority: priority})
			})
			row.roles = &refs
		case "groups":
			refs := []GroupRef{}
			p.array(at, func(at string, _ int) {
				name, priority := p.ref(at, "groupname")
				refs = append(refs, GroupRef{Groupname: name, Priority: priority})
			})
			row.groups = &refs
		default:
			return false
		}
		return true
	})
	return row
}

// ref reads {"rolename": …, "priority": …}.
func (p *jsonReader) ref(at, field string) (name string, priority int) {
	priority = DefaultRolePriority
	p.object(at, func(at, key string) bool {
		switch key {
		case field:
			if s := p.text(at); s != nil {
				name = *s
			}
		case "priority":
			priority = p.number(at)
		default:
			return false
		}
		return true
	})
	return name, priority
}

// shortened keeps what a stranger chose from filling an answer.
func shortened(s string) string {
	const limit = 100
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
