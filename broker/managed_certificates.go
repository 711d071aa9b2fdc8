package broker

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// certificateDir is the folder in the broker's directory in which BunkerM puts certificates for it.
const certificateDir = "certs"

// InstallCertificate gives the broker a file of certificates or keys as certs/NAME, which only its user may read. It is replaced
// as a whole; the broker reads it at its next start or signal. Calls come one after the other.
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
	return m.files.write(path.Join(certificateDir, name), text, nil)
}
