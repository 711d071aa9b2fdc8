package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// How long certificates hold. An authority is written into devices that nobody wants to touch again; a server's certificate is
// renewed by itself, so it may be as short as browsers want it.
const (
	authorityYears = 10
	leafDays       = 365
	day            = 24 * time.Hour
)

// ahead is how far the clocks of devices may be behind ours.
const ahead = time.Hour

// authority is a certificate that signs others, and its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// privateSuffixes are the endings that belong to nobody on the Internet: RFC 6762 (local), RFC 8375 (home.arpa), ICANN's
// internal, and what routers have made up.
func privateSuffixes() []string {
	return []string{"localhost", "local", "home.arpa", "internal", "lan", "home", "localdomain"}
}

// privateNetworks are the addresses that belong to nobody on the Internet: RFC 1918, RFC 4193, RFC 6598, link-local, loopback.
func privateNetworks() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// newAuthority makes one that can sign for names, and for what is private anyway: addresses of a house change, and whoever
// steals the key still cannot pose as a bank before devices that trust this authority.
//
// The constraints are not marked critical, although RFC 5280 (4.2.1.10) wants that: mbedTLS, which ESP32 devices use, knows no
// constraints and refuses to read an authority with critical ones. Who knows them, as OpenSSL, Go and browsers, holds them either way.
func newAuthority(host string, names Names, now time.Time) (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, fmt.Errorf("making the authority's key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The number tells this authority from the next one, which may stand beside it in one file.
		Subject:   pkix.Name{CommonName: "BunkerM " + host + " " + hex.EncodeToString(serial.Bytes()[:3])},
		NotBefore: now.Add(-ahead).UTC(), NotAfter: now.AddDate(authorityYears, 0, 0).UTC(),
		// An authority that follows this one is signed by it, so that who knows only this one trusts that one too.
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 1,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	constrain(template, names)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return authority{}, fmt.Errorf("signing the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return authority{cert, key}, err
}

// constrain says what an authority can sign for.
func constrain(template *x509.Certificate, names Names) {
	template.PermittedDNSDomains = privateSuffixes()
	for _, name := range names.DNS {
		if name = strings.TrimPrefix(name, "*."); !permitsName(template, name) {
			template.PermittedDNSDomains = append(template.PermittedDNSDomains, name)
		}
	}
	for _, p := range privateNetworks() {
		template.PermittedIPRanges = append(template.PermittedIPRanges, ipNet(p))
	}
	for _, a := range names.Addresses {
		if !permitsAddress(template, a) {
			template.PermittedIPRanges = append(template.PermittedIPRanges, ipNet(netip.PrefixFrom(a, a.BitLen())))
		}
	}
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func permitsName(cert *x509.Certificate, name string) bool {
	name = strings.TrimPrefix(name, "*.")
	for _, domain := range cert.PermittedDNSDomains {
		if name == domain || strings.HasSuffix(name, "."+domain) {
			return true
		}
	}
	return false
}

func permitsAddress(cert *x509.Certificate, a netip.Addr) bool {
	for _, n := range cert.PermittedIPRanges {
		if n.Contains(a.AsSlice()) {
			return true
		}
	}
	return false
}

// permitted parts names into those that an authority can sign for and the others.
func (a authority) permitted(names Names) (can, cannot Names) {
	for _, name := range names.DNS {
		into := &cannot
		if permitsName(a.cert, name) {
			into = &can
		}
		into.DNS = append(into.DNS, name)
	}
	for _, address := range names.Addresses {
		into := &cannot
		if permitsAddress(a.cert, address) {
			into = &can
		}
		into.Addresses = append(into.Addresses, address)
	}
	return can, cannot
}

// crossed is the certificate of a, signed by the authority before it: with it in the server's chain, a device that holds only
// the old one verifies what the new one signs.
func (a authority) crossed(before authority) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: a.cert.Subject, NotBefore: a.cert.NotBefore, NotAfter: earlier(a.cert.NotAfter, before.cert.NotAfter),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: a.cert.KeyUsage, SubjectKeyId: a.cert.SubjectKeyId,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, before.cert, a.cert.PublicKey, before.key)
	if err != nil {
		return nil, fmt.Errorf("signing the new authority with the old one: %w", err)
	}
	return x509.ParseCertificate(der)
}

// newSerial is a random number of 127 bits, positive as RFC 5280 wants it and never one with fewer than 16 bytes.
func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// fingerprint is how people compare certificates: SHA-256 in pairs of hexadecimal digits.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

func certPEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	// SEC 1 is what the TLS libraries of small devices read, too.
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// encodePairs is what a file of pairs holds: each key with its certificate behind it. One file for both, because a kill
// between two would leave a key that belongs to no certificate.
func encodePairs(pairs []authority) ([]byte, error) {
	var text []byte
	for _, p := range pairs {
		key, err := keyPEM(p.key)
		if err != nil {
			return nil, err
		}
		text = append(append(text, key...), certPEM(p.cert)...)
	}
	return text, nil
}

var errNoPairs = errors.New("it does not hold keys with their certificates")

// decodePairs reads what encodePairs has written. Certificates that follow a pair without a key of their own are passed over.
func decodePairs(text []byte) ([]authority, error) {
	var pairs []authority
	var key *ecdsa.PrivateKey
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch {
		case block.Type == "EC PRIVATE KEY":
			if key, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
				return nil, err
			}
		case block.Type == "CERTIFICATE" && key != nil:
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			if !key.PublicKey.Equal(cert.PublicKey) {
				return nil, errNoPairs
			}
			pairs, key = append(pairs, authority{cert, key}), nil
		}
	}
	if len(pairs) == 0 || key != nil {
		return nil, errNoPairs
	}
	return pairs, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
