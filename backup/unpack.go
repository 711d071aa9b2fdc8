package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/bunkerm/bunkerm/fault"
)

// Unpack writes the files of an archive that is not sealed, or not any more, into a folder, and compares all of them with the
// manifest. What it has written is good only when it returns no error. Memory does not depend on the archive's size.
func Unpack(ctx context.Context, from io.Reader, into *os.Root) (Manifest, error) {
	plain := bufio.NewReader(interruptible{ctx, from})
	zipped, err := gzip.NewReader(plain)
	if err != nil {
		return Manifest{}, readError(ctx, err)
	}
	zipped.Multistream(false)
	in := &unpacker{tar: tar.NewReader(zipped), into: into, seen: map[string]bool{}}
	m, err := in.all()
	if err != nil {
		return Manifest{}, readError(ctx, err)
	}
	// What the checksum of the whole says stands at the very end.
	if _, err := io.Copy(io.Discard, zipped); err != nil { //nolint:gosec // nothing is kept of it
		return Manifest{}, readError(ctx, err)
	}
	switch _, err := plain.ReadByte(); {
	case err == nil:
		return Manifest{}, errDamaged("something follows its end")
	case !errors.Is(err, io.EOF):
		return Manifest{}, readError(ctx, err)
	}
	return m, nil
}

// readError is a fault for what went wrong while an archive was read.
func readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged("its end is missing").Because(err)
	}
	return errDamaged("it cannot be read").Because(err)
}

// unpacker reads entries.
type unpacker struct {
	tar   *tar.Reader
	into  *os.Root
	files []File
	seen  map[string]bool
}

func (u *unpacker) all() (Manifest, error) {
	var h Header
	entry, err := u.tar.Next()
	if err != nil {
		return Manifest{}, err
	}
	if entry.Name != headerName {
		return Manifest{}, errDamaged("it does not begin as a backup of BunkerM")
	}
	if err := u.document(mostHeader, &h); err != nil {
		return Manifest{}, err
	}
	if h.Format > Format {
		return Manifest{}, errNewer(h)
	}
	if h.Format < 1 {
		return Manifest{}, errDamaged("it does not say which format it has")
	}
	for {
		entry, err := u.tar.Next()
		if err != nil {
			return Manifest{}, err
		}
		if entry.Name == manifestName {
			break
		}
		if err := u.file(entry); err != nil {
			return Manifest{}, err
		}
	}
	var m Manifest
	if err := u.document(mostManifest, &m); err != nil {
		return Manifest{}, err
	}
	if _, err := u.tar.Next(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.Join(errDamaged("something follows its list of files"), err)
	}
	if m.Format != h.Format || m.Version != h.Version || !m.Created.Equal(h.Created) {
		return Manifest{}, errDamaged("its beginning and its end do not belong together")
	}
	same := func(a, b File) bool { return a.Name == b.Name && a.Bytes == b.Bytes && a.SHA256 == b.SHA256 }
	if !slices.EqualFunc(m.Files, u.files, same) {
		return Manifest{}, errDamaged("its files are not those that it lists")
	}
	return m, nil
}

// document reads an entry that is no file of the installation.
func (u *unpacker) document(most int64, into any) error {
	text, err := io.ReadAll(io.LimitReader(u.tar, most+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > most {
		return errDamaged("what it says about itself is too long")
	}
	if err := json.Unmarshal(text, into); err != nil {
		return errDamaged("what it says about itself cannot be read").Because(err)
	}
	return nil
}

// file writes an entry where it belongs.
func (u *unpacker) file(entry *tar.Header) error {
	if entry.Typeflag != tar.TypeReg || !belongs(entry.Name) || u.seen[entry.Name] {
		return errDamaged(fmt.Sprintf("%q does not belong into one", entry.Name))
	}
	if len(u.files) >= mostFiles {
		return errDamaged("it has too many files")
	}
	u.seen[entry.Name] = true
	if dir := path.Dir(entry.Name); dir != "." {
		if err := u.into.MkdirAll(dir, 0o700); err != nil {
			return cannotRestore(err)
		}
	}
	mode := fs.FileMode(0o600)
	if entry.Mode&0o044 != 0 {
		mode = 0o644
	}
	f, err := u.into.OpenFile(entry.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return cannotRestore(err)
	}
	sum := sha256.New()
	to := &marked{to: io.MultiWriter(f, sum)}
	n, err := io.Copy(to, u.tar)
	if closed := f.Close(); to.err == nil {
		to.err = closed
	}
	if to.err != nil {
		return cannotRestore(to.err)
	}
	if err != nil {
		return err
	}
	u.files = append(u.files, File{Name: entry.Name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	if err := u.into.Chtimes(entry.Name, entry.ModTime, entry.ModTime); err != nil {
		return cannotRestore(err)
	}
	return nil
}

// source tells an error of reading the file itself from one in what it says.
type source struct{ from io.Reader }

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fault.New(fault.Unavailable, "the backup cannot be read").Hint("nothing was changed; see that it is a file, and that the disk that has it is well").Because(err)
	}
	return n, err
}

// marked tells an error of writing from one of reading.
type marked struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (m *marked) Write(b []byte) (int, error) {
	n, err := m.to.Write(b)
	if err != nil {
		m.err = err
	}
	return n, err
}
