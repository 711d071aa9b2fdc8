package certs

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The files in the folder of certificates. Each is written as a whole, so a kill leaves the old one or the new one.
const (
	authorityFile = "authority.pem" // the key and certificate of the authority, and behind it those that came before
	serverFile    = "server.pem"    // the server's key, its certificate and its chain
	registerFile  = "register.json" // what was made for clients, what of it was revoked, and names that people have named; no keys
)

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".bunkerm-"

// openDir makes the folder, closed to others, and removes what a write that was cut off has left.
func openDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of certificates: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("closing the folder of certificates: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the folder of certificates: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("removing what a former write left: %w", err)
			}
		}
	}
	return nil
}

// writeFile replaces a file: written beside it, synced and renamed, with mode 0600.
func writeFile(dir, name string, text []byte) (err error) {
	temp := filepath.Join(dir, tempPrefix+rand.Text())
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", name, err)
			_ = os.Remove(temp) // the next start does it otherwise
		}
	}()
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp, filepath.Join(dir, name))
	}
	return err
}
