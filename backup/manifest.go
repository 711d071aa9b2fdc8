package backup

import (
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Format is that of the archives that are written. Those of a higher one are refused.
const Format = 1

// The entries that are no files of the installation: the first and the last of the archive.
const (
	headerName   = "bunkerm-backup.json"
	manifestName = "manifest.json"
)

// Bounds of what is read into memory.
const (
	mostHeader   = 64 << 10 // bytes
	mostManifest = 64 << 20 // bytes
	mostFiles    = 100_000
)

// Header tells what an archive is before anything else is read of it.
type Header struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the BunkerM that wrote it
	Created time.Time `json:"created"`
}

// Manifest lists what is in an archive.
type Manifest struct {
	Header
	Files []File `json:"files"`
	// Outside are files that the broker's configuration names and that are not in the archive.
	Outside []string `json:"outside,omitempty"`
}

// File is one file of an installation.
type File struct {
	Name     string    `json:"name"` // relative to the data directory, with slashes
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"` // in hexadecimal
	Modified time.Time `json:"modified"`
}

// Bytes is how much all files take.
func (m Manifest) Bytes() int64 {
	var sum int64
	for _, f := range m.Files {
		sum += f.Bytes
	}
	return sum
}

func errDamaged(why string) *fault.Error {
	return fault.Newf(fault.Invalid, "the backup is damaged: %s", why).Hint("nothing was changed; take another one")
}

func errNewer(h Header) error {
	return fault.Newf(fault.Conflict, "the backup has format %d, of BunkerM %s; this one knows formats up to %d", h.Format, h.Version, Format).
		Hint("restore it with that version of BunkerM, or a later one")
}
