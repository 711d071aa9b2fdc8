package adopt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Contents is what a mosquitto.db holds.
type Contents struct {
	Retained int `json:"retained"` // messages
	Sessions int `json:"sessions"` // of clients that want to be remembered
	Queued   int `json:"queued"`   // messages that wait for such clients
}

// The chunks of the file that are counted (mosquitto, src/persist.h; the same since version 5 of the format, with which 2.0 and
// 2.1 begin).
const (
	chunkQueued   = 3
	chunkRetained = 4
	chunkSession  = 6
	oldestFormat  = 5
)

// magic begins the file; behind it come a checksum that nobody computes and the version of the format.
const magic = "\x00\xB5\x00mosquitto db"

var errDatabase = errors.New("it is no mosquitto.db that is known")

// ReadContents counts what a database holds. A file that ends within a chunk is damaged.
func ReadContents(name string) (Contents, error) {
	f, err := os.Open(name)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = f.Close() }()
	c, err := readContents(bufio.NewReader(f))
	if err != nil {
		return c, fmt.Errorf("reading %s: %w", name, err)
	}
	return c, nil
}

func readContents(r *bufio.Reader) (c Contents, err error) {
	var head struct {
		Magic    [len(magic)]byte
		Checksum uint32
		Version  uint32
	}
	if err := binary.Read(r, binary.BigEndian, &head); err != nil || !bytes.Equal(head.Magic[:], []byte(magic)) || head.Version < oldestFormat {
		return c, errDatabase
	}
	for {
		var chunk struct{ Kind, Length uint32 }
		if err := binary.Read(r, binary.BigEndian, &chunk); errors.Is(err, io.EOF) {
			return c, nil
		} else if err != nil {
			return c, err
		}
		switch chunk.Kind {
		case chunkQueued:
			c.Queued++
		case chunkRetained:
			c.Retained++
		case chunkSession:
			c.Sessions++
		}
		if n, err := io.CopyN(io.Discard, r, int64(chunk.Length)); err != nil {
			return c, fmt.Errorf("a part of %d bytes has %d: %w", chunk.Length, n, errDatabase)
		}
	}
}
