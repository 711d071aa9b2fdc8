package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// PrimaryName is the name under which whoever presents the primary key appears in log and audit.
const PrimaryName = "api-key"

// lookEvery bounds how often the file is looked at while requests come in. A rotation is noticed within it.
const lookEvery = 500 * time.Millisecond

// Options are what Keys need.
type Options struct {
	Path        string // file of the primary key; made at the first start
	Environment string // the primary key from the environment; wins over the file when not empty
	Logger      *slog.Logger
	Clock       func() time.Time // time.Now when nil
}

// Keys knows the API keys. Its methods may be called by any number of goroutines.
type Keys struct {
	o       Options
	warning string

	mu     sync.Mutex
	key    string
	hash   [sha256.Size]byte
	ended  chan struct{} // closed when the key counts no more
	looked time.Time
	seen   fs.FileInfo // the file that key was read from; nil for the environment
	ailing bool        // the last look at the file failed, and the log says so
}

// Open returns the keys of an installation. Where neither environment nor file has one, a key is generated and
// written. A key that anybody could know is refused.
func Open(o Options) (*Keys, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	k := &Keys{o: o}
	if o.Environment != "" {
		if err := checkKey(o.Environment); err != nil {
			return nil, fault.From(err).Hint("set API_KEY, or the file that API_KEY_FILE names, to at least 24 random characters, " +
				"or remove both and BunkerM makes its own key")
		}
		k.take(o.Environment, nil)
		return k, nil
	}
	key, info, err := readKeyFile(o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		key, info, err = createKeyFile(o.Path)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		o.Logger.Warn("the file of the API key can be read by other users of this host", "path", o.Path,
			"hint", "chmod 600 it")
	}
	k.take(key, info)
	return k, nil
}

// take makes key the one that counts. The caller holds mu or is alone.
func (k *Keys) take(key string, from fs.FileInfo) {
	hash := sha256.Sum256([]byte(key))
	if k.ended == nil || hash != k.hash {
		if k.ended != nil {
			close(k.ended)
		}
		k.ended = make(chan struct{})
	}
	k.key, k.hash, k.seen, k.looked, k.ailing = key, hash, from, k.o.Clock(), false
	k.warning = ""
	if len(key) < shortKey {
		k.warning = "the API key is shorter than 24 characters and could be guessed"
		k.o.Logger.Warn(k.warning, "hint", "set a longer one, or none and BunkerM makes one")
	}
}

// Authenticate returns who presents key. It takes the same time whatever the key is.
func (k *Keys) Authenticate(key string) (Principal, bool) {
	k.mu.Lock()
	k.look()
	want, ended := k.hash, k.ended
	k.mu.Unlock()
	got := sha256.Sum256([]byte(key))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return Principal{}, false
	}
	return Principal{Name: PrimaryName, Role: Admin, Via: ViaKey, Ended: ended}, true
}

// Refresh takes over a changed file where nobody asks for anything, so that what goes on with the old key ends.
func (k *Keys) Refresh() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.look()
}

// Key returns the primary key itself, for the console and for `bunkerm apikey show`.
func (k *Keys) Key() (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.looked = time.Time{}
	k.look()
	return k.key, nil
}

// Warning returns a sentence when the key is weaker than it should be, else "".
func (k *Keys) Warning() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.warning
}

// Path returns the file of the primary key, "" when the environment sets it.
func (k *Keys) Path() string {
	if k.o.Environment != "" {
		return ""
	}
	return k.o.Path
}

// Rotate replaces the primary key by a new one and returns it. Running servers on the same file take it within a
// second; the old key is refused from then on. It is refused when the environment sets the key.
func (k *Keys) Rotate() (string, error) {
	if k.o.Environment != "" {
		return "", fault.New(fault.Conflict, "the API key is set by the environment and cannot be rotated here").
			Hint("change API_KEY, or the file that API_KEY_FILE names, and restart BunkerM")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key, info, err := replaceKeyFile(k.o.Path)
	if err != nil {
		return "", err
	}
	k.take(key, info)
	return key, nil
}

// look takes over a changed file. A file that is gone or unusable changes nothing: who is inside stays inside,
// and the log says it once. The caller holds mu.
func (k *Keys) look() {
	if k.seen == nil {
		return
	}
	now := k.o.Clock()
	if since := now.Sub(k.looked); since >= 0 && since < lookEvery {
		return
	}
	k.looked = now
	info, err := os.Stat(k.o.Path)
	if err == nil && sameFile(info, k.seen) {
		return
	}
	var key string
	if err == nil {
		key, info, err = readKeyFile(k.o.Path)
	}
	if err != nil {
		if !k.ailing {
			k.o.Logger.Error("the API key cannot be read again, the last one stays in force", "error", err)
		}
		k.ailing = true
		return
	}
	k.take(key, info)
	k.o.Logger.Info("the API key was changed", "path", k.o.Path)
}

// sameFile reports whether nothing was written since.
func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
