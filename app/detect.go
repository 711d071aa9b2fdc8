package app

import (
	"io"

	"github.com/bunkerm/bunkerm/anomaly/csvfile"
)

// DetectOptions say how Detect looks at a file.
type DetectOptions = csvfile.Options

// Detect runs the detectors over comma-separated values, as the service does over messages, and writes what is said of each.
func Detect(in io.Reader, out io.Writer, o DetectOptions) error { return csvfile.Run(in, out, o) }
