package certs

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestNoSignalWhileTheConfigurationIsUnapplied: a signal would apply what somebody has only begun to write.
func TestNoSignalWhileTheConfigurationIsUnapplied(t *testing.T) {
	var files given
	unapplied, known, told := true, true, 0
	s, _, _ := house(t, func(o *Options) {
		o.Install = files.install
		o.Listeners = func() ([]Listener, error) {
			file := func(name string) File { return File{Name: name, Text: files.file(name)} }
			return []Listener{{
				Name: "8885", Address: "127.0.0.1", Port: 1, TLS: true, ClientCerts: true,
				Cert: file(BrokerServer), Key: file(BrokerServer), CA: file(BrokerCA), Revoked: file(BrokerRevoked),
			}}, nil
		}
		o.Unapplied = func() (bool, bool) { return unapplied, known }
		o.Reload = func(context.Context) error { told++; return nil }
	})
	if err := s.MakeServer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if told != 0 || !strings.Contains(s.Held(), "not applied") {
		t.Errorf("%d signals, held: %q", told, s.Held())
	}
	unapplied, known = false, false
	s.Look(t.Context())
	if told != 0 {
		t.Error("told although it is unknown whether that does harm")
	}
	known = true
	s.Look(t.Context())
	if told != 1 || s.Held() != "" {
		t.Errorf("%d signals, held: %q", told, s.Held())
	}
	s.Look(t.Context())
	if told != 1 {
		t.Error("told again without a change")
	}
	// A broker that cannot be told is tried again, and it is said why.
	s.o.Reload = func(context.Context) error { return errors.New("no such process") }
	made, err := s.MakeClient(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Revoke(t.Context(), made.Serial); err != nil {
		t.Fatal(err)
	}
	s.Look(t.Context())
	if s.Held() == "" {
		t.Error("a list that did not reach the broker is not told of")
	}
	s.o.Reload = func(context.Context) error { told++; return nil }
	s.Look(t.Context())
	if told != 2 || s.Held() != "" {
		t.Errorf("%d signals, held: %q", told, s.Held())
	}
}

// TestListenersThatCannotBeTold are an answer, not a fault.
func TestListenersThatCannotBeTold(t *testing.T) {
	s, _, _ := house(t, func(o *Options) { o.Listeners = func() ([]Listener, error) { return nil, errors.New("no") } })
	s.Look(t.Context())
	if o := s.Overview(); o.WhyNot == "" || len(o.Listeners) != 0 {
		t.Errorf("%+v", o)
	}
}
