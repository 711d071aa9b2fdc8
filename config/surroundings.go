package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// surroundings are the problems that only a look at this host can find: files that are not there or that the broker's
// user may not read, certificates and keys that do not fit, ports that somebody else has.
func (s *Service) surroundings(now, after *conf.Config) []conf.Problem {
	var problems []conf.Problem
	from, err := openFolder(s.o.BrokerDir)
	if err != nil {
		s.o.Logger.Warn("what the broker's files are like is not known", "error", err)
		return s.portsTaken(now, after)
	}
	defer from.close()
	others := s.o.OtherUser != nil && s.o.OtherUser()
	made := map[string]bool{} // folders that are made with the files in them
	for _, f := range after.Files() {
		made[filepath.Dir(f.Name)] = true
	}
	look := func() {
		for _, p := range after.Paths() {
			if p.Key == "include_dir" && made[filepath.Clean(p.Value)] {
				continue
			}
			// A broker of somebody else's may open what it writes to before it gives the rights of root away.
			problems = append(problems, lookAtPath(from, p, others || s.o.OtherUser != nil && p.Kind == conf.WritesTo)...)
		}
		for _, l := range after.Listeners() {
			problems = append(problems, s.lookAtCertificate(from, l)...)
		}
	}
	run := s.o.AsBroker
	if run == nil {
		run = func(f func()) error { f(); return nil }
	}
	if err := run(look); err != nil {
		s.o.Logger.Warn("what the broker's user may read is not known", "error", err)
		look()
	}
	return append(problems, s.portsTaken(now, after)...)
}

// lookAtPath finds out whether the broker could use a file or folder. others is whether it may have rights that we lack.
func lookAtPath(from folder, p conf.Path, others bool) []conf.Problem {
	wrong := func(message, hint string) []conf.Problem {
		return []conf.Problem{{File: p.File, Line: p.Line, Severity: conf.Error, Key: p.Key, Message: message, Hint: hint}}
	}
	unusable := func(what string, err error) []conf.Problem {
		if others && errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return wrong(cannot(p.Value, what, err), permissionHint(err))
	}
	switch p.Kind {
	case conf.ReadsFile, conf.RunsFile:
		f, err := from.open(p.Value, os.O_RDONLY)
		if err != nil {
			return unusable("be read", err)
		}
		defer func() { _ = f.Close() }() // only read
		if info, err := f.Stat(); err != nil || info.IsDir() {
			return wrong(fmt.Sprintf("%s is a folder, and %s wants a file", p.Value, p.Key), "")
		}
	case conf.ReadsDir:
		info, err := from.stat(p.Value)
		switch {
		case p.Key == "include_dir" && errors.Is(err, fs.ErrNotExist):
			return nil // reading the configuration has said so
		case err != nil:
			return unusable("be read", err)
		case !info.IsDir():
			return wrong(fmt.Sprintf("%s is not a folder", p.Value), "")
		}
	case conf.WritesDir:
		if err := from.writableFolder(p.Value); err != nil {
			return unusable("be written to", err)
		}
	case conf.WritesTo:
		if info, err := from.stat(filepath.Dir(p.Value)); others && errors.Is(err, fs.ErrPermission) {
			return nil
		} else if err != nil || !info.IsDir() {
			return wrong(fmt.Sprintf("the folder of %s is not there", p.Value), "make the folder first")
		}
		if err := from.writable(p.Value); err != nil {
			return unusable("be written", err)
		}
	}
	return nil
}

func cannot(path, what string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s is not there", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s cannot %s by the broker's user", path, what)
	}
	return fmt.Sprintf("%s cannot %s", path, what)
}

func permissionHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "names are relative to the broker's folder"
	case errors.Is(err, fs.ErrPermission):
		return "let the broker's user use it, the folders above included"
	}
	return ""
}

// soon is how long before its end a certificate is worth a word.
const soon = 21 * 24 * time.Hour

// lookAtCertificate finds out whether a listener's certificate and key fit, and whether the certificate holds now.
func (s *Service) lookAtCertificate(from folder, l conf.Listener) []conf.Problem {
	certLine, keyLine := settingOf(l, "certfile"), settingOf(l, "keyfile")
	if certLine == nil || keyLine == nil {
		return nil
	}
	at := func(set *conf.Setting, severity conf.Severity, message, hint string) conf.Problem {
		return conf.Problem{File: set.File, Line: set.Line, Severity: severity, Key: set.Key, Message: message, Hint: hint}
	}
	certPEM, err := from.readSmall(certLine.Value)
	if err != nil {
		return nil // that it cannot be read has been said
	}
	cert, err := firstCertificate(certPEM)
	if err != nil {
		return []conf.Problem{at(certLine, conf.Error, certLine.Value+" holds no certificate in PEM form", asPEM(certPEM, certLine.Value))}
	}
	var problems []conf.Problem
	now := s.o.Clock()
	switch {
	case now.After(cert.NotAfter):
		problems = append(problems, at(certLine, conf.Error, fmt.Sprintf("the certificate expired on %s", cert.NotAfter.UTC().Format(time.DateOnly)), "renew it"))
	case now.Before(cert.NotBefore):
		problems = append(problems, at(certLine, conf.Error, fmt.Sprintf("the certificate does not hold before %s", cert.NotBefore.UTC().Format(time.RFC3339)), "look at the clock of this host"))
	case cert.NotAfter.Sub(now) < soon:
		problems = append(problems, at(certLine, conf.Warning, fmt.Sprintf("the certificate expires on %s", cert.NotAfter.UTC().Format(time.DateOnly)), "renew it"))
	}
	keyPEM, err := from.readSmall(keyLine.Value)
	if err != nil {
		return problems
	}
	_, err = tls.X509KeyPair(certPEM, keyPEM)
	switch {
	case err == nil || encrypted(keyPEM):
	case !strings.Contains(string(keyPEM), "PRIVATE KEY-----"):
		problems = append(problems, at(keyLine, conf.Error, keyLine.Value+" holds no key in PEM form", ""))
	case belongsBehind(certPEM, keyPEM):
		problems = append(problems, at(certLine, conf.Error, "the certificates in "+certLine.Value+" stand in the wrong order",
			"put the one that belongs to the key first, behind it those who have signed it"))
	default:
		problems = append(problems, at(keyLine, conf.Error, "the key does not belong to the certificate", "name the key that the certificate was made for"))
	}
	return problems
}

// belongsBehind tells whether a key belongs to a certificate that is not the first.
func belongsBehind(certPEM, keyPEM []byte) bool {
	for block, rest := pem.Decode(certPEM); block != nil; block, rest = pem.Decode(rest) {
		if _, err := tls.X509KeyPair(rest, keyPEM); err == nil {
			return true
		}
	}
	return false
}

// asPEM is how a certificate in another form is made one that the broker reads; empty where it is none.
func asPEM(text []byte, name string) string {
	if _, err := x509.ParseCertificate(text); err != nil {
		return ""
	}
	return fmt.Sprintf("it is in DER form: openssl x509 -inform der -in %s -out %s.pem makes one of it", name, name)
}

// settingOf is the last line of a listener that sets key; nil where there is none.
func settingOf(l conf.Listener, key string) *conf.Setting {
	for i := len(l.Settings) - 1; i >= 0; i-- {
		if l.Settings[i].Key == key {
			return &l.Settings[i]
		}
	}
	return nil
}

func firstCertificate(text []byte) (*x509.Certificate, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" || block.Type == "TRUSTED CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errors.New("there is no certificate")
}

// encrypted tells whether a key has a passphrase, which the broker would ask for on a terminal that it does not have.
func encrypted(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

// portsTaken finds listeners whose port somebody else has. Ports that the broker has already are its own.
func (s *Service) portsTaken(now, after *conf.Config) []conf.Problem {
	have := map[int]bool{}
	for _, c := range []*conf.Config{now, s.running()} {
		if c == nil {
			continue
		}
		for _, l := range c.Listeners() {
			have[l.Port] = true
		}
	}
	var problems []conf.Problem
	for _, l := range after.Listeners() {
		if l.Port == 0 || have[l.Port] {
			continue
		}
		ln, err := net.Listen("tcp", net.JoinHostPort(l.Address, strconv.Itoa(l.Port)))
		if err == nil {
			_ = ln.Close() // nobody has connected
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			problems = append(problems, conf.Problem{
				File: l.File, Line: l.Line, Severity: conf.Error, Key: "listener",
				Message: fmt.Sprintf("port %d is taken by another program", l.Port), Hint: "choose another port, or end that program",
			})
		}
	}
	return problems
}
