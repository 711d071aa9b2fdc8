package certs

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Restore installs those of the broker's files that are missing once more, before a service is opened. Where the authority is gone
// with them another one is made, which is told: nobody trusts it yet, but the broker starts.
func Restore(ctx context.Context, o Options, missing []string, tell func(sentence string)) error {
	if !slices.ContainsFunc(missing, ours) {
		return nil
	}
	s, err := Open(o) // which installs what there is
	if err == nil {
		err = s.usable()
	}
	if err != nil {
		return err
	}
	tell("Certificates were missing in the broker's folder (" + strings.Join(missing, ", ") + ") and are put back.")
	if o.GivenCert != "" && slices.Contains(missing, BrokerServer) {
		if err := s.Given(); err != nil {
			return err
		}
	}
	if len(s.authorities) > 0 && (s.server != nil || o.GivenCert != "") {
		return nil
	}
	if err := s.MakeServer(ctx, nil); err != nil {
		return err
	}
	tell("The authority or the server's certificate was missing too, and another was made. Devices may have to be given the new authority, and clients new certificates.")
	return nil
}

// ours reports whether a file of the broker's folder is one of those that are installed here.
func ours(name string) bool { return name == BrokerServer || name == BrokerCA || name == BrokerRevoked }

// putBack installs the broker's files once more where one of ours is gone while the broker runs: it would end at its next look.
func (s *Service) putBack(found []looked) (did bool) {
	gone := func(f File) bool {
		name, inside := strings.CutPrefix(f.Name, BrokerFile(""))
		return inside && ours(name) && errors.Is(f.Err, fs.ErrNotExist)
	}
	if s.o.Install == nil || !slices.ContainsFunc(found, func(l looked) bool { return gone(l.Cert) || gone(l.CA) || gone(l.Revoked) }) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged != nil || len(s.authorities) == 0 && s.given.installed == nil {
		return false
	}
	err := s.publish()
	if err == nil && s.given.installed != nil {
		err = s.o.Install(BrokerServer, s.given.installed)
	}
	if err != nil {
		s.o.Logger.Error("certificates that are missing in the broker's folder cannot be put back", "error", err)
		return false
	}
	s.o.Logger.Warn("certificates were missing in the broker's folder and are put back")
	return true
}
