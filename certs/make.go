package certs

import (
	"context"
	"crypto/ecdsa"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// MakeServer makes the server's certificate for the names of this host and those that are given besides, and an authority
// where there is none yet. Names that were given before count on; with none given they stay.
func (s *Service) MakeServer(ctx context.Context, names []string) error {
	more, err := ParseNames(names)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if err := s.ensureAuthority(ctx, more); err != nil {
		return err
	}
	if _, cannot := s.authorities[0].permitted(more); len(cannot.Strings()) > 0 {
		return fault.Newf(fault.Conflict, "the authority may not sign for %s", strings.Join(cannot.Strings(), ", ")).
			Hint("renew the authority with these names, on the page Certificates, by `bunkerm cert renew-authority` or POST /certs/authority/renew; devices take it over while the old one still counts").At("body.names", "is beyond what the authority may sign for")
	}
	if err := s.nameBesides(more); err != nil {
		return err
	}
	if err := s.newServer(); err != nil {
		return err
	}
	s.o.Record(ctx, "certificate.server", "server", nil, s.summary())
	s.changed()
	return s.publish()
}

// Ensure makes authority and server certificate where there is none yet.
func (s *Service) Ensure(ctx context.Context) error {
	s.mu.Lock()
	there := s.server != nil
	s.mu.Unlock()
	if there {
		return nil
	}
	return s.MakeServer(ctx, nil)
}

func (s *Service) summary() map[string]any {
	return map[string]any{"names": namesIn(s.server.pair.cert), "not_after": s.server.pair.cert.NotAfter, "fingerprint": fingerprint(s.server.pair.cert)}
}

func (s *Service) ensureAuthority(ctx context.Context, names Names) error {
	if len(s.authorities) > 0 {
		return nil
	}
	return s.addAuthority(ctx, names)
}

// addAuthority makes an authority that comes before those that are there.
func (s *Service) addAuthority(ctx context.Context, names Names) error {
	found := s.o.Names()
	host := "broker"
	if len(found.DNS) > 0 {
		host = found.DNS[0]
	}
	if len(host) > mostUser/2 {
		host = host[:mostUser/2]
	}
	a, err := newAuthority(host, s.wantedNames().with(names), s.o.Clock())
	if err != nil {
		return err
	}
	if err := s.keepAuthorities(slices.Concat([]authority{a}, s.authorities)); err != nil {
		return err
	}
	s.o.Record(ctx, "certificate.authority", a.cert.Subject.CommonName, nil, map[string]any{"fingerprint": fingerprint(a.cert), "not_after": a.cert.NotAfter})
	return nil
}

// serverNames are what the server's certificate is for: what is found now and what people have named, as far as every authority
// that counts may sign for it. With a name that only the present one may sign for, who knows the former one alone would refuse the
// whole certificate.
func (s *Service) serverNames() Names {
	can := s.wantedNames()
	for _, a := range s.authorities {
		can, _ = a.permitted(can)
	}
	return can
}

// wantedNames are what this host is called, by itself and by people.
func (s *Service) wantedNames() Names {
	named, err := ParseNames(s.register.Names)
	if err != nil {
		named = Names{} // somebody has edited the file
	}
	return s.o.Names().with(named)
}

// newServer makes and keeps a server certificate; its key stays unless the authority is another one. Its chain has the present authority signed by the one before, for devices that
// know only that.
func (s *Service) newServer() error {
	now := s.o.Clock()
	var key *ecdsa.PrivateKey
	if s.server != nil && s.server.pair.cert.CheckSignatureFrom(s.authorities[0].cert) == nil {
		key = s.server.pair.key
	}
	pair, err := s.authorities[0].newServer(s.serverNames(), key, now)
	if err != nil {
		return err
	}
	made := &served{pair: pair}
	for i := 1; i < len(s.authorities); i++ {
		cross, err := s.authorities[i-1].crossed(s.authorities[i])
		if err != nil {
			return err
		}
		made.chain = append(made.chain, certPEM(cross)...)
	}
	text, err := encodePairs([]authority{pair})
	if err == nil {
		err = writeFile(s.o.Dir, serverFile, append(text, made.chain...))
	}
	if err != nil {
		return notKept(err)
	}
	s.server = made
	return nil
}

// nameBesides remembers names that people have given.
func (s *Service) nameBesides(more Names) error {
	r := s.register
	named, err := ParseNames(r.Names)
	if err != nil {
		named = Names{}
	}
	r.Names = named.with(more).Strings()
	return s.keepRegister(r)
}

// mostAuthorities bounds how many count at one time.
const mostAuthorities = 3

// RenewAuthority makes a new authority, which may sign for names as well. The old one counts on until it is dropped.
func (s *Service) RenewAuthority(ctx context.Context, names []string) error {
	more, err := ParseNames(names)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if len(s.authorities) >= mostAuthorities {
		return fault.New(fault.Conflict, "there are old authorities that still count").Hint("drop them when all devices have taken over the present one, then renew")
	}
	if err := s.addAuthority(ctx, more); err != nil {
		return err
	}
	if err := s.nameBesides(more); err != nil {
		return err
	}
	if err := s.newServer(); err != nil {
		return err
	}
	s.changed()
	return s.publish()
}

// DropAuthorities ends what came before the present authority: devices that trust only that refuse the server from now on, and
// clients with a certificate of it are not let in.
func (s *Service) DropAuthorities(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if len(s.authorities) < 2 {
		return fault.New(fault.Conflict, "there is no old authority that still counts")
	}
	dropped := s.authorities[1:]
	if err := s.keepAuthorities(s.authorities[:1:1]); err != nil {
		return err
	}
	if err := s.keepRegister(s.register); err != nil {
		return err
	}
	if err := s.newServer(); err != nil {
		return err
	}
	for _, a := range dropped {
		s.o.Record(ctx, "certificate.authority_dropped", a.cert.Subject.CommonName, map[string]any{"fingerprint": fingerprint(a.cert)}, nil)
	}
	s.changed()
	return s.publish()
}

// Made is a client's certificate with its key, which is kept nowhere.
type Made struct {
	ClientCertificate
	pair authority
	ca   []byte
}

// The validity of a client's certificate, in days.
const (
	clientDays     = 365
	mostClientDays = 3650
)

// MakeClient makes a certificate for a username; for zero days it holds a year.
func (s *Service) MakeClient(ctx context.Context, username string, days int) (Made, error) {
	if days == 0 {
		days = clientDays
	}
	if err := checkUser(username); err != nil {
		return Made{}, err
	}
	if slices.Contains(s.o.Own, username) {
		return Made{}, fault.New(fault.Conflict, "this username is BunkerM's own, and whoever has a certificate for it is BunkerM to the broker").
			Hint("choose another username").At("body.username", "is BunkerM's own")
	}
	if days < 1 || days > mostClientDays {
		return Made{}, fault.New(fault.Invalid, "the certificate cannot hold so long").At("body.days", "must be from 1 to 3650")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return Made{}, err
	}
	first := len(s.authorities) == 0
	if err := s.ensureAuthority(ctx, Names{}); err != nil {
		return Made{}, err
	}
	a := s.authorities[0]
	pair, err := a.newClient(username, time.Duration(days)*day, s.o.Clock())
	if err != nil {
		return Made{}, err
	}
	c := ClientCertificate{
		Serial: pair.cert.SerialNumber.Text(16), Username: username, NotBefore: pair.cert.NotBefore, NotAfter: pair.cert.NotAfter,
		Fingerprint: fingerprint(pair.cert), Authority: a.cert.Subject.CommonName, MadeBy: s.o.Actor(ctx),
	}
	r := s.register
	r.Clients = append(slices.Clone(r.Clients), c)
	if err := s.keepRegister(r); err != nil {
		return Made{}, err
	}
	s.o.Record(ctx, "certificate.client", username, nil, c)
	if first {
		err = s.publish()
	}
	return Made{ClientCertificate: c, pair: pair, ca: s.bundle()}, err
}

// Revoke makes the broker refuse a client's certificate at its next connection. Those that are open stay until EndSessions.
func (s *Service) Revoke(ctx context.Context, serial string) (ClientCertificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return ClientCertificate{}, err
	}
	wanted, ok := new(big.Int).SetString(serial, 16)
	r := s.register
	r.Clients = slices.Clone(r.Clients)
	i := slices.IndexFunc(r.Clients, func(c ClientCertificate) bool { return ok && c.Serial == wanted.Text(16) })
	if i == -1 {
		return ClientCertificate{}, fault.New(fault.NotFound, "there is no client certificate with this serial number")
	}
	if r.Clients[i].RevokedAt != nil {
		return r.Clients[i], nil
	}
	before, now := r.Clients[i], s.o.Clock().UTC().Truncate(time.Second)
	r.Clients[i].RevokedAt, r.Clients[i].RevokedBy = &now, s.o.Actor(ctx)
	if err := s.keepRegister(r); err != nil {
		return ClientCertificate{}, err
	}
	s.o.Record(ctx, "certificate.revoke", before.Username, before, r.Clients[i])
	s.changed()
	return r.Clients[i], s.publish()
}
