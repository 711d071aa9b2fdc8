package proof

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// secure makes the TLS handshake and compares the certificate with the file's. The connection is nil where nothing more
// can be asked: the error says whether that is as it should be.
func (a asking) secure(ctx context.Context, bare net.Conn) (net.Conn, error) {
	certfile := a.set["certfile"]
	if certfile == "" {
		return nil, nil // a pre-shared key, which we do not have: that it accepts connections has to do
	}
	want, err := a.leaf(certfile)
	hidden := errors.Is(err, fs.ErrPermission) // from us; the broker's user may well read it
	if err != nil && !hidden {
		return nil, fmt.Errorf("has a certificate file that cannot be read: %w", err)
	}
	var got []byte
	conn := tls.Client(bare, &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the certificate is compared with the one in the broker's own file
		MinVersion:         tls.VersionTLS10,
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 {
				got = state.PeerCertificates[0].Raw
			}
			return nil
		},
	})
	err = conn.HandshakeContext(ctx)
	switch {
	case got == nil && err != nil:
		return nil, notYetError{fmt.Errorf("makes no TLS handshake: %w", plain(err))}
	case !hidden && !bytes.Equal(got, want):
		return nil, errors.New("shows another certificate than the one in its certfile")
	case err != nil, a.set["require_certificate"] == "true":
		return nil, nil //nolint:nilerr // it wants a certificate of ours, which is as it should be
	}
	return conn, nil
}

// mostPEM bounds what is read of a certificate file, in bytes.
const mostPEM = 1 << 20

// leaf is the first certificate of a file, as it is sent.
func (a asking) leaf(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPath(err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, mostPEM))
	if err != nil {
		return nil, plainPath(err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return block.Bytes, nil
		}
	}
	return nil, errors.New("it holds no certificate")
}

// plainPath is the reason of a file's error without its path.
func plainPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
