package dynsecfile

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The functions here walk over JSON that json.Valid has accepted, without copying. They know where a value ends and
// nothing else.

const (
	// maxObjects bounds the objects of a file: a client of two roles and a group is four. An empty one has two bytes in
	// the file and a hundred times as many when it is read.
	maxObjects = 1_000_000
	// maxKeys bounds the keys of one object, because each is compared with all the others.
	maxKeys = 1000
)

// outOfBounds tells whether reading the file would cost far more than any real one of its length.
func outOfBounds(data []byte) bool {
	objects := 0
	var keys []int // of the objects and arrays that are open
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if data[i] == '{' {
				objects++
			}
			keys = append(keys, 0)
		case '}', ']':
			keys = keys[:len(keys)-1]
		case ':':
			keys[len(keys)-1]++
			if keys[len(keys)-1] > maxKeys {
				return true
			}
		}
	}
	return objects > maxObjects
}

// members calls fn for each key of an object, in order, and reports whether it is an object.
func members(object []byte, fn func(key string, value []byte)) bool {
	if len(object) == 0 || object[0] != '{' {
		return false
	}
	for rest := skipSpace(object[1:]); rest[0] != '}'; {
		rawKey := rest[:valueLength(rest)]
		rest = skipSpace(rest[len(rawKey):])
		rest = skipSpace(rest[1:]) // the colon
		value := rest[:valueLength(rest)]
		fn(unquoted(rawKey), value)
		rest = skipSpace(rest[len(value):])
		if rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
	return true
}

// elements calls fn for each value of an array, in order, and reports whether it is an array.
func elements(array []byte, fn func(i int, value []byte)) bool {
	if len(array) == 0 || array[0] != '[' {
		return false
	}
	i := 0
	for rest := skipSpace(array[1:]); rest[0] != ']'; i++ {
		value := rest[:valueLength(rest)]
		fn(i, value)
		rest = skipSpace(rest[len(value):])
		if rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
	return true
}

// valueLength is the length of the value that b begins with.
func valueLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			// A number or a word ends at the next delimiter.
			if end := bytes.IndexAny(b[i:], " \t\r\n,:]}"); end >= 0 {
				return i + end
			}
			return len(b)
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(b)
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

func unquoted(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return string(raw)
	}
	return s
}

// folded says how the plugin compares keys and the types of ACLs: it takes textName for textname.
func folded(key string) string { return strings.ToLower(key) }
