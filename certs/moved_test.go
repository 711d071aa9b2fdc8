package certs

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// TestAnotherCertificateWhileOneIsServed makes one while the broker reads the one before: what the broker shows then is not what was
// found, and that is no reason to restart it.
func TestAnotherCertificateWhileOneIsServed(t *testing.T) {
	var s *secured
	restarts, again := 0, ""
	s = secure(t, false, func(o *Options) {
		o.Reload = func(ctx context.Context) error {
			if again != "" {
				if err := s.MakeServer(ctx, []string{again}); err != nil {
					return err
				}
				again = ""
			}
			s.broker.Reload()
			return nil
		}
		o.Restart = func(context.Context) error { restarts++; return nil }
	})
	s.Look(t.Context())
	if err := s.MakeServer(t.Context(), []string{"first.lan"}); err != nil {
		t.Fatal(err)
	}
	again = "second.lan"
	s.Look(t.Context())
	s.Look(t.Context())
	found, ok := s.lookAtListeners()
	if !ok || len(stale(t.Context(), found, servedWithin, func() bool { return false })) > 0 {
		t.Error("the last one is not served")
	}
	if restarts != 0 || s.Held() != "" {
		t.Errorf("%d restarts, held: %q", restarts, s.Held())
	}
}

// TestNobodyIsMadeBunkerM by a certificate, and a damaged folder is told before anybody wants to change it.
func TestNobodyIsMadeBunkerM(t *testing.T) {
	s, _, _ := house(t, func(o *Options) { o.Own = []string{"bunkerm"} })
	if _, err := s.MakeClient(t.Context(), "bunkerm", 0); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	if _, err := s.MakeClient(t.Context(), "lamp", 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.o.Dir, registerFile), []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.o)
	if err != nil {
		t.Fatal(err)
	}
	if o := again.Overview(); o.Held == "" {
		t.Errorf("%+v", o)
	}
}
