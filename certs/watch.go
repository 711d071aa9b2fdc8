package certs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// lookEvery is how often files are looked at. One that changes is served within a minute, a restart included.
const lookEvery = 5 * time.Second

// watched is what the last look at the broker's listeners has found.
type watched struct {
	listeners []looked
	err       error // why they cannot be told
	used      map[string][sha256.Size]byte
	looked    bool
	held      string // why a change is kept from the broker; empty: nothing is
	tried     string // the certificates for which the broker was restarted; once is enough
}

// looked is one listener and what was found about it.
type looked struct {
	Listener
	leaf     *x509.Certificate
	problems []CertificateProblem
}

// sum is that of everything that the listener's files hold.
func (l looked) sum() [sha256.Size]byte {
	h := sha256.New()
	for _, f := range []File{l.Cert, l.Key, l.CA, l.Revoked} {
		one := sha256.Sum256(f.Text)
		h.Write(one[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// bad is the first problem for which the files are kept from the broker.
func (l looked) bad() (CertificateProblem, bool) {
	for _, p := range l.problems {
		if p.holds() {
			return p, true
		}
	}
	return CertificateProblem{}, false
}

// Run renews what is due and has the broker use what has changed, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	for {
		s.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// Look does once what Run does again and again.
func (s *Service) Look(ctx context.Context) {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	s.renew(ctx)
	s.lookAtGiven(ctx)
	why := "What listeners the broker has cannot be told."
	found, ok := s.lookAtListeners()
	if ok && s.putBack(found) {
		found, ok = s.lookAtListeners()
	}
	if ok {
		why = s.use(ctx, found)
	}
	if why == later {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waiting = append(s.waiting, waiting...)
		return
	}
	for _, w := range waiting {
		w <- why
	}
}

// lookAtListeners finds out what the broker's listeners have now; false where that cannot be told.
func (s *Service) lookAtListeners() (found []looked, ok bool) {
	if s.o.Listeners == nil {
		return nil, false
	}
	listeners, err := s.o.Listeners()
	for _, l := range listeners {
		one := looked{Listener: l}
		if l.TLS {
			one.leaf, one.problems = inspect(l, s.calledNames(), s.o.Clock())
		}
		found = append(found, one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched.listeners, s.watched.err = found, err
	return found, err == nil
}

// calledNames are what this host is called, by itself and by people.
func (s *Service) calledNames() Names {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wantedNames()
}

// renew makes the server's certificate anew where a third of its life is left, where the clock was wrong when it was made, where
// this host has a name or address that it lacks, or where it belongs to another authority than the present one.
func (s *Service) renew(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged != nil || s.server == nil || len(s.authorities) == 0 {
		return
	}
	cert, now := s.server.pair.cert, s.o.Clock()
	due := !now.Before(renewAt(cert)) || now.Before(cert.NotBefore) ||
		cert.CheckSignatureFrom(s.authorities[0].cert) != nil || strings.Count(string(s.server.chain), "BEGIN") != len(s.authorities)-1
	// A name more is no reason to disconnect everybody, which websockets need on 2.0.
	due = due || len(s.missingNames(s.serverNames())) > 0 && !s.restartNeeded()
	if !due {
		return
	}
	err := s.newServer()
	if err == nil {
		s.o.Logger.Info("the server's certificate was made anew", "names", namesIn(s.server.pair.cert), "not_after", s.server.pair.cert.NotAfter)
		s.o.Record(ctx, "certificate.renewed", "server", nil, s.summary())
		err = s.publish()
	}
	if err != nil {
		s.o.Logger.Error("the server's certificate cannot be renewed", "error", err)
	}
}

// missingNames are those of some names that the server's certificate lacks.
func (s *Service) missingNames(of Names) (missing []string) {
	if s.server == nil || len(s.authorities) == 0 {
		return nil
	}
	for _, name := range of.Strings() {
		if s.server.pair.cert.VerifyHostname(name) != nil {
			missing = append(missing, name)
		}
	}
	return missing
}

// restartNeeded tells that a listener was found to take another certificate by a restart only.
func (s *Service) restartNeeded() bool {
	for _, l := range s.watched.listeners {
		if l.TLS && l.Websockets {
			return true
		}
	}
	return false
}

// use makes the broker read files that have changed, if all of them would work: a signal makes it read all files at once, and one
// of 2.1 ends where the revocation list is missing. It returns why what has changed is not served.
func (s *Service) use(ctx context.Context, found []looked) (why string) {
	s.mu.Lock()
	first, used := !s.watched.looked, s.watched.used
	s.mu.Unlock()
	now := map[string][sha256.Size]byte{}
	var changed, held []looked
	secure := false
	for _, l := range found {
		if !l.TLS {
			continue
		}
		secure = secure || l.ClientCerts
		now[l.Name] = l.sum()
		if before, known := used[l.Name]; known && before == now[l.Name] {
			continue
		}
		changed = append(changed, l)
		// What the broker shows already cannot be kept from it.
		if _, bad := l.bad(); bad && !(first && l.leaf != nil && bytes.Equal(shows(ctx, l.Listener), l.leaf.Raw)) {
			held = append(held, l)
		}
	}
	if len(held) > 0 && len(changed) > 0 {
		p, _ := held[0].bad()
		why = upper(p.Message) + ", so the broker goes on with the certificate that it has. " + upper(p.Hint) + "."
	}
	if why == "" && len(changed) > 0 {
		if why = s.tell(ctx, found, first && !secure); why == later {
			return why
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if why != s.watched.held && why != "" {
		s.o.Logger.Warn("a changed certificate is not served", "why", why)
	}
	s.watched.held = why
	if why == "" {
		s.watched.used, s.watched.looked = now, true
	}
	return why
}

// tell makes the broker read its files, and looks whether it serves them: websockets of 2.0 do after a restart only. onlyIfOld
// spares the broker the signal where it serves the files already. It returns why it could not be done, for people.
func (s *Service) tell(ctx context.Context, found []looked, onlyIfOld bool) string {
	// Somebody may make another certificate meanwhile: then the broker shows that, and what was found says nothing any more.
	moved := func() bool { return s.movedOn(found) }
	old := stale(ctx, found, 0, moved)
	if onlyIfOld && len(old) == 0 {
		return ""
	}
	if s.o.Reload == nil {
		return "The broker cannot be told from here. Make it read its configuration again on its host."
	}
	if yes, known := s.unapplied(); !known {
		return later
	} else if yes {
		return "The broker's configuration was changed on disk and not applied yet, which a signal would do. Apply it on the page Configuration, or put it back."
	}
	if err := s.o.Reload(ctx); err != nil {
		return said(err)
	}
	if old = stale(ctx, found, servedWithin, moved); len(old) == 0 {
		s.o.Logger.Info("the broker serves its certificates anew", "by", "reload")
		return ""
	}
	if moved() {
		s.changed()
		return later
	}
	s.mu.Lock()
	again := s.watched.tried == fingerprints(found)
	s.watched.tried = fingerprints(found)
	s.mu.Unlock()
	if again || s.o.Restart == nil {
		return "The listener on " + strings.Join(old, ", ") + " still shows its former certificate. Restart the broker."
	}
	s.o.Logger.Info("the broker is restarted for a changed certificate, because a signal did not renew it", "listeners", strings.Join(old, ", "))
	if err := s.o.Restart(ctx); err != nil {
		return said(err)
	}
	if old = stale(ctx, found, servedWithin, moved); len(old) > 0 && moved() {
		s.changed()
		return later
	} else if len(old) > 0 {
		return "The listener on " + strings.Join(old, ", ") + " still shows its former certificate after a restart."
	}
	return ""
}

// movedOn tells whether a listener's files are others than those that were found.
func (s *Service) movedOn(found []looked) bool {
	listeners, err := s.o.Listeners()
	if err != nil {
		return false
	}
	now := map[string][sha256.Size]byte{}
	for _, l := range listeners {
		now[l.Name] = looked{Listener: l}.sum()
	}
	return slices.ContainsFunc(found, func(l looked) bool {
		sum, there := now[l.Name]
		return l.TLS && (!there || sum != l.sum())
	})
}

// later is what tell returns where it has to be looked again: it cannot be told yet whether a signal would do harm, or the files
// have become others.
const later = "later"

func (s *Service) unapplied() (yes, known bool) {
	if s.o.Unapplied == nil {
		return false, true
	}
	return s.o.Unapplied()
}

func fingerprints(found []looked) string {
	var all []string
	for _, l := range found {
		if l.leaf != nil {
			all = append(all, l.Name+" "+fingerprint(l.leaf))
		}
	}
	return strings.Join(all, "\n")
}

// said is a fault for people.
func said(err error) string {
	f := fault.From(err)
	text := upper(f.Message) + "."
	if f.HintText != "" {
		text += " " + upper(strings.TrimSuffix(f.HintText, ".")) + "."
	}
	return text
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
