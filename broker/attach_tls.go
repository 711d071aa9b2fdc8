package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"sync/atomic"
)

// tlsFiles are the files of a TLS connection. They are read anew for each, because certificates are renewed and
// connections are rare.
type tlsFiles struct {
	host          string // what the broker's certificate must be for
	ca, cert, key string
}

// config reads the files. Its errors are faults that name the setting.
func (f tlsFiles) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.host}
	if f.ca != "" {
		data, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, unreadable("--broker-ca", f.ca, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(data) {
			return nil, badSetting("--broker-ca %s holds no certificate", f.ca).
				Hint("name the PEM file of the authority that signed the broker's certificate")
		}
	}
	switch {
	case f.cert == "" && f.key == "":
		return c, nil
	case f.cert == "":
		return nil, badSetting("--broker-key %s has no certificate to belong to", f.key).Hint("add --broker-cert")
	case f.key == "":
		return nil, badSetting("--broker-cert %s has no key", f.cert).Hint("add --broker-key")
	}
	for _, file := range []struct{ flag, name string }{{"--broker-cert", f.cert}, {"--broker-key", f.key}} {
		// LoadX509KeyPair would not say which of the two is missing.
		if _, err := os.Stat(file.name); err != nil {
			return nil, unreadable(file.flag, file.name, err)
		}
	}
	certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, badSetting("--broker-cert %s and --broker-key %s are not a certificate and its key", f.cert, f.key).
			Hint("both must be PEM files, and the key without a passphrase").Because(err)
	}
	c.Certificates = []tls.Certificate{certificate}
	return c, nil
}

// dial connects and shakes hands.
func (f tlsFiles) dial(ctx context.Context, address string) (net.Conn, error) {
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	c := new(tlsConn)
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.certificateAsked.Store(true)
		if len(config.Certificates) == 0 {
			return new(tls.Certificate), nil // an empty one means that there is none
		}
		return &config.Certificates[0], nil
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c.Conn = tls.Client(raw, config)
	if err := c.HandshakeContext(ctx); err != nil {
		// Closing can only report that it is closed already.
		_ = raw.Close()
		return nil, &handshakeError{cause: err, certificateAsked: c.wantedCertificate()}
	}
	return c, nil
}

// handshakeError tells that the broker was reached and TLS did not come about.
type handshakeError struct {
	cause            error
	certificateAsked bool // the broker wanted to see a client certificate
}

func (e *handshakeError) Error() string { return "TLS handshake: " + e.cause.Error() }

func (e *handshakeError) Unwrap() error { return e.cause }

// tlsConn remembers whether the broker asked for a client certificate. In TLS 1.3 the handshake succeeds on our side
// before the broker has looked at it; when it does not like it, it hangs up, and its reason may get lost on the way.
type tlsConn struct {
	*tls.Conn
	certificateAsked atomic.Bool
}

func (c *tlsConn) wantedCertificate() bool { return c.certificateAsked.Load() }
