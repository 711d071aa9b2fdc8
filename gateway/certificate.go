package gateway

import (
	"crypto/tls"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// certificate is a pair of files that is read again when one of them changes. A pair that does not fit, because
// the renewal has written only one of them yet, changes nothing until it does.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]fs.FileInfo
	looked  time.Time
	refused [2]fs.FileInfo // the state of the files that the log has complained about
}

// lookEvery bounds how often the files are looked at while connections come in.
const lookEvery = time.Second

// CheckCertificate tells what Serve would say of the pair, before anything else is begun.
func CheckCertificate(certFile, keyFile string) error {
	_, err := openCertificate(certFile, keyFile, nil)
	return err
}

// openCertificate reads the pair. The fault names the flags.
func openCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	if certFile == "" || keyFile == "" {
		return nil, fault.New(fault.Invalid, "--tls-cert and --tls-key belong together and one is missing").
			Hint("give both, or none to serve without TLS")
	}
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	state, err := c.state()
	if err == nil {
		err = c.load(state)
	}
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "--tls-cert %q and --tls-key %q cannot be used", certFile, keyFile).
			Hint("name PEM files that the user who runs BunkerM may read, of a certificate and its key").Because(err)
	}
	c.looked = time.Now()
	return c, nil
}

func (c *certificate) state() (state [2]fs.FileInfo, err error) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if state[i], err = os.Stat(path); err != nil {
			return state, err
		}
	}
	return state, nil
}

func (c *certificate) load(state [2]fs.FileInfo) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.seen = &pair, state
	return nil
}

// get is asked for each handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		c.look()
	}
	return c.pair, nil
}

// look takes over a changed pair. The caller holds mu.
func (c *certificate) look() {
	state, err := c.state()
	if err == nil {
		if same(state, c.seen) {
			return
		}
		if err = c.load(state); err == nil {
			c.log.Info("the TLS certificate was changed", "cert", c.certFile)
			return
		}
	}
	if !same(state, c.refused) {
		c.log.Warn("the changed TLS certificate cannot be used, the last one stays", "cert", c.certFile, "error", err)
		c.refused = state
	}
}

func same(a, b [2]fs.FileInfo) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) {
			return false
		}
		if a[i] != nil && (!os.SameFile(a[i], b[i]) || !a[i].ModTime().Equal(b[i].ModTime()) || a[i].Size() != b[i].Size()) {
			return false
		}
	}
	return true
}
