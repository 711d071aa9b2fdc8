package certs

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// The files that the broker gets, in its folder certs.
const (
	BrokerServer  = "server.pem"  // key, certificate and chain: certfile and keyfile of a listener
	BrokerCA      = "clients.pem" // cafile: who signs clients' certificates
	BrokerRevoked = "revoked.pem" // crlfile
)

// Options say where certificates are kept and how the broker is reached. Only Dir is needed.
type Options struct {
	Dir    string
	Names  func() Names // what this host is called; nil: HostNames
	Logger *slog.Logger // nil: discarded
	Clock  func() time.Time
	Every  time.Duration // how often files are looked at; 5 s when zero

	// Install puts one of the files above where the broker's user can read it; nil where the broker is not ours.
	Install func(name string, text []byte) error
	// GivenCert and GivenKey are the server's certificate where somebody else makes it; empty: it is made here.
	GivenCert, GivenKey string

	// Listeners are those of the broker's configuration; nil: they cannot be told.
	Listeners func() ([]Listener, error)
	// Unapplied tells that the configuration on disk is not the one that the broker runs with, so that a signal would apply it;
	// known is false while that cannot be told.
	Unapplied func() (yes, known bool)
	Reload    func(ctx context.Context) error // makes the broker read its files again; nobody is disconnected
	Restart   func(ctx context.Context) error

	// Own are usernames for which no certificate is made: whoever has one is them.
	Own []string

	// Disconnect ends the sessions of a username; nil: that cannot be done.
	Disconnect func(ctx context.Context, username string) error

	Actor  func(ctx context.Context) string
	Record func(ctx context.Context, action, object string, before, after any)
}

// Service keeps certificates. Its methods may be called by many goroutines at once.
type Service struct {
	o Options

	mu          sync.Mutex
	authorities []authority // the present one first; none before the first certificate is asked for
	server      *served     // nil before that
	register    register
	damaged     error // a file that cannot be read; nothing is written over it
	given       givenState
	watched     watched
	waiting     []chan string // for the end of the next look, and why what has changed is not served
	wake        chan struct{}
}

// served is the server's certificate that was made here.
type served struct {
	pair  authority
	chain []byte // PEM behind the certificate
}

// Open reads what there is. What is damaged is told by whatever wants to change it, and stops nothing else.
func Open(o Options) (*Service, error) {
	if o.Names == nil {
		o.Names = HostNames
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Every == 0 {
		o.Every = lookEvery
	}
	if o.Actor == nil {
		o.Actor = func(context.Context) string { return "" }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if err := openDir(o.Dir); err != nil {
		return nil, fault.New(fault.Unavailable, "the folder of certificates cannot be used").Hint("look at who owns the data directory").Because(err)
	}
	s := &Service{o: o, wake: make(chan struct{}, 1)}
	if err := s.load(); err != nil {
		s.damaged = err
		o.Logger.Error("certificates cannot be read; nothing is changed", "error", err)
		return s, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.publish()
}

func (s *Service) load() error {
	damaged := func(name string, err error) error {
		return fault.Newf(fault.Conflict, "%s in the folder of certificates is damaged", name).
			Hint("put it back from a backup; or move the folder away to begin anew, and give devices the new authority").Because(err)
	}
	read := func(name string, decode func([]byte) error) error {
		text, err := os.ReadFile(filepath.Join(s.o.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = decode(text)
		}
		if err != nil {
			return damaged(name, err)
		}
		return nil
	}
	if err := read(authorityFile, func(text []byte) (err error) {
		s.authorities, err = decodePairs(text)
		return err
	}); err != nil {
		return err
	}
	if err := read(registerFile, func(text []byte) error { return json.Unmarshal(text, &s.register) }); err != nil {
		return err
	}
	// A damaged server certificate is made anew: nobody trusts it but for its authority.
	err := read(serverFile, func(text []byte) error {
		pairs, err := decodePairs(text)
		if err != nil {
			return err
		}
		chain, err := certificates(text)
		if err != nil {
			return err
		}
		s.server = &served{pair: pairs[0], chain: chainPEM(chain[1:])}
		return nil
	})
	if err != nil {
		s.o.Logger.Warn("the server's certificate is damaged and made anew", "error", err)
		if len(s.authorities) > 0 {
			return s.newServer()
		}
	}
	return nil
}

func chainPEM(chain []*x509.Certificate) []byte {
	var text []byte
	for _, cert := range chain {
		text = append(text, certPEM(cert)...)
	}
	return text
}

// usable is the fault that keeps changes from a damaged folder.
func (s *Service) usable() error { return s.damaged }

// publish gives the broker what it needs. It is called with the lock held.
func (s *Service) publish() error {
	if s.o.Install == nil {
		return nil
	}
	install := func(name string, text []byte) error {
		if err := s.o.Install(name, text); err != nil {
			return fault.New(fault.Unavailable, "the broker could not be given the certificates").Hint("look at BunkerM's log for the reason").Because(err)
		}
		return nil
	}
	if s.server != nil && s.o.GivenCert == "" {
		text, err := encodePairs([]authority{s.server.pair})
		if err == nil {
			err = install(BrokerServer, append(text, s.server.chain...))
		}
		if err != nil {
			return err
		}
	}
	if len(s.authorities) == 0 {
		return nil
	}
	lists, err := s.register.revocationLists(s.authorities)
	if err == nil {
		err = install(BrokerRevoked, lists)
	}
	if err == nil {
		err = install(BrokerCA, s.bundle())
	}
	return err
}

// bundle is every authority whose certificates count, without keys.
func (s *Service) bundle() []byte {
	var text []byte
	for _, a := range s.authorities {
		text = append(text, certPEM(a.cert)...)
	}
	return text
}

// keepAuthorities writes and takes over authorities.
func (s *Service) keepAuthorities(all []authority) error {
	text, err := encodePairs(all)
	if err == nil {
		err = writeFile(s.o.Dir, authorityFile, text)
	}
	if err != nil {
		return notKept(err)
	}
	s.authorities = all
	return nil
}

// keepRegister writes and takes over the register, with a number for the lists that are made of it.
func (s *Service) keepRegister(r register) error {
	r.Lists++
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = writeFile(s.o.Dir, registerFile, text)
	}
	if err != nil {
		return notKept(err)
	}
	s.register = r
	return nil
}

func notKept(err error) error {
	return fault.New(fault.Unavailable, "the certificates could not be written, so nothing has changed").
		Hint("make room on the disk and look at who owns the data directory").Because(err)
}

// changed makes Run look at once.
func (s *Service) changed() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
