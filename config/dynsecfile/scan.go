package dynsecfile

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/bunkerm/bunkerm/broker/jsonwalk"
)

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
	isObject, _ := jsonwalk.Members(object, func(rawKey, value []byte) error {
		fn(unquoted(rawKey), value)
		return nil
	})
	return isObject
}

// elements calls fn for each value of an array, in order, and reports whether it is an array.
func elements(array []byte, fn func(i int, value []byte)) bool {
	isArray, _ := jsonwalk.Elements(array, func(i int, value []byte) error {
		fn(i, value)
		return nil
	})
	return isArray
}

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
