package certs

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// ClientCertificate is a certificate that was made for a client. Its key is kept nowhere.
type ClientCertificate struct {
	Serial      string     `json:"serial" doc:"Hexadecimal"`
	Username    string     `json:"username" doc:"The certificate's common name, which the broker takes for the username"`
	NotBefore   time.Time  `json:"not_before"`
	NotAfter    time.Time  `json:"not_after"`
	Fingerprint string     `json:"fingerprint" doc:"SHA-256"`
	Authority   string     `json:"authority" doc:"Which authority signed it"`
	MadeBy      string     `json:"made_by,omitempty"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty" doc:"Absent while it counts"`
	RevokedBy   string     `json:"revoked_by,omitempty"`
}

// register is register.json.
type register struct {
	Names   []string            `json:"names"` // that the server's certificate has besides those that are found
	Clients []ClientCertificate `json:"clients"`
	// Lists counts the revocation lists that were made. It stands in each list, and moves its time: of two lists with one
	// time, OpenSSL may take the old one, and a broker that was only told to read its files again holds both.
	Lists int64 `json:"lists"`
}

// revocationLists are the lists of all authorities, in PEM. They hold as long as their authority: a list that ends would lock
// every client out.
func (r register) revocationLists(authorities []authority) ([]byte, error) {
	var text []byte
	for _, a := range authorities {
		template := &x509.RevocationList{
			Number: big.NewInt(r.Lists), NextUpdate: a.cert.NotAfter,
			// From the authority's beginning on, a second later each time, so it is never in the future for long.
			ThisUpdate: a.cert.NotBefore.Add(time.Duration(r.Lists) * time.Second),
		}
		for _, c := range r.Clients {
			serial, ok := new(big.Int).SetString(c.Serial, 16)
			if c.RevokedAt == nil || c.Authority != a.cert.Subject.CommonName || !ok {
				continue
			}
			template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber: serial, RevocationTime: c.RevokedAt.UTC(),
			})
		}
		der, err := x509.CreateRevocationList(rand.Reader, template, a.cert, a.key)
		if err != nil {
			return nil, fmt.Errorf("signing the revocation list: %w", err)
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
	}
	return text, nil
}
