package logtail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Blur changes what has been read already of the log that the keeper writes into dir: blur overwrites bytes of a file where they stand
// and returns how often. It returns position as it is to be now, because a position knows what stands before it. What has not been
// read yet stays: whoever reads on begins there. Nobody may follow the log meanwhile; the keeper may write.
func Blur(dir, position string, blur func(text []byte) int) (now string, changed int, err error) {
	at, known := parsePosition(position)
	if !known {
		return position, 0, nil // nothing has been read yet, or it is not known how far
	}
	f := NewKeeper(dir, Options{})
	for range moves {
		var n int
		n, err = f.blur(&at, blur)
		changed += n
		if !errors.Is(err, errMoved) { // what has been changed already is not found again
			break
		}
	}
	if err != nil {
		return position, changed, fmt.Errorf("changing the broker's log: %w", err)
	}
	return at.String(), changed, nil
}

// blur changes the files from the oldest one to the place. Where the keeper renames them meanwhile, the error is errMoved.
func (f *Files) blur(at *position, blur func([]byte) int) (changed int, err error) {
	chain, _, err := f.chain()
	if err != nil {
		return 0, err
	}
	for _, e := range chain {
		n, reached, err := e.blur(at, blur)
		changed += n
		if err != nil || reached {
			return changed, err
		}
	}
	return changed, nil
}

// blur changes a file up to the place, or all of it where the place is in a later one.
func (e *entry) blur(at *position, blur func([]byte) int) (changed int, reached bool, err error) {
	f, err := os.OpenFile(e.path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, errMoved
	}
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	state, err := lookAt(int(f.Fd()), e.path)
	if err != nil {
		return 0, false, err
	}
	if state.id != e.state.id {
		return 0, false, errMoved
	}
	size := state.size
	if reached = state.id == at.id; reached {
		size = min(size, at.offset)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(f, text); err != nil {
		return 0, reached, err
	}
	if changed = blur(text); changed == 0 {
		return 0, reached, nil
	}
	if _, err := f.WriteAt(text, 0); err != nil {
		return changed, reached, err
	}
	if reached {
		n := min(len(text), markBytes)
		at.mark = markOf(text[:n], text[len(text)-n:])
	}
	return changed, reached, f.Sync()
}
