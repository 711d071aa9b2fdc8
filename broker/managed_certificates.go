package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// certificateDir is the folder in the broker's directory in which BunkerM puts certificates for it.
const certificateDir = "certs"

// InstallCertificate gives the broker a file of certificates or keys as certs/NAME, which only its user may read. It is replaced
// as a whole; the broker reads it at its next start or signal. One that is there already is left alone: the keeper takes a file
// that was written anew for one that the broker has not read, and sends no signal for the debug log then. Calls come one after
// the other.
func (m *Managed) InstallCertificate(name string, text []byte) error {
	if name != path.Base(name) || !strings.HasSuffix(name, ".pem") {
		return fault.Newf(fault.Internal, "%s is no name for a certificate", name)
	}
	if err := m.files.ensureDir(certificateDir); err != nil {
		return err
	}
	entries, err := fs.ReadDir(m.files.root.FS(), certificateDir)
	if err != nil {
		return fmt.Errorf("reading the broker's folder %s: %w", certificateDir, err)
	}
	for _, e := range entries {
		// A write that was cut off by a kill has left it; it may hold a key.
		if strings.HasPrefix(e.Name(), tempPrefix) {
			if err := m.files.root.Remove(path.Join(certificateDir, e.Name())); err != nil {
				return fmt.Errorf("removing what a former write left: %w", err)
			}
		}
	}
	if name = path.Join(certificateDir, name); m.files.holds(name, text) {
		return nil
	}
	return m.files.write(name, text, nil)
}

// restoreCertificates has files of certificates made anew that are gone: the broker does not start without them. What is still
// gone then is told, because the broker says no more than that it has failed to load something.
func (m *Managed) restoreCertificates(ctx context.Context) error {
	missing, err := m.missingCertificates()
	if err != nil || len(missing) == 0 {
		return err
	}
	if m.o.Certificates != nil {
		m.o.Certificates(ctx, missing, m.InstallCertificate)
		if missing, err = m.missingCertificates(); err != nil {
			return err
		}
	}
	for _, name := range missing {
		m.o.Notice(fmt.Sprintf("The broker's configuration names %s/%s, which is gone: put it back into %s, or take the listener that names it out of %s.",
			certificateDir, name, filepath.Join(m.at.broker, certificateDir), filepath.Join(m.at.broker, confName)))
	}
	return nil
}

// missingCertificates are the files of the folder certs that the configuration names and that are gone, by their names in it.
func (m *Managed) missingCertificates() (missing []string, err error) {
	conf, _, err := m.files.read(confName)
	if err != nil {
		return nil, err
	}
	parts, err := m.parts(conf)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		for line := range strings.SplitSeq(string(p.text), "\n") {
			key, value := confLine(line)
			if !slices.Contains([]string{"certfile", "keyfile", "cafile", "crlfile"}, key) {
				continue
			}
			value = strings.TrimPrefix(path.Clean(value), m.at.broker+"/")
			name, inside := strings.CutPrefix(value, certificateDir+"/")
			if !inside || slices.Contains(missing, name) {
				continue
			}
			if _, err := m.files.root.Stat(value); errors.Is(err, fs.ErrNotExist) {
				missing = append(missing, name)
			}
		}
	}
	return missing, nil
}
