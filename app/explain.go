package app

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// Explain turns an error of this package into what a person on a console should read: what happened, and what
// to do about it in a line of its own. The cause is shown too: who starts the program may see it.
func Explain(err error) string {
	f := fault.From(err)
	var b strings.Builder
	b.WriteString(err.Error())
	for _, field := range f.Fields {
		b.WriteString("\n  " + field.Location + ": " + field.Message)
	}
	switch {
	case f.HintText != "" && f.Kind != fault.Internal:
		b.WriteString("\n  " + f.HintText)
	case errors.Is(err, fs.ErrPermission):
		b.WriteString("\n  run this as the user who runs BunkerM, or as root")
	}
	return b.String()
}
