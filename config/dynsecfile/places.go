package dynsecfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// maxFields bounds how many places one fault names.
const maxFields = 100

// places collects what is wrong with a file and where.
type places struct {
	fields []fault.Field
	more   int
}

func (p *places) add(path, message string) {
	if len(p.fields) == maxFields {
		p.more++
		return
	}
	p.fields = append(p.fields, fault.Field{Location: path, Message: message})
}

// fault is nil when nothing was found.
func (p *places) fault(message, hint string) error {
	if len(p.fields) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, message).Hint(hint)
	f.Fields = p.fields
	if p.more > 0 {
		f = f.At("", fmt.Sprintf("and %d more", p.more))
	}
	return f
}

// shape is what a value of the file has to be.
type shape struct {
	kind string            // object, array, string, number, flag
	keys map[string]*shape // of an object, by folded key; others may be anything
	each *shape            // of an array
}

// fileShape is the form of the file in mosquitto 2.0 and 2.1 (plugins/dynamic-security).
func fileShape() *shape {
	text, number, flag := &shape{kind: "string"}, &shape{kind: "number"}, &shape{kind: "flag"}
	object := func(keys map[string]*shape) *shape { return &shape{kind: "object", keys: keys} }
	list := func(keys map[string]*shape) *shape { return &shape{kind: "array", each: object(keys)} }
	roles := list(map[string]*shape{"rolename": text, "priority": number})
	return object(map[string]*shape{
		"defaultaclaccess": object(map[string]*shape{
			"publishclientsend": flag, "publishclientreceive": flag, "subscribe": flag, "unsubscribe": flag}),
		"clients": list(map[string]*shape{
			"username": text, "clientid": text, "textname": text, "textdescription": text, "disabled": flag, "roles": roles,
			"password": text, "salt": text, "iterations": number, "encoded_password": text}),
		"groups": list(map[string]*shape{
			"groupname": text, "textname": text, "textdescription": text, "roles": roles,
			"clients": list(map[string]*shape{"username": text, "priority": number})}),
		"roles": list(map[string]*shape{
			"rolename": text, "textname": text, "textdescription": text, "allowwildcardsubs": flag,
			"acls": list(map[string]*shape{"acltype": text, "topic": text, "priority": number, "allow": flag})}),
		"anonymousgroup": text,
	})
}

// walk names every place at which a value is not what it has to be.
func (p *places) walk(path string, value []byte, s *shape) {
	switch s.kind {
	case "object":
		seen := map[string]bool{}
		ok := members(value, func(key string, v []byte) {
			at := joined(path, key)
			if seen[folded(key)] {
				p.add(at, "is there twice")
			}
			seen[folded(key)] = true
			if inner := s.keys[folded(key)]; inner != nil {
				p.walk(at, v, inner)
			}
		})
		if !ok {
			p.add(path, "is not an object")
		}
	case "array":
		if !elements(value, func(i int, v []byte) { p.walk(path+"["+strconv.Itoa(i)+"]", v, s.each) }) {
			p.add(path, "is not an array")
		}
	case "string":
		if message := stringProblem(value); message != "" {
			p.add(path, message)
		}
	case "number":
		if f, err := strconv.ParseFloat(string(value), 64); err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
			p.add(path, "is not a whole number of 32 bits")
		}
	case "flag":
		if v := string(value); v != "true" && v != "false" {
			p.add(path, "is neither true nor false")
		}
	}
}

// stringProblem is empty for a string that stands for text.
func stringProblem(value []byte) string {
	if value[0] != '"' {
		return "is not a string"
	}
	s := unquoted(value)
	switch {
	case strings.ContainsRune(s, 0):
		return "has a NUL character"
	case strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(value, utf8.RuneError) &&
		!bytes.Contains(bytes.ToLower(value), []byte(`\ufffd`)):
		return "has an escape that stands for no character"
	}
	return ""
}

// joined is the path of a key; one that is not plain, or long, is written so that it cannot be mistaken.
func joined(path, key string) string {
	if key == "" || strings.ContainsAny(key, ". []\"\n\r\t") || len(key) > 64 {
		key = strconv.Quote(shortened(key, 64))
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// notJSON is the fault of a text that is no JSON at all. It names the line and quotes nothing.
func notJSON(data []byte) error {
	f := fault.New(fault.Malformed, "this is not JSON").Hint("nothing was changed; mend the place and send the whole file again")
	var v json.RawMessage
	err := json.Unmarshal(data, &v)
	syntax := new(json.SyntaxError)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return f.At("", "is empty")
	case !utf8.Valid(data):
		return f.At("", "is not valid UTF-8")
	case asSyntax(err, &syntax):
		at := min(max(int(syntax.Offset), 0), len(data))
		where := fmt.Sprintf("line %d, offset %d", 1+bytes.Count(data[:at], []byte("\n")), at)
		if at == len(data) {
			return f.At("", "breaks off in "+where)
		}
		return f.At("", "goes wrong in "+where)
	}
	return f
}
