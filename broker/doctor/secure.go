package doctor

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a certificate is warned of.
const (
	soon    = 21 * 24 * time.Hour
	leastKB = 2048 // bits of an RSA key
)

// secure makes the connection one with TLS. The certificate is checked by ourselves, so that there is more to say of one that is
// refused than that it is.
func (e *examination) secure(ctx context.Context) finding {
	roots, f := e.roots()
	if f.state == Failed {
		return f
	}
	c := &tls.Config{
		ServerName: e.o.ServerName, InsecureSkipVerify: true, //nolint:gosec // verified below, by the same rules
		MinVersion: tls.VersionTLS10, // to say that it is old
	}
	if len(e.o.Cert) > 0 {
		own, err := tls.X509KeyPair(e.o.Cert, e.o.Key)
		if err != nil {
			return failed("The device's certificate cannot be used: "+err.Error()+".", "Give the certificate and the key that belongs to it, both as PEM.")
		}
		c.Certificates = []tls.Certificate{own}
	}
	secured := tls.Client(e.conn, c)
	if err := secured.HandshakeContext(ctx); err != nil {
		return noHandshake(err)
	}
	e.conn, e.mqtt = secured, secured
	state := secured.ConnectionState()
	return e.verify(&state, roots)
}

// roots are the authorities that are trusted; nil are the system's.
func (e *examination) roots() (*x509.CertPool, finding) {
	if len(e.o.Authority) == 0 {
		return nil, finding{}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(e.o.Authority) {
		return nil, failed("There is no certificate in the file of the authority.", "Give the authority's certificate as PEM; it begins with -----BEGIN CERTIFICATE-----.")
	}
	return roots, finding{}
}

func noHandshake(err error) finding {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &record):
		return failed("What listens there does not speak TLS.", "Connect without TLS, or to the port that has it (8883 as a rule).")
	case errors.As(err, &alert):
		return refusedHandshake(err)
	case late(err):
		return failed("The handshake gets no answer.", "What listens there does not speak TLS, as it seems: connect without, or to the port that has it (8883 as a rule).")
	}
	return failed("The broker ends the connection in the handshake: "+plain(err)+".",
		"What listens there does not speak TLS, as it seems: connect without, or to the port that has it (8883 as a rule).")
}

// refusedHandshake explains an alert by which the broker refuses (RFC 8446, section 6.2).
func refusedHandshake(err error) finding {
	text := plain(err)
	switch {
	case strings.Contains(text, "certificate required"), strings.Contains(text, "handshake failure"):
		return failed("The broker refuses the handshake: "+text+".",
			"It asks for a certificate of the device (require_certificate), or for ciphers that nobody here has. Give the device one that the broker's authority has signed.")
	case strings.Contains(text, "unknown certificate authority"), strings.Contains(text, "bad certificate"):
		return failed("The broker does not take the device's certificate: "+text+".", "It has to be signed by an authority in the broker's cafile.")
	case strings.Contains(text, "expired"), strings.Contains(text, "revoked"):
		return failed("The broker does not take the device's certificate: "+text+".", "Make a new one for the device.")
	case strings.Contains(text, "protocol version"):
		return failed("The broker speaks another version of TLS.", "Look at tls_version of the listener.")
	}
	return failed("The broker refuses the handshake: "+text+".", "")
}

// verify looks at the broker's certificate as a careful device does.
func (e *examination) verify(state *tls.ConnectionState, roots *x509.CertPool) finding {
	now, leaf := e.o.Clock(), state.PeerCertificates[0]
	what := fmt.Sprintf("The certificate is for %s, by %s, and good until %s.", names(leaf), leaf.Issuer.CommonName, leaf.NotAfter.Format("2 Jan 2006"))
	switch {
	case now.Before(leaf.NotBefore):
		return failed(fmt.Sprintf("The broker's certificate is good only from %s on.", leaf.NotBefore.Format("2 Jan 2006 15:04 MST")),
			"Look at the clock of this host and of the one that made the certificate. A device whose clock is wrong fails in the same way.")
	case now.After(leaf.NotAfter):
		return failed(fmt.Sprintf("The broker's certificate was good until %s.", leaf.NotAfter.Format("2 Jan 2006 15:04 MST")),
			"Renew it, and have the broker read it. If it should be good, look at the clock of this host.")
	}
	if err := leaf.VerifyHostname(e.o.ServerName); err != nil {
		return failed(fmt.Sprintf("The broker's certificate is not for %s, but for %s.", e.o.ServerName, names(leaf)),
			"Connect by a name that it is for, or make one that is for this name or address.")
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, DNSName: e.o.ServerName})
	if err != nil {
		return untrusted(leaf, len(state.PeerCertificates), err)
	}
	f := finding{said: what + " " + tls.VersionName(state.Version) + "."}
	switch key, isRSA := leaf.PublicKey.(*rsa.PublicKey); {
	case isRSA && key.N.BitLen() < leastKB:
		f.state = Warning
		f.advice = fmt.Sprintf("Its RSA key has %d bits only. New devices refuse less than %d.", key.N.BitLen(), leastKB)
	case leaf.NotAfter.Sub(now) < soon:
		f.state = Warning
		f.advice = fmt.Sprintf("Renew it within %d days.", int(leaf.NotAfter.Sub(now).Hours()/24))
	case state.Version < tls.VersionTLS12:
		f.state = Warning
		f.advice = "New devices refuse what is older than TLS 1.2."
	}
	return f
}

func untrusted(leaf *x509.Certificate, sent int, err error) finding {
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown {
		return failed("The broker's certificate is refused: "+strings.TrimPrefix(err.Error(), "x509: ")+".", "")
	}
	if leaf.Issuer.String() == leaf.Subject.String() {
		return failed("The broker's certificate is signed by itself.", "Give it as the authority (--cafile), or have the broker use one that an authority has signed.")
	}
	advice := "Give the certificate of that authority (--cafile), as the devices have to have it too."
	if sent == 1 {
		advice += " If it is a public one, the certfile lacks the certificates in between: use the full chain."
	} else {
		advice += " If it is a public one, the certificates in the certfile are perhaps in the wrong order: the broker's own comes first."
	}
	return failed("The broker's certificate is by "+leaf.Issuer.CommonName+", whom nobody here trusts.", advice)
}

// names are whom a certificate is for.
func names(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name that counts (only the common name " + c.Subject.CommonName + ")"
	}
	const most = 6
	if len(all) > most {
		return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", len(all)-most)
	}
	return strings.Join(all, ", ")
}
