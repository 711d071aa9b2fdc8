package logtail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// Blur changes what has been read already of the log that the keeper writes into dir: blur overwrites bytes of a file where they stand
// and returns how often. It returns position as it is to be now, because a position knows what stands before it. What has not been
// read yet stays: whoever reads on begins there. Nobody may follow the log meanwhile; the keeper may write.
func Blur(dir, position string, blur func(text []byte) int) (now string, changed int, err error) {
	at, known := parsePosition(position)
	if !known {
		return position, 0, nil // nothing has been read yet, or it is not known how far
	}
	for _, name := range written(filepath.Join(dir, keeper.BrokerLogName)) {
		n, reached, err := blurFile(name, &at, blur)
		changed += n
		if err != nil {
			return position, changed, fmt.Errorf("changing the broker's log: %w", err)
		}
		if reached {
			return at.String(), changed, nil
		}
	}
	return position, changed, nil
}

// written are the files of a log, the oldest first.
func written(path string) (names []string) {
	names = []string{path}
	for i := 1; ; i++ {
		name := path + "." + strconv.Itoa(i)
		if _, err := os.Lstat(name); err != nil {
			return names
		}
		names = append([]string{name}, names...)
	}
}

// blurFile changes a file up to the place, or all of it where the place is in a later one.
func blurFile(name string, at *position, blur func([]byte) int) (changed int, reached bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	state, err := look(name)
	if err != nil {
		return 0, false, err
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
