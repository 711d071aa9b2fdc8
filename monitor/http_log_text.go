package monitor

import (
	"bufio"
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/broker"
)

// mostDownloads of the log may be under way at once.
const mostDownloads = 8

// download answers with all lines as a text, oldest first, as they are read.
func (l *Log) download(q logQuestion) (*huma.StreamResponse, error) {
	release, err := claim(&l.downloads, mostDownloads)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer release()
		h.SetHeader("Content-Type", textContent+"; charset=utf-8")
		h.SetHeader("Content-Disposition", `attachment; filename="broker.log"`)
		h.SetHeader("Vary", "Accept")
		l.writeText(h.Context(), h.BodyWriter(), q)
	}}, nil
}

// writeText writes lines in the keeper's format: an exclamation mark in place of the space marks our own.
func (l *Log) writeText(ctx context.Context, to io.Writer, q logQuestion) {
	w := bufio.NewWriterSize(to, 32<<10)
	var line []byte
	gone := false
	err := l.lines.Replay(ctx, q.from, q.to, func(entry *broker.LogLine) error {
		if q.keep != nil && !q.keep(entry) {
			return nil
		}
		line = appendText(line[:0], entry)
		_, err := w.Write(line)
		gone = err != nil
		return err
	})
	if err != nil && !gone && ctx.Err() == nil {
		// The head is sent already, so the text itself has to say that it is not whole.
		own := broker.LogLine{Time: l.o.Clock(), Own: true, Text: []byte("The rest of the log could not be read.")}
		_, _ = w.Write(appendText(nil, &own)) // its error comes again below
		l.o.Logger.Warn("reading the broker's log for a download", "error", err)
	}
	if err := w.Flush(); err != nil {
		l.o.Logger.Debug("sending the broker's log", "error", err) // the client has gone
	}
}

func appendText(dst []byte, line *broker.LogLine) []byte {
	if !line.Time.IsZero() {
		dst = line.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
		if line.Own {
			dst = append(dst, '!')
		}
		dst = append(dst, ' ')
	}
	return append(append(dst, readable(line.Text)...), '\n')
}
