package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	settleWithin = 15 * time.Second // that the broker may take to write its file, on a slow card and a busy machine
	settleEvery  = 10 * time.Millisecond
)

// settled copies the file of the accounts until the copy is whole: brokers before 2.0.16 write it in place. One that stays torn
// is taken as it is; its older versions lie beside it. Nil: the file has gone.
func (p *Prepared) settled(ctx context.Context, name string) (*os.File, error) {
	for until := time.Now().Add(settleWithin); ; {
		f, err := p.copied(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // as documented
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		torn := wholeJSON(f)
		if torn != nil && time.Now().Before(until) {
			if err := f.Close(); err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			select {
			case <-time.After(settleEvery):
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if torn != nil {
			p.s.Logger.WarnContext(ctx, "a file of the broker is damaged, and is backed up as it is", "file", name, "error", torn)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

// copied copies a file into the folder of ours.
func (p *Prepared) copied(ctx context.Context, name string) (_ *os.File, err error) {
	from, err := p.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }() // only read
	to, err := os.OpenFile(filepath.Join(p.work, "settled"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(to, interruptible{ctx, from}); err == nil {
		_, err = to.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, to.Close())
	}
	return to, nil
}

// wholeJSON reads one JSON document without keeping it, and says what is wrong with it.
func wholeJSON(from io.Reader) error {
	depth, documents := 0, 0
	for d := json.NewDecoder(from); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && depth == 0 && documents == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			documents++
		}
	}
}
