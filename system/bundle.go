package system

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime/pprof"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// mostContent is how much of one file goes into the bundle; the end is what counts of it.
const mostContent = 4 << 20

// about is the first thing that whoever opens a bundle should read.
const about = `This is a diagnostic bundle of BunkerM.

It holds versions, settings, figures and log lines. Passwords, hashes, keys and what messages say are not in it: what is
secret reads ` + masked + `, and comments of configuration files are left out. Names of clients, users and topics and
network addresses are in it, because a fault can rarely be found without them. Look through it before you hand it on.
`

// Bundle packs what helps to find a fault. A file that cannot be had says why in its place, and does not keep the others
// from being had.
func (s *Service) Bundle(ctx context.Context) ([]byte, error) {
	if !s.bundling.TryLock() {
		return nil, fault.New(fault.TooMany, "a bundle is being made already").Hint("wait for it").After(5 * time.Second)
	}
	defer s.bundling.Unlock()
	hide, now := newMask(s.o.Secrets()), s.o.Clock()
	own := []Content{
		{"README.txt", func(_ context.Context, to io.Writer) error {
			_, err := io.WriteString(to, about)
			return err
		}},
		{"system.json", s.writeAnswer},
		{"goroutines.txt", func(_ context.Context, to io.Writer) error { return pprof.Lookup("goroutine").WriteTo(to, 1) }},
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for _, content := range append(own, s.o.Contents...) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("making a bundle: %w", err)
		}
		text := s.read(ctx, content)
		file, err := archive.CreateHeader(&zip.FileHeader{Name: "bunkerm/" + content.Name, Method: zip.Deflate, Modified: now.UTC()})
		if err != nil {
			return nil, fmt.Errorf("adding %s to the bundle: %w", content.Name, err)
		}
		if _, err := io.WriteString(file, hide.text(text)); err != nil {
			return nil, fmt.Errorf("adding %s to the bundle: %w", content.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("ending the bundle: %w", err)
	}
	s.o.Record(ctx, "system.bundle", "installation", nil, nil)
	return packed.Bytes(), nil
}

// read returns what a file holds, or a sentence on why that cannot be had. The reason itself goes to the log alone.
func (s *Service) read(ctx context.Context, content Content) string {
	var text bytes.Buffer
	if err := content.Write(ctx, &text); err != nil {
		s.log.WarnContext(ctx, "a file is missing in the diagnostic bundle", "file", content.Name, "error", err)
		return text.String() + "\nThis could not be read; BunkerM's log says why.\n"
	}
	if surplus := text.Len() - mostContent; surplus > 0 {
		text.Next(surplus)
		return "The beginning is left out.\n" + text.String()
	}
	return text.String()
}

func (s *Service) writeAnswer(ctx context.Context, to io.Writer) error {
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(s.Report(ctx))
}
