package monitor

import (
	"context"
	"io"

	"github.com/bunkerm/bunkerm/broker/logtail"
)

// WriteTail writes the latest lines of the log as a text, the oldest of them first.
func (l *Log) WriteTail(ctx context.Context, to io.Writer, lines int) error {
	found, err := l.lines.Search(ctx, logtail.Query{Limit: lines, Bytes: pageBytes})
	if err != nil {
		return err
	}
	var text []byte
	for i := len(found.Lines) - 1; i >= 0; i-- {
		text = appendText(text, &found.Lines[i])
	}
	_, err = to.Write(text)
	return err
}
