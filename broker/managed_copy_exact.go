package broker

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// sureAfter is how old a change must be for its time stamp to tell it from a later one; the kernel's clock for
// files ticks every 10 ms at the slowest.
const sureAfter = 50 * time.Millisecond

// How long we wait for somebody else's command to be written. The broker takes some 100 ms for 20,000 clients.
const (
	tornTries = 100
	tornPause = 3 * time.Millisecond
)

// errTorn is the state of a file that the broker is writing, or has begun to write when it died.
var errTorn = errors.New("it is not whole")

// exactCopy keeps lastName equal to dynamic-security.json. It overwrites its copy in place, since replacing it would
// take ten times as long as a whole createClient where there are few clients (the file system writes out what is
// renamed). That is safe as nothing of ours is being written meanwhile, so the original is whole; and the file is cut
// to nothing first, so that what a kill leaves is no mixture.
type exactCopy struct {
	mu      sync.Mutex
	file    *os.File    // the open copy, made by us; nil before the first
	of      fs.FileInfo // the original's state that it holds; nil when it may hold none
	sure    bool        // a later change of the original would show in its time stamp
	failing bool        // the operator was told
}

// exactCopyNow copies the file unless it is what it was at the last copy. What is not whole is not copied.
func (m *Managed) exactCopyNow() {
	c := &m.exact
	c.mu.Lock()
	defer c.mu.Unlock()
	err := errTorn
	for try := 0; errors.Is(err, errTorn) && try < tornTries; try++ {
		if try > 0 {
			wait(context.Background(), tornPause)
		}
		err = c.update(m.files)
	}
	if err != nil && !c.failing {
		m.o.Logger.Warn("no exact copy of the accounts can be kept", "error", err)
	}
	c.failing = err != nil
}

// update makes the copy once. errTorn means that another try may find the original whole.
func (c *exactCopy) update(b *brokerFiles) error {
	if now, err := b.root.Lstat(dynsecName); err == nil && c.sure && unchanged(c.of, now) && c.isThere(b) {
		return nil
	}
	original, before, err := b.open(dynsecName)
	if err != nil {
		return err
	}
	defer func() { _ = original.Close() }()
	if err := whole(original, before.Size()); err != nil {
		return err
	}
	if !c.isThere(b) {
		if err := c.begin(b); err != nil {
			return err
		}
	}
	c.of = nil
	if err := c.fill(original, before.Size()); err != nil {
		return fmt.Errorf("copying %s: %w", dynsecName, err)
	}
	after, err := original.Stat()
	if err != nil {
		return fmt.Errorf("copying %s: %w", dynsecName, err)
	}
	if !unchanged(before, after) {
		return errTorn
	}
	c.of, c.sure = after, time.Since(after.ModTime()) > sureAfter
	return nil
}

// fill overwrites the copy. On Linux the bytes do not pass through this process.
func (c *exactCopy) fill(original *os.File, size int64) error {
	if err := c.file.Truncate(0); err != nil {
		return err
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(c.file, original)
	if err == nil && n != size {
		err = errTorn
	}
	return err
}

// isThere tells whether the open copy still has its name. The broker's user may rename and remove it.
func (c *exactCopy) isThere(b *brokerFiles) bool {
	if c.file == nil {
		return false
	}
	open, openErr := c.file.Stat()
	named, err := b.root.Lstat(lastName)
	return err == nil && openErr == nil && os.SameFile(open, named)
}

// begin makes a new file for the copy, which replaces what has its name. It is a new one so that nobody else has it
// open, nor another name for it, when we write as root.
func (c *exactCopy) begin(b *brokerFiles) error {
	c.drop()
	temp := tempPrefix + rand.Text()
	f, err := b.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("making %s: %w", lastName, err)
	}
	if err := b.root.Rename(temp, lastName); err != nil {
		_ = b.root.Remove(temp)
		return fmt.Errorf("making %s: %w", lastName, errors.Join(err, f.Close()))
	}
	c.file = f
	return nil
}

func (c *exactCopy) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

func (c *exactCopy) drop() {
	if c.file != nil {
		_ = c.file.Close() // what it holds need not survive a power loss
		c.file, c.of = nil, nil
	}
}

func unchanged(a, b fs.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// whole tells whether the broker has written a file to its end. It indents what it writes, so only the last brace
// begins a line; what does not end so comes from elsewhere and is looked at as a whole.
func whole(f *os.File, size int64) error {
	var end [3]byte
	n, err := f.ReadAt(end[:], max(0, size-int64(len(end))))
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: %w", dynsecName, err)
	}
	if tail := string(end[:n]); strings.HasSuffix(tail, "\n}") || tail == "\n}\n" {
		return nil
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, min(size, maxBrokerFile)))
	if err != nil {
		return fmt.Errorf("reading %s: %w", dynsecName, err)
	}
	if !json.Valid(data) {
		return errTorn
	}
	return nil
}

// overwritesInPlace tells whether a version writes dynamic-security.json in place; an unknown one may.
func overwritesInPlace(version string) bool {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); n != 3 {
		return true
	}
	return major < 2 || major == 2 && minor == 0 && patch < 16
}
