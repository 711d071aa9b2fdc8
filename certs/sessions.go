package certs

import (
	"context"
	"time"
)

// servedAtMost is how long EndSessions waits for the broker to have read the revocation list.
const servedAtMost = 15 * time.Second

// Revocation is what has become of a client's certificate that was revoked, and of the sessions that were open.
type Revocation struct {
	ClientCertificate
	SessionsEnded bool   `json:"sessions_ended" doc:"The broker refuses the certificate by now, and the sessions of its username were ended: all of them, those with a password too, because the broker tells them apart by their username alone"`
	SessionsWhy   string `json:"sessions_why_not,omitempty" doc:"Why they were not"`
}

// EndSessions waits until the broker has read the list on which a revoked certificate stands, and then ends the sessions of its
// username. Who comes back has to show another certificate, or a password. It needs Run.
func (s *Service) EndSessions(ctx context.Context, c ClientCertificate) Revocation {
	r := Revocation{ClientCertificate: c}
	if s.o.Disconnect == nil || s.o.Listeners == nil || s.o.Install == nil {
		r.SessionsWhy = "The broker cannot be told from here. Whoever runs it has to give it the revocation list, and to end the sessions."
		return r
	}
	if r.SessionsWhy = s.awaitServed(ctx); r.SessionsWhy != "" {
		return r
	}
	if err := s.o.Disconnect(ctx, c.Username); err != nil {
		r.SessionsWhy = said(err)
		return r
	}
	r.SessionsEnded = true
	return r
}

// awaitServed waits for a look that begins from now on, and returns why the broker does not serve what has changed.
func (s *Service) awaitServed(ctx context.Context) (why string) {
	ctx, cancel := context.WithTimeout(ctx, servedAtMost)
	defer cancel()
	looked := make(chan string, 1)
	s.mu.Lock()
	s.waiting = append(s.waiting, looked)
	s.mu.Unlock()
	s.changed()
	select {
	case why = <-looked:
		return why
	case <-ctx.Done():
		return "The broker has not read the revocation list yet. It will within a minute; then revoke the certificate again, or end the sessions by hand."
	}
}
