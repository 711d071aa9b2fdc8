package app

import (
	"context"
	"net/http"
	"time"

	"github.com/bunkerm/bunkerm/certs"
)

// ClientFiles are what a client with a certificate of its own needs.
type ClientFiles struct {
	Certificate, Key, Authority string // PEM
	PKCS12                      []byte // all three
	PKCS12Password              string
}

// Certificate is the server's certificate, for people.
type Certificate struct {
	Names                []string
	NotAfter             time.Time
	Fingerprint          string // SHA-256 of the authority's certificate
	AuthorityCertificate []byte // PEM, what devices are given
}

// CreateServerCertificate makes the server's certificate for the names of this host and those that are given.
func (l *Local) CreateServerCertificate(ctx context.Context, names []string) (Certificate, error) {
	return l.makeCertificate(ctx, "/certs/server", names)
}

// RenewAuthority makes another authority, which may sign for names as well, and the server's certificate by it.
func (l *Local) RenewAuthority(ctx context.Context, names []string) (Certificate, error) {
	return l.makeCertificate(ctx, "/certs/authority/renew", names)
}

// DropFormerAuthorities ends what counts beside the present authority.
func (l *Local) DropFormerAuthorities(ctx context.Context) error {
	return l.ask(ctx, http.MethodDelete, "/certs/authority/former", nil, nil)
}

func (l *Local) makeCertificate(ctx context.Context, path string, names []string) (Certificate, error) {
	var made certs.Certificates
	if err := l.ask(ctx, http.MethodPost, path, certs.CertificateNames{Names: names}, &made); err != nil {
		return Certificate{}, err
	}
	c := Certificate{Names: made.Server.Names, NotAfter: made.Server.NotAfter, Fingerprint: made.Authorities[0].Fingerprint}
	err := l.ask(ctx, http.MethodGet, "/certs/authority/pem", nil, &c.AuthorityCertificate)
	return c, err
}

// CreateClientCertificate makes a certificate for a client.
func (l *Local) CreateClientCertificate(ctx context.Context, username string) (ClientFiles, error) {
	var made certs.MadeCertificate
	err := l.ask(ctx, http.MethodPost, "/certs/clients", certs.NewClientCertificate{Username: username}, &made)
	return ClientFiles{made.Certificate, made.Key, made.Authority, made.PKCS12, made.PKCS12Password}, err
}
