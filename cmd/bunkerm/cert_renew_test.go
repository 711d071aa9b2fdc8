package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestCertRenewAuthority renews the authority on the command line: who knows the former one alone is served until it is dropped.
func TestCertRenewAuthority(t *testing.T) {
	s := serveOn(t, t.TempDir(), secureArgs()...)
	out := t.TempDir()
	former := s.trusting(nil)
	if _, stderr, code := s.command("", "cert", "drop-authority"); code != 1 || !strings.Contains(stderr, "no old authority") {
		t.Errorf("with one alone: %d %q", code, stderr)
	}
	before := s.certificates()
	for _, args := range [][]string{{"create"}, {"create", "--client", "kettle"}, {"renew-authority"}} {
		args = append(append([]string{"cert"}, args...), "--out", filepath.Join(out, "nowhere"))
		if _, stderr, code := s.command("", args...); code != 1 || !strings.Contains(stderr, "nothing was made") {
			t.Errorf("%q: %d %q", args, code, stderr)
		}
	}
	if c := s.certificates(); len(c.Authorities) != len(before.Authorities) || len(c.Clients) != 0 {
		t.Errorf("something was made for a folder that is not there: %+v", c)
	}
	text := s.mustCommand("", "cert", "renew-authority", "--name", "broker.example.net", "--out", out)
	c := s.certificates()
	if len(c.Authorities) != 2 || !strings.Contains(text, c.Authorities[0].Fingerprint) || !strings.Contains(text, filepath.Join(out, "ca.pem")) {
		t.Errorf("%q %+v", text, c.Authorities)
	}
	if both, err := os.ReadFile(filepath.Join(out, "ca.pem")); err != nil || strings.Count(string(both), "BEGIN") != 2 {
		t.Errorf("what devices are given: %v %s", err, both)
	}
	port := c.listener("mqtt", true, false)
	served := func() string {
		conn, _, err := loginOver(port, former, "nobody", "x")
		if err != nil {
			return err.Error()
		}
		_ = conn.Close()
		return ""
	}
	if said := served(); said != "" {
		t.Errorf("who knows the former authority alone: %s", said)
	}
	s.mustCommand("", "cert", "drop-authority")
	eventually(t, "the end of the former authority on port "+strconv.Itoa(port), func() bool {
		return strings.Contains(served(), "unknown authority")
	})
	for _, wrong := range [][]string{{"renew-authority", "--client", "x"}, {"drop-authority", "--name", "x"}, {"renew"}} {
		if _, _, code := s.command("", append([]string{"cert"}, wrong...)...); code != 2 {
			t.Errorf("%q: %d", wrong, code)
		}
	}
}
