package certs

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// givenState is the certificate that somebody else makes for the server (--mqtt-cert, --mqtt-key): certbot, Caddy, a company. It
// is read with our rights and handed to the broker as a copy once it was looked at, so it may lie where the broker's user cannot
// go, and one that would not work never gets there.
type givenState struct {
	installed []byte // what the broker has
	problems  []CertificateProblem
	notAfter  time.Time
}

// lookAtGiven hands the certificate over where it has changed and would work.
func (s *Service) lookAtGiven(context.Context) {
	if s.o.GivenCert == "" || s.o.Install == nil {
		return
	}
	if _, err := s.installGiven(); err != nil {
		s.o.Logger.Error("the broker could not be given the certificate", "file", s.o.GivenCert, "error", err)
	}
}

// installGiven returns what is wrong with the given certificate; it is installed where nothing is.
func (s *Service) installGiven() ([]CertificateProblem, error) {
	l := Listener{Cert: readGiven(s.o.GivenCert), Key: readGiven(s.o.GivenKey)}
	leaf, problems := inspect(l, s.calledNames(), s.o.Clock())
	text := append(blocks(l.Key.Text, "KEY"), blocks(l.Cert.Text, "CERTIFICATE")...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(problems) > 0 && (len(s.given.problems) == 0 || s.given.problems[0] != problems[0]) {
		s.o.Logger.Warn("there is something about the given certificate", "problem", problems[0].Message, "hint", problems[0].Hint)
	}
	s.given.problems = problems
	if _, bad := (looked{problems: problems}).bad(); bad || bytes.Equal(text, s.given.installed) {
		return problems, nil
	}
	if err := s.o.Install(BrokerServer, text); err != nil {
		return problems, err
	}
	s.given.installed, s.given.notAfter = text, leaf.NotAfter
	return problems, nil
}

// Given reads the certificate that somebody else makes, for a start: the fault says what is wrong with it. A broker that was given
// a good one before goes on with that.
func (s *Service) Given() error {
	problems, err := s.installGiven()
	if err != nil {
		return err
	}
	if p, bad := (looked{problems: problems}).bad(); bad {
		return fault.New(fault.Invalid, p.Message).Hint(p.Hint)
	}
	return nil
}

// blocks are those PEM blocks of a text whose type ends in kind: one file may hold key and certificates, and be named for both.
func blocks(text []byte, kind string) []byte {
	var of []byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, kind) {
			of = append(of, pem.EncodeToMemory(block)...)
		}
	}
	return of
}

func readGiven(name string) File {
	const most = 1 << 20
	f := File{Name: name}
	if f.Text, f.Err = os.ReadFile(name); f.Err == nil && len(f.Text) > most {
		f.Text = f.Text[:most]
	}
	return f
}
