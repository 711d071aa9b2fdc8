package extract

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"
)

// The bounds of what is looked at. What is beyond them is passed over; a document beyond MostBytes or MostDepth as a whole.
const (
	MostBytes  = 256 << 10 // of a payload
	MostDepth  = 8         // of objects and arrays in each other
	MostFields = 64        // of a document
	MostItems  = 16        // of an array
	MostPath   = 128       // bytes of a path
	MostText   = 64        // bytes of a word
)

// Plain is the path of a payload that is no document.
const Plain = ""

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Number Kind = iota + 1
	Bool        // Number is 0 or 1
	Text        // a word of at most MostText bytes
	Null        // there is a field, and no value that can be used: null, NaN, 1e999, a long text
)

// Field is one leaf of a payload. Its slices are good until the next call.
type Field struct {
	Path   []byte // as in battery.voltage or phases.0.current; empty for a plain payload
	Kind   Kind
	Number float64 // finite
	Text   []byte  // as it is written, escapes included
}

// Extractor reads payloads. The zero value is ready; one goroutine uses it.
type Extractor struct {
	fields []Field
	arena  []byte // the paths of fields
	path   []byte // of where the scan is
	s      scan
}

// Fields returns what can be observed in a payload, in the order of the document, the last of several fields of the same
// name; nothing where it is empty, too large, or neither JSON nor a number or a word.
func (e *Extractor) Fields(payload []byte) []Field {
	e.fields, e.arena, e.path = e.fields[:0], e.arena[:0], e.path[:0]
	if len(payload) > MostBytes {
		return nil
	}
	text := bytes.TrimSpace(payload)
	if len(text) == 0 || !utf8.Valid(text) {
		return nil
	}
	if text[0] != '{' && text[0] != '[' {
		if f, ok := plain(text); ok {
			e.fields = append(e.fields, f)
		}
		return e.fields
	}
	e.s = scan{text: text}
	if !e.value(0) || e.s.skip() < len(text) {
		return nil
	}
	return e.fields
}

// plain reads a payload that is no document.
func plain(text []byte) (Field, bool) {
	if text[0] == '"' && len(text) > 1 && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) == 0 || len(text) > MostText {
		return Field{}, false
	}
	return word(text), true
}

// word reads a value that was written as text.
func word(text []byte) Field {
	if c := text[0]; c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9' {
		if x, ok := number(text); ok {
			return Field{Kind: Number, Number: x}
		}
	}
	if on, ok := boolean(text); ok {
		return Field{Kind: Bool, Number: on}
	}
	switch string(text) {
	case "null", "NaN", "nan", "None", "unknown", "unavailable":
		return Field{Kind: Null}
	}
	return Field{Kind: Text, Text: text}
}

// boolean knows the words that devices use.
func boolean(text []byte) (float64, bool) {
	switch string(text) {
	case "true", "True", "TRUE", "on", "On", "ON":
		return 1, true
	case "false", "False", "FALSE", "off", "Off", "OFF":
		return 0, true
	}
	return 0, false
}

// longestNumber bounds what is read as a number.
const longestNumber = 32

// number reads a decimal number that is finite.
func number(text []byte) (float64, bool) {
	if len(text) == 0 || len(text) > longestNumber {
		return 0, false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false // hexadecimal, underscores, infinities
		}
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0, false
	}
	return x, true
}
