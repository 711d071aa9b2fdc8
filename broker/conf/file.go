package conf

import (
	"bytes"
	"errors"
	"io/fs"
	"path"

	"github.com/bunkerm/bunkerm/fault"
)

// File is the text of one file and what its lines say.
type File struct {
	Name string
	text []byte
}

// Parse reads a file. It never fails: what is no setting is kept as text.
func Parse(name string, text []byte) *File { return &File{Name: name, text: bytes.Clone(text)} }

// Bytes is the text, byte for byte as it was read.
func (f *File) Bytes() []byte { return f.text }

// load reads the main file and what it includes; texts replace what the source has.
func load(main string, src Source, texts map[string][]byte) (*Config, error) {
	c := &Config{src: src, overrides: texts}
	text, ok := texts[main]
	if !ok {
		var err error
		if text, err = src.ReadFile(main); err != nil {
			kind := fault.Unavailable
			if errors.Is(err, fs.ErrNotExist) {
				kind = fault.NotFound
			}
			return nil, fault.Newf(kind, "%s cannot be read", path.Base(main)).Because(err)
		}
	}
	c.files = []*File{Parse(main, text)}
	return c, nil
}
