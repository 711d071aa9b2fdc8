package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	keyPrefix = "bkm_" // so that a key is recognised where it should not be, by people and by scanners
	keyBytes  = 32     // random bytes in a key of ours
	shortKey  = 24     // characters; shorter ones are accepted with a warning
	longKey   = 4096   // characters; nobody types more, and a header cannot carry much more
)

// newKey returns prefix and randomness, safe in headers, URLs and shells.
func newKey() string {
	random := make([]byte, keyBytes)
	rand.Read(random) // never fails: the runtime ends the program instead
	return keyPrefix + base64.RawURLEncoding.EncodeToString(random)
}

// checkKey refuses what cannot travel in a header and what is no secret. The message does not show the key.
func checkKey(key string) error {
	if key == "" || len(key) > longKey {
		return fault.Newf(fault.Invalid, "an API key has 1 to %d characters", longKey)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return fault.New(fault.Invalid, "an API key consists of visible ASCII characters without spaces")
		}
	}
	if isPlaceholder(key) {
		return fault.New(fault.Invalid, "the API key is a published default or a placeholder, which anybody knows")
	}
	return nil
}

// isPlaceholder recognises the default of older releases of the product and what examples and tutorials leave.
func isPlaceholder(key string) bool {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(key))
	switch plain {
	case "", "defaultapikeyreplaceinproduction", "defaultapikey", "default", "changeme", "changethis", "changeit",
		"replaceme", "replacethis", "replaceinproduction", "yourapikey", "yourapikeyhere", "yourkey", "yourkeyhere",
		"yoursecret", "yoursecretkey", "myapikey", "apikey", "key", "secret", "secretkey", "password", "example",
		"exampleapikey", "test", "testkey", "testapikey", "token", "admin", "bunkerm", "none", "null", "todo":
		return true
	}
	return strings.Trim(plain, plain[:1]) == "" // xxxxxxxx, 00000000
}

// readKeyFile returns the key in the file and the state of the file that it was read from.
func readKeyFile(path string) (string, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("reading the API key: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", nil, fmt.Errorf("reading the API key: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, longKey+3))
	if err != nil {
		return "", nil, fmt.Errorf("reading the API key: %w", err)
	}
	key := strings.TrimRight(string(text), "\r\n")
	if err := checkKey(key); err != nil {
		return "", nil, fault.From(err).Hint("write a key into " + path + ", or remove the file and BunkerM makes one").
			Because(fmt.Errorf("reading %s", path))
	}
	return key, info, nil
}

// createKeyFile writes a first key. When another process was quicker, its key is returned.
func createKeyFile(path string) (string, fs.FileInfo, error) {
	temporary, err := writeTemporary(path, newKey())
	if err != nil {
		return "", nil, err
	}
	defer os.Remove(temporary)
	// A link, unlike a rename, never replaces a key that somebody already uses.
	err = os.Link(temporary, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. There a second first start at the same moment is the lesser worry.
		err = os.Rename(temporary, path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, fmt.Errorf("writing the API key: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return "", nil, err
	}
	return readKeyFile(path)
}

// replaceKeyFile writes a new key over the old one, for the same owner and with the same mode: an administrator
// who rotates as root must not shut the service's user out.
func replaceKeyFile(path string) (string, fs.FileInfo, error) {
	old, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("replacing the API key: %w", err)
	}
	temporary, err := writeTemporary(path, newKey())
	if err != nil {
		return "", nil, err
	}
	defer os.Remove(temporary)
	if old != nil {
		if err := copyOwner(temporary, old); err != nil {
			return "", nil, fmt.Errorf("replacing the API key: %w", err)
		}
		if err := os.Chmod(temporary, old.Mode().Perm()); err != nil {
			return "", nil, fmt.Errorf("replacing the API key: %w", err)
		}
	}
	if err := os.Rename(temporary, path); err != nil {
		return "", nil, fmt.Errorf("replacing the API key: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return "", nil, err
	}
	return readKeyFile(path)
}

// writeTemporary writes the key beside path, readable by us alone, and returns the file's name.
func writeTemporary(path, key string) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".api-key-*") // made with mode 0600
	if err != nil {
		return "", fmt.Errorf("writing the API key: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	_, err = file.WriteString(key + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", fmt.Errorf("writing the API key: %w", err)
	}
	return file.Name(), nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("writing the API key: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("writing the API key: %w", err)
	}
	return nil
}
