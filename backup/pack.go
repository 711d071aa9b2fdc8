package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Source is an installation that is to be backed up. DataDir and Snapshot are required.
type Source struct {
	DataDir string
	Version string // of this BunkerM
	// Snapshot writes the database as it is at one moment to a new file. An error that wraps fs.ErrNotExist: there is none.
	Snapshot func(ctx context.Context, to string) error
	// Flush has the broker write what it keeps, and returns when it has. Nil: there is none, or it is somebody else's.
	Flush func(ctx context.Context) error
	// Outside names files that the broker needs and that are not in the data directory. Nil: there are none.
	Outside func() []string
	Logger  *slog.Logger     // nil discards
	Clock   func() time.Time // nil: time.Now
}

func (s Source) outside() []string {
	if s.Outside == nil {
		return nil
	}
	return s.Outside()
}

// Prepared is an installation of which everything is at hand that can fail without anything written.
type Prepared struct {
	s       Source
	root    *os.Root // the data directory
	work    string   // a folder of ours alone, with the copy of the database
	created time.Time
}

// workPrefix begins the name of the folder in which a backup is prepared.
const workPrefix = ".work-"

// Prepare copies the database and has the broker write its own. The result is to be closed. It takes as much room on the
// disk as the database uses.
func (s Source) Prepare(ctx context.Context) (_ *Prepared, err error) {
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	root, err := os.OpenRoot(s.DataDir)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "there is no data directory %s to back up", s.DataDir).
			Hint("name it with --data-dir").Because(err)
	}
	p := &Prepared{s: s, root: root, created: s.Clock().UTC().Truncate(time.Second)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	dir := filepath.Join(s.DataDir, Dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, cannotWrite(err)
	}
	if err := giveTo(s.DataDir, dir); err != nil { // the service has to be able to write there too
		return nil, cannotWrite(err)
	}
	if p.work, err = os.MkdirTemp(dir, workPrefix); err != nil {
		return nil, cannotWrite(err)
	}
	if s.Flush != nil {
		if err := s.Flush(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.Snapshot(ctx, p.database()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, cannotWrite(err)
	}
	return p, nil
}

func (p *Prepared) database() string { return filepath.Join(p.work, databaseName) }

// Name is a file name for the archive, with the time in UTC.
func (p *Prepared) Name(kind string) string {
	return kind + "-" + p.created.Format(nameTime) + extension
}

// Close removes what was prepared.
func (p *Prepared) Close() error {
	err := p.root.Close()
	if p.work != "" {
		err = errors.Join(err, os.RemoveAll(p.work))
	}
	return err
}

// Write writes the archive. Memory does not depend on its size.
func (p *Prepared) Write(ctx context.Context, to io.Writer) (Manifest, error) {
	m := Manifest{Header: Header{Format: Format, Version: p.s.Version, Created: p.created}, Files: []File{}, Outside: p.s.outside()}
	zipped, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return m, fmt.Errorf("beginning the backup: %w", err)
	}
	out := &packer{tar: tar.NewWriter(zipped), m: &m}
	if err := out.document(headerName, m.Header); err != nil {
		return m, err
	}
	names, err := collect(p.root)
	if err != nil {
		return m, err
	}
	if err := p.packDatabase(ctx, out); err != nil {
		return m, err
	}
	for _, name := range names {
		if err := p.packFile(ctx, out, name); err != nil {
			return m, err
		}
	}
	if err := out.document(manifestName, m); err != nil {
		return m, err
	}
	if err := errors.Join(out.tar.Close(), zipped.Close()); err != nil {
		return m, cannotWrite(err)
	}
	return m, nil
}

func (p *Prepared) packDatabase(ctx context.Context, out *packer) error {
	f, err := os.Open(p.database())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the copy of the database: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	return out.file(ctx, databaseName, f)
}

// packFile adds a file as it is. One that has gone since it was listed is left out.
func (p *Prepared) packFile(ctx context.Context, out *packer, name string) error {
	if name == brokerDir+"/"+dynsecName {
		whole, err := p.settled(ctx, name)
		if err != nil || whole == nil {
			return err
		}
		defer func() { _ = whole.Close() }()
		return out.file(ctx, name, whole)
	}
	f, err := p.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	return out.file(ctx, name, f)
}

// open opens an ordinary file. The broker's folder may belong to a user who puts other things there: a named pipe would have
// us wait for ever.
func (p *Prepared) open(name string) (*os.File, error) {
	f, err := p.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not an ordinary file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// packer writes entries and remembers them.
type packer struct {
	tar *tar.Writer
	m   *Manifest
}

// document adds what is no file of the installation.
func (w *packer) document(name string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	text = append(text, '\n')
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), ModTime: w.m.Created, Format: tar.FormatPAX}); err != nil {
		return cannotWrite(err)
	}
	if _, err := w.tar.Write(text); err != nil {
		return cannotWrite(err)
	}
	return nil
}

// file adds a file of the installation with the size that it has now.
func (w *packer) file(ctx context.Context, name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	header := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(header); err != nil {
		return cannotWrite(err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(interruptible{ctx, f}, info.Size()))
	if err != nil {
		return cannotWrite(err)
	}
	if n < info.Size() {
		return fault.Newf(fault.Conflict, "%s was changed while it was copied", name).Hint("try again").Because(errChanged)
	}
	w.m.Files = append(w.m.Files, File{Name: name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Modified: header.ModTime.UTC()})
	return nil
}

// errChanged is the cause where a file became shorter while it was read.
var errChanged = errors.New("it is shorter than it was")

func changedMeanwhile(err error) bool { return errors.Is(err, errChanged) }

// interruptible is a reader that ends with a context.
type interruptible struct {
	ctx  context.Context //nolint:containedctx // io.Copy knows no context
	from io.Reader
}

// Read implements io.Reader.
func (r interruptible) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(b)
}

func cannotWrite(err error) error {
	f := fault.New(fault.Unavailable, "the backup cannot be written").Because(err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return f.Hint("the disk is full: make room")
	}
	return f.Hint("see that there is room on the disk, and that the folder belongs to whoever runs BunkerM")
}
