package app_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
	"github.com/bunkerm/bunkerm/fault"
)

func TestWhoMayNotReadAFileIsToldWhoMay(t *testing.T) {
	denied := fmt.Errorf("reading the record: %w", fs.ErrPermission)
	for _, err := range []error{denied, fault.New(fault.Unavailable, "the record cannot be read").Because(denied)} {
		if text := app.Explain(err); !strings.Contains(text, "as the user who runs BunkerM, or as root") {
			t.Errorf("%q", text)
		}
	}
	own := fault.New(fault.Unavailable, "the record cannot be read").Hint("ask its owner").Because(denied)
	if text := app.Explain(own); strings.Contains(text, "root") || !strings.Contains(text, "ask its owner") {
		t.Errorf("%q", text)
	}
}

func TestFilesThatAreTooLargeAreNotSent(t *testing.T) {
	text := strings.Repeat("x", 40<<20)
	_, err := app.NewLocal(app.Options{DataDir: t.TempDir()}).Import(t.Context(), app.AccessFiles{ACLFile: &text}, app.ImportOptions{})
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("%v", err)
	}
}
