package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	deepest    = 64 // levels of a body; no type of ours has ten
	mostFields = 20 // places named in one answer
	longName   = 64 // characters of an unknown field's name that come back
)

// checkJSON holds a body to what encoding/json and huma are lenient about: it is one JSON text in UTF-8, no key
// stands twice, there is no null, and every key is spelled exactly as in the schema. Answers carry offsets and
// names of keys, never values.
func checkJSON(data []byte, schema *huma.Schema, registry huma.Registry) *fault.Error {
	if !utf8.Valid(data) {
		return fault.New(fault.Malformed, "the body is not valid UTF-8")
	}
	// The decoder reads from the buffer in place and does not change it.
	c := &checker{decoder: jsontext.NewDecoder(bytes.NewBuffer(data)), registry: registry}
	err := c.value(schema)
	if err == nil {
		end := c.decoder.InputOffset()
		if _, err = c.decoder.ReadToken(); err == nil {
			err = &jsontext.SyntacticError{ByteOffset: end}
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		return malformed(err, len(data))
	}
	if len(c.fields) == 0 {
		return nil
	}
	f := errNotAcceptable
	for _, field := range c.fields {
		f = f.At(field.Location, field.Message)
	}
	return f
}

// errDeep is a body that is nested beyond reason.
var errDeep = errors.New("nested too deeply")

// malformed says where a body stops being JSON, without showing what stands there.
func malformed(err error, length int) *fault.Error {
	var syntax *jsontext.SyntacticError
	at := strconv.Itoa(length)
	if errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF) {
		at = strconv.FormatInt(syntax.ByteOffset, 10)
	}
	switch {
	case errors.Is(err, errDeep):
		return fault.Newf(fault.Malformed, "the body is nested more than %d levels deep", deepest)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fault.New(fault.Malformed, "a key of the body stands twice in the same object, the second time at byte "+at)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.New(fault.Malformed, "the body is not JSON: it ends too early, at byte "+at)
	default:
		return fault.New(fault.Malformed, "the body is not JSON: it goes wrong at byte "+at)
	}
}

// checker walks a body and its schema together.
type checker struct {
	decoder  *jsontext.Decoder
	registry huma.Registry
	path     []string // of the value that is read: names, and indexes in brackets
	fields   []fault.Field
}

// value reads one value. schema is nil where none is known.
func (c *checker) value(schema *huma.Schema) error {
	if len(c.path) > deepest {
		return errDeep
	}
	token, err := c.decoder.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case 'n':
		c.report("", "null is not accepted: leave the field out, or send an empty value")
	case '0':
		if s := c.resolve(schema); s != nil && s.Type == huma.TypeInteger && !isWhole(token.String()) {
			c.report("", "must be a whole number, written with digits alone")
		}
	case '{':
		return c.object(c.resolve(schema))
	case '[':
		return c.array(c.resolve(schema))
	}
	return nil
}

func (c *checker) object(schema *huma.Schema) error {
	for {
		token, err := c.decoder.ReadToken()
		if err != nil {
			return err
		}
		if token.Kind() == '}' {
			return nil
		}
		name := token.String()
		child, known := member(schema, name)
		if !known {
			c.report("."+shortened(name), "there is no such field")
		}
		c.path = append(c.path, "."+name)
		if err := c.value(child); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *checker) array(schema *huma.Schema) error {
	var items *huma.Schema
	if schema != nil {
		items = schema.Items
	}
	for i := 0; ; i++ {
		if c.decoder.PeekKind() == ']' {
			_, err := c.decoder.ReadToken()
			return err
		}
		c.path = append(c.path, "["+strconv.Itoa(i)+"]")
		if err := c.value(items); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
}

// resolve follows a reference.
func (c *checker) resolve(schema *huma.Schema) *huma.Schema {
	for schema != nil && schema.Ref != "" {
		schema = c.registry.SchemaFromRef(schema.Ref)
	}
	return schema
}

// member returns the schema of a field, and whether the object may have such a field.
func member(schema *huma.Schema, name string) (*huma.Schema, bool) {
	if schema == nil {
		return nil, true
	}
	if child, ok := schema.Properties[name]; ok {
		return child, true
	}
	switch more := schema.AdditionalProperties.(type) {
	case bool:
		return nil, more
	case *huma.Schema:
		return more, true
	default:
		return nil, true
	}
}

func (c *checker) report(below, message string) {
	if len(c.fields) < mostFields {
		c.fields = append(c.fields, fault.Field{Location: "body" + strings.Join(c.path, "") + below, Message: message})
	}
}

func shortened(name string) string {
	if runes := []rune(name); len(runes) > longName {
		return string(runes[:longName]) + "…"
	}
	return name
}

// isWhole reports whether a number is one that encoding/json takes for an integer. To it, 1.0 and 1e2 are none.
func isWhole(number string) bool {
	_, err := strconv.ParseInt(number, 10, 64)
	return err == nil
}

// errUnfit is said of a number that is too large for the type of its field.
var errUnfit = errors.New("a value does not fit the type of its field")

// jsonFormat is how huma reads and writes JSON. The text of encoding/json's errors quotes values, so it stays here.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: writeJSON, Unmarshal: func(data []byte, v any) error {
		if json.Unmarshal(data, v) != nil {
			return errUnfit
		}
		return nil
	}}
}
