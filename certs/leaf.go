package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"time"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// clientName stands in each client's certificate as its DNS name. OpenSSL takes a common name with a dot in it, as in
// pump.hall1, for a host name and holds it against the authority's constraints, unless there is a DNS name besides.
const clientName = "client.internal"

// mostUser is how long a username can be in a certificate, in characters: X.520 bounds common names so.
const mostUser = 64

// newServer makes a server's certificate, with a key of its own where none is given. One that is renewed keeps its key: devices that
// know the server by its key, as Tasmota's fingerprints do, go on without being told.
func (a authority) newServer(names Names, key *ecdsa.PrivateKey, now time.Time) (authority, error) {
	template := &x509.Certificate{
		DNSNames: names.DNS, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotAfter: now.Add(leafDays * day),
	}
	for _, address := range names.Addresses {
		template.IPAddresses = append(template.IPAddresses, net.IP(address.AsSlice()))
	}
	if all := names.Strings(); len(all) > 0 && len(all[0]) <= mostUser {
		template.Subject = pkix.Name{CommonName: all[0]}
	}
	return a.sign(template, key, now)
}

// newClient makes a client's certificate and key. Its common name is the username that the broker takes it for.
func (a authority) newClient(username string, validFor time.Duration, now time.Time) (authority, error) {
	return a.sign(&x509.Certificate{
		// As bytes: Go would take a string of another type for one user's name than for another's.
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{
			Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(username)},
		}}},
		DNSNames: []string{clientName}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotAfter: now.Add(validFor),
	}, nil, now)
}

func (a authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey, now time.Time) (authority, error) {
	var err error
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return authority{}, fmt.Errorf("making a key: %w", err)
		}
	}
	if template.SerialNumber, err = newSerial(); err != nil {
		return authority{}, err
	}
	template.NotBefore = now.Add(-ahead).UTC()
	template.NotAfter = earlier(template.NotAfter, a.cert.NotAfter).UTC()
	template.KeyUsage, template.BasicConstraintsValid = x509.KeyUsageDigitalSignature, true
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return authority{}, fmt.Errorf("signing a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return authority{cert, key}, err
}

// checkUser refuses usernames that a certificate cannot carry.
func checkUser(username string) error {
	wrong := fault.New(fault.Invalid, "the certificate cannot carry this username")
	switch {
	case username == "":
		return wrong.At("body.username", "must not be empty")
	case !utf8.ValidString(username) || utf8.RuneCountInString(username) > mostUser:
		return wrong.At("body.username", fmt.Sprintf("must be at most %d characters of UTF-8", mostUser))
	}
	for _, r := range username {
		if r < ' ' || r == 0x7f {
			return wrong.At("body.username", "must not hold control characters")
		}
	}
	return nil
}

// renewAt is when a certificate is renewed: when a third of its life is left.
func renewAt(cert *x509.Certificate) time.Time {
	return cert.NotAfter.Add(-cert.NotAfter.Sub(cert.NotBefore) / 3)
}
