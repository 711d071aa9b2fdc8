package ui_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/ui"
)

// TestWhatIsCompressedIsTheFileBesideIt holds what browsers without and with compression get together. A binary that was
// built without the page has nothing to compare.
func TestWhatIsCompressedIsTheFileBesideIt(t *testing.T) {
	files := ui.Files()
	if files == nil {
		return
	}
	err := fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, err error) error {
		plainName, zipped := strings.CutSuffix(name, ".gz")
		if err != nil || !zipped {
			return err
		}
		file, err := files.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		reader, err := gzip.NewReader(file)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		if plain, err := fs.ReadFile(files, plainName); err != nil || !bytes.Equal(plain, text) {
			t.Errorf("%s is not %s compressed (%v)", name, plainName, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
