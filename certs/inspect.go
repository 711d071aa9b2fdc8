package certs

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Listener is a listener of the broker as its configuration has it, with what its files hold.
type Listener struct {
	Name          string // as people say it: a port, or an address with one
	Address       string // empty: all
	Port          int
	Websockets    bool
	TLS           bool
	ClientCerts   bool // only clients with a certificate get in
	NameFromCert  bool // and its name is their username
	Cert, Key     File
	CA, Revoked   File // empty names where the listener has none
	RevokedByOurs bool // Revoked is the list that is kept here
}

// File is one that the configuration names.
type File struct {
	Name string // as the configuration has it; empty: none
	Text []byte // its beginning, at most a MiB
	Err  error  // why the broker's user cannot read it
}

// The problems of a certificate.
const (
	Unreadable  = "unreadable"
	NotPEM      = "not_pem"
	WrongKey    = "wrong_key"
	LockedKey   = "locked_key"
	WeakKey     = "weak_key"
	Expired     = "expired"
	NotYetValid = "not_yet_valid"
	ChainOrder  = "chain_order"
	WrongName   = "wrong_name"
	ExpiresSoon = "expires_soon"
)

// CertificateProblem is something about a listener's certificate that somebody should know.
type CertificateProblem struct {
	Code    string `json:"code" enum:"unreadable,not_pem,wrong_key,locked_key,weak_key,expired,not_yet_valid,chain_order,wrong_name,expires_soon" doc:"What it is"`
	File    string `json:"file" doc:"As the configuration names it"`
	Message string `json:"message" doc:"A sentence"`
	Hint    string `json:"hint,omitempty" doc:"What to do"`
}

// holds tells whether a certificate with this problem is kept from the broker, which goes on with the one it has.
func (p CertificateProblem) holds() bool { return p.Code != WrongName && p.Code != ExpiresSoon }

// fewestBits is the shortest RSA key that OpenSSL 3 takes as the distributions set it (security level 2).
const fewestBits = 2048

// soon is how long before its end a certificate is worth a word.
const soon = 21 * day

// inspect finds what is wrong with a listener's files. names are what this host is called; of none, nothing is said of names.
// deploy says how to make a file readable for the broker.
func inspect(l Listener, names Names, now time.Time) (leaf *x509.Certificate, problems []CertificateProblem) {
	add := func(f File, code, message, hint string) {
		problems = append(problems, CertificateProblem{Code: code, File: f.Name, Message: message, Hint: hint})
	}
	for _, f := range []File{l.Cert, l.Key, l.CA, l.Revoked} {
		if f.Name != "" && f.Err != nil {
			add(f, Unreadable, "the file "+f.Name+" "+why(f.Err), deployHint(f.Err))
		}
	}
	if l.Cert.Err != nil || l.Cert.Name == "" {
		return nil, problems
	}
	chain, err := certificates(l.Cert.Text)
	if err != nil || len(chain) == 0 {
		add(l.Cert, NotPEM, "the file "+l.Cert.Name+" holds no certificate in PEM form", "a certificate begins with the line -----BEGIN CERTIFICATE-----")
		return nil, problems
	}
	leaf = chain[0]
	if l.Key.Name != "" && l.Key.Err == nil {
		switch err := fits(l.Cert.Text, l.Key.Text); {
		case locked(l.Key.Text):
			add(l.Key, LockedKey, "the key in "+l.Key.Name+" has a passphrase, which the broker has nobody to ask for",
				"write it without one: openssl pkey -in locked.key -out open.key")
		case err != nil:
			if !wrongOrder(chain) {
				add(l.Key, WrongKey, "the key in "+l.Key.Name+" does not belong to the certificate", "name the key that the certificate was made for; "+
					"where both have just been renewed, write the key first and the certificate last")
			}
		}
	}
	if bits, weak := weakKey(leaf); weak {
		add(l.Cert, WeakKey, fmt.Sprintf("the key of the certificate has only %d bits, which TLS libraries refuse", bits),
			"have it made anew with an ECDSA key, or RSA with 2048 bits at least")
	}
	if wrongOrder(chain) {
		add(l.Cert, ChainOrder, "the certificates in "+l.Cert.Name+" stand in the wrong order",
			"put the server's own first, then the one that has signed it, and so on; certbot has them so in fullchain.pem")
	}
	switch left := leaf.NotAfter.Sub(now); {
	case left <= 0:
		add(l.Cert, Expired, "the certificate expired on "+leaf.NotAfter.UTC().Format(time.DateOnly), "renew it, or look at the clock of this host")
	case now.Before(leaf.NotBefore):
		add(l.Cert, NotYetValid, "the certificate does not hold before "+leaf.NotBefore.UTC().Format(time.RFC3339), "look at the clock of this host")
	case left < soon:
		add(l.Cert, ExpiresSoon, "the certificate expires on "+leaf.NotAfter.UTC().Format(time.DateOnly), "renew it")
	}
	if !calledBy(leaf, names) {
		add(l.Cert, WrongName, "the certificate is for "+namesOf(leaf)+", and this host is called "+strings.Join(names.Strings(), ", "),
			"let clients use a name that is in the certificate, or have one made for the name that they use")
	}
	return leaf, problems
}

func why(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is not there"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read by the broker's user"
	}
	return "cannot be read"
}

func deployHint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "certbot and Caddy keep keys to root: give BunkerM the files with --mqtt-cert and --mqtt-key, or have a deploy hook copy them " +
			"for the broker's user, as in install -o mosquitto -m 0600 privkey.pem FOLDER"
	}
	return "put the file back, or name another one in the broker's configuration"
}

func certificates(text []byte) (chain []*x509.Certificate, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

func fits(cert, key []byte) error {
	_, err := tls.X509KeyPair(cert, key)
	return err
}

// locked tells a key with a passphrase.
func locked(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

func weakKey(cert *x509.Certificate) (bits int, weak bool) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen(), key.N.BitLen() < fewestBits
	case *ecdsa.PublicKey:
		return key.Params().BitSize, key.Params().BitSize < 224
	case ed25519.PublicKey:
	}
	return 0, false
}

// wrongOrder tells whether one of the certificates was not signed by the one behind it. Ones that sign themselves may stand at
// the end.
func wrongOrder(chain []*x509.Certificate) bool {
	for i := 1; i < len(chain); i++ {
		if string(chain[i-1].RawIssuer) != string(chain[i].RawSubject) || chain[i-1].CheckSignatureFrom(chain[i]) != nil {
			return true
		}
	}
	return false
}

// calledBy tells whether a certificate is for one of the names that lead to this host from elsewhere.
func calledBy(cert *x509.Certificate, names Names) bool {
	asked := false
	for _, name := range names.Strings() {
		if name == "localhost" || name == "127.0.0.1" || name == "::1" {
			continue
		}
		asked = true
		if cert.VerifyHostname(name) == nil {
			return true
		}
	}
	return !asked
}

func namesOf(cert *x509.Certificate) string {
	all := namesIn(cert)
	switch {
	case len(all) > 0:
		return strings.Join(all, ", ")
	case cert.Subject.CommonName != "":
		return "nothing but the common name " + cert.Subject.CommonName + ", which clients do not look at any more"
	}
	return "no name at all"
}

// namesIn are the names and addresses that a certificate is for.
func namesIn(cert *x509.Certificate) []string {
	all := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}
