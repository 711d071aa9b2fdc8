package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"time"
)

// stored is a file that is part of the binary. It is read when somebody asks for it and not before: what the page, its
// compressed copies and Swagger UI take would otherwise stay in memory, though most of it is asked for rarely or never.
type stored struct {
	files fs.FS
	name  string
	tag   func() string // of the content, without quotes
}

// newStored finds a file. It must be one that can be read from any place.
func newStored(files fs.FS, name string) (*stored, error) {
	s := &stored{files: files, name: name}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, ok := f.(io.ReadSeeker); !ok {
		return nil, fmt.Errorf("%s cannot be read from any place", name)
	}
	s.tag = sync.OnceValue(func() string {
		f := s.open()
		defer f.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			panic(err) // the file is part of the binary
		}
		return hex.EncodeToString(sum.Sum(nil)[:8])
	})
	return s, nil
}

func (s *stored) open() io.ReadSeekCloser {
	f, err := s.files.Open(s.name)
	if err != nil {
		panic(err) // it was there when we started, and is part of the binary
	}
	return f.(io.ReadSeekCloser)
}

// serve answers with the content.
func (s *stored) serve(w http.ResponseWriter, r *http.Request) {
	f := s.open()
	defer f.Close()
	http.ServeContent(w, r, "", time.Time{}, f)
}
