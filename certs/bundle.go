package certs

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"strings"

	"rsc.io/qr"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/bunkerm/bunkerm/fault"
)

// MadeCertificate is a client's certificate and its key, in the forms that clients take.
type MadeCertificate struct {
	ClientCertificate
	Certificate    string `json:"certificate" doc:"PEM"`
	Key            string `json:"key" doc:"PEM; it is kept nowhere, so this answer is the only one that has it"`
	Authority      string `json:"authority_certificate" doc:"PEM, with which the client verifies the server"`
	PKCS12         []byte `json:"pkcs12" doc:"All three in one file, base64"`
	PKCS12Password string `json:"pkcs12_password" doc:"Of that file"`
}

// inForms writes a made certificate in all forms. An empty password has one made.
func (m Made) inForms(password string) (MadeCertificate, error) {
	if password == "" {
		password = strings.ToLower(rand.Text()[:16])
	}
	key, err := keyPEM(m.pair.key)
	if err != nil {
		return MadeCertificate{}, err
	}
	authorities, err := certificates(m.ca)
	if err != nil {
		return MadeCertificate{}, fmt.Errorf("reading our own authority: %w", err)
	}
	both, err := pkcs12.Modern.Encode(m.pair.key, m.pair.cert, authorities, password)
	if err != nil {
		return MadeCertificate{}, fmt.Errorf("writing PKCS#12: %w", err)
	}
	return MadeCertificate{
		ClientCertificate: m.ClientCertificate, Certificate: string(certPEM(m.pair.cert)), Key: string(key), Authority: string(m.ca),
		PKCS12: both, PKCS12Password: password,
	}, nil
}

var errNoAuthority = fault.New(fault.NotFound, "there is no authority yet").Hint("make a certificate first: bunkerm cert create, or the page Certificates")

// CA is every authority whose certificates count, in PEM and without keys: what devices are given.
func (s *Service) CA() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.authorities) == 0 {
		return nil, errNoAuthority
	}
	return s.bundle(), nil
}

// present is the authority that signs.
func (s *Service) present() (*x509.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.authorities) == 0 {
		return nil, errNoAuthority
	}
	return s.authorities[0].cert, nil
}

// QR is the present authority's certificate as a picture for a phone's camera, in SVG. It holds the certificate itself, so
// nothing has to be fetched and no address has to be believed.
func (s *Service) QR() ([]byte, error) {
	cert, err := s.present()
	if err != nil {
		return nil, err
	}
	code, err := qr.Encode(string(certPEM(cert)), qr.L)
	if err != nil {
		return nil, fault.New(fault.Conflict, "the authority's certificate is too large for a QR code").
			Hint("download it instead; it is large because it may sign for many names").Because(err)
	}
	const quiet = 4 // modules around it, as ISO/IEC 18004 wants them
	var b strings.Builder
	side := code.Size + 2*quiet
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`,
		side, side, side, side)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String()), nil
}
