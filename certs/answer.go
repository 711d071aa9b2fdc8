package certs

import (
	"crypto/x509"
	"slices"
	"time"
)

// Certificate is a certificate as the API shows it.
type Certificate struct {
	Subject     string    `json:"subject" doc:"Its common name"`
	Issuer      string    `json:"issuer" doc:"The common name of who signed it"`
	Names       []string  `json:"names" nullable:"false" doc:"The names and addresses that it is for"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	DaysLeft    int       `json:"days_left" doc:"Whole days until not_after; below zero when it has expired"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256, as openssl x509 -fingerprint -sha256 prints it"`
}

// CertificateAuthority is one whose certificates count.
type CertificateAuthority struct {
	Certificate
	Permitted []string `json:"permitted" nullable:"false" doc:"The names, with all below them, and networks that it may sign for"`
	Present   bool     `json:"present" doc:"It signs; the others only still count"`
}

// ServerCertificate is the server's certificate.
type ServerCertificate struct {
	Certificate
	RenewsAt time.Time `json:"renews_at" doc:"When it is made anew by itself"`
	Missing  []string  `json:"missing" nullable:"false" doc:"What this host is called as well. It comes in when the certificate is made anew, if every authority that counts may sign for it"`
}

// GivenCertificate is the certificate of --mqtt-cert.
type GivenCertificate struct {
	File     string               `json:"file"`
	Serves   bool                 `json:"serves" doc:"The broker was given one that works"`
	NotAfter *time.Time           `json:"not_after,omitempty" doc:"Of the one that the broker was given"`
	Problems []CertificateProblem `json:"problems" nullable:"false" doc:"What is wrong with the files as they are now"`
}

// CertificateListener is a listener of the broker.
type CertificateListener struct {
	Name               string               `json:"name" doc:"Its port, with the address if it has one"`
	Port               int                  `json:"port"`
	Address            string               `json:"address,omitempty" doc:"Absent: all of this host"`
	Protocol           string               `json:"protocol" enum:"mqtt,websockets"`
	TLS                bool                 `json:"tls" doc:"false: it speaks in the clear"`
	ClientCertificates bool                 `json:"client_certificates" doc:"Only clients with a certificate get in"`
	NameFromCert       bool                 `json:"username_from_certificate" doc:"The certificate's common name is the username"`
	Ours               bool                 `json:"ours" doc:"It uses the certificate that BunkerM keeps"`
	File               string               `json:"file,omitempty" doc:"Its certificate, as the configuration names it"`
	Certificate        *Certificate         `json:"certificate,omitempty" doc:"Absent where the file holds none that can be read"`
	Problems           []CertificateProblem `json:"problems" nullable:"false"`
}

// Certificates are everything about certificates but keys.
type Certificates struct {
	Managed     bool                   `json:"managed" doc:"The broker is BunkerM's, so it can be given certificates"`
	HostNames   []string               `json:"host_names" nullable:"false" doc:"What this host is called, as far as it is found"`
	Authorities []CertificateAuthority `json:"authorities" nullable:"false" doc:"The present one first; empty before the first certificate"`
	Server      *ServerCertificate     `json:"server,omitempty" doc:"Absent before it was asked for"`
	Given       *GivenCertificate      `json:"given,omitempty" doc:"Where somebody else makes the server's certificate"`
	Clients     []ClientCertificate    `json:"clients" nullable:"false" doc:"Certificates of clients, the newest first"`
	Listeners   []CertificateListener  `json:"listeners" nullable:"false"`
	WhyNot      string                 `json:"listeners_why_not,omitempty" doc:"Why the listeners cannot be told"`
	Held        string                 `json:"held,omitempty" doc:"Why a certificate that has changed is not served, or none can be made; absent when all is well"`
}

func (s *Service) shown(cert *x509.Certificate) Certificate {
	return Certificate{
		Subject: cert.Subject.CommonName, Issuer: cert.Issuer.CommonName, Names: namesIn(cert), NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
		DaysLeft: daysLeft(cert.NotAfter, s.o.Clock()), Fingerprint: fingerprint(cert),
	}
}

func daysLeft(end, now time.Time) int {
	left := end.Sub(now)
	if left < 0 {
		return -int((-left + day - 1) / day)
	}
	return int(left / day)
}

// Overview tells everything.
func (s *Service) Overview() Certificates {
	host := s.o.Names()
	s.mu.Lock()
	defer s.mu.Unlock()
	o := Certificates{
		Managed: s.o.Install != nil, HostNames: host.Strings(), Authorities: []CertificateAuthority{}, Clients: slices.Clone(s.register.Clients),
		Listeners: []CertificateListener{}, Held: s.watched.held,
	}
	if o.Held == "" && s.damaged != nil {
		o.Held = said(s.damaged)
	}
	if o.Clients == nil {
		o.Clients = []ClientCertificate{}
	}
	slices.Reverse(o.Clients)
	for i, a := range s.authorities {
		shown := CertificateAuthority{Certificate: s.shown(a.cert), Present: i == 0, Permitted: slices.Clone(a.cert.PermittedDNSDomains)}
		for _, n := range a.cert.PermittedIPRanges {
			shown.Permitted = append(shown.Permitted, n.String())
		}
		o.Authorities = append(o.Authorities, shown)
	}
	if s.server != nil {
		o.Server = &ServerCertificate{Certificate: s.shown(s.server.pair.cert), RenewsAt: renewAt(s.server.pair.cert).UTC(), Missing: append([]string{}, s.missingNames(s.wantedNames())...)}
	}
	if s.o.GivenCert != "" {
		o.Given = &GivenCertificate{File: s.o.GivenCert, Serves: s.given.installed != nil, Problems: append([]CertificateProblem{}, s.given.problems...)}
		if !s.given.notAfter.IsZero() {
			end := s.given.notAfter.UTC()
			o.Given.NotAfter = &end
		}
	}
	if s.watched.err != nil {
		o.WhyNot = said(s.watched.err)
	}
	for _, l := range s.watched.listeners {
		o.Listeners = append(o.Listeners, s.listener(l))
	}
	return o
}

func (s *Service) listener(l looked) CertificateListener {
	a := CertificateListener{
		Name: l.Name, Port: l.Port, Address: l.Address, Protocol: "mqtt", TLS: l.TLS, ClientCertificates: l.ClientCerts, NameFromCert: l.NameFromCert,
		Ours: l.TLS && s.o.Install != nil && l.Cert.Name == BrokerFile(BrokerServer), File: l.Cert.Name, Problems: append([]CertificateProblem{}, l.problems...),
	}
	if l.Websockets {
		a.Protocol = "websockets"
	}
	if l.leaf != nil {
		shown := s.shown(l.leaf)
		a.Certificate = &shown
	}
	return a
}

// Expiry is when a certificate ends, for metrics and alerts.
type Expiry struct {
	Name     string // authority, server, or client and the username
	NotAfter time.Time
}

// Expiries are those of the authorities, the server and the clients; what was revoked is left out. Of a client with several, the
// one that holds longest counts.
func (s *Service) Expiries() []Expiry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Expiry
	if len(s.authorities) > 0 {
		all = append(all, Expiry{"authority", s.authorities[0].cert.NotAfter})
	}
	if s.server != nil && s.o.GivenCert == "" {
		all = append(all, Expiry{"server", s.server.pair.cert.NotAfter})
	}
	if !s.given.notAfter.IsZero() {
		all = append(all, Expiry{"server", s.given.notAfter})
	}
	last := map[string]int{}
	for _, c := range s.register.Clients {
		if c.RevokedAt != nil {
			continue
		}
		name := "client " + c.Username
		if i, there := last[name]; there {
			if c.NotAfter.After(all[i].NotAfter) {
				all[i].NotAfter = c.NotAfter
			}
			continue
		}
		last[name] = len(all)
		all = append(all, Expiry{name, c.NotAfter})
	}
	return all
}

// Held is why a certificate that has changed is not served, in sentences; empty when all are.
func (s *Service) Held() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched.held != "" {
		return s.watched.held
	}
	if p, bad := (looked{problems: s.given.problems}).bad(); bad {
		return upper(p.Message) + ". " + upper(p.Hint) + "."
	}
	return ""
}

// BrokerFile is a file that the broker was given, as its configuration names it.
func BrokerFile(name string) string { return "certs/" + name }
