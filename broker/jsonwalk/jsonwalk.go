// Package jsonwalk walks over JSON that json.Valid has accepted, without copying: with encoding/json alone each level of
// keys that nobody knows would be scanned again, and a file with 20,000 clients would take a second.
//
// It may import nothing of ours.
package jsonwalk

import "bytes"

// Members calls fn for each key of an object, in order, until fn returns an error. The key is as it was written, in quotes.
// It reports false for what is no object.
func Members(object []byte, fn func(rawKey, value []byte) error) (isObject bool, err error) {
	if len(object) == 0 || object[0] != '{' {
		return false, nil
	}
	for rest := skipSpace(object[1:]); rest[0] != '}'; {
		rawKey := rest[:Length(rest)]
		rest = skipSpace(rest[len(rawKey):])
		rest = skipSpace(rest[1:]) // the colon
		value := rest[:Length(rest)]
		if err := fn(rawKey, value); err != nil {
			return true, err
		}
		rest = next(rest[len(value):])
	}
	return true, nil
}

// Elements calls fn for each value of an array, in order, until fn returns an error. It reports false for what is no
// array.
func Elements(array []byte, fn func(i int, value []byte) error) (isArray bool, err error) {
	if len(array) == 0 || array[0] != '[' {
		return false, nil
	}
	i := 0
	for rest := skipSpace(array[1:]); rest[0] != ']'; i++ {
		value := rest[:Length(rest)]
		if err := fn(i, value); err != nil {
			return true, err
		}
		rest = next(rest[len(value):])
	}
	return true, nil
}

// Length is the length of the value that b begins with.
func Length(b []byte) int {
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

// next is what follows behind a value and the comma behind it.
func next(b []byte) []byte {
	b = skipSpace(b)
	if b[0] == ',' {
		b = skipSpace(b[1:])
	}
	return b
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }
