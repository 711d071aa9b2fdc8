package config

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strconv"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// ListenerFiles is a listener of the broker with what its certificate files hold.
type ListenerFiles struct {
	Name               string // its port, with the address if it has one
	Address            string // empty: all
	Port               int
	Protocol           string // mqtt or websockets
	TLS                bool   // by certificate
	ClientCertificates bool   // only clients with a certificate get in
	NameFromCert       bool   // and its name is the username
	Cert, Key          NamedFile
	CA, Revoked        NamedFile
}

// NamedFile is a file that the configuration names. One that only the broker's user can be expected to read has no name here.
type NamedFile struct {
	Name string // as the configuration has it; empty: none
	Text []byte // its first MiB
	Err  error  // why the broker's user cannot read it
}

// ListenerFiles are the listeners for clients, in the order of the configuration. Unix sockets are left out.
func (s *Service) ListenerFiles() ([]ListenerFiles, error) {
	now, err := s.look()
	if err != nil {
		return nil, err
	}
	from, err := openFolder(s.o.BrokerDir)
	if err != nil {
		return nil, err
	}
	defer from.close()
	others := s.o.OtherUser != nil && s.o.OtherUser()
	var all []ListenerFiles
	read := func(l conf.Listener, key string) NamedFile {
		line := settingOf(l, key)
		if line == nil || line.Value == "" {
			return NamedFile{}
		}
		f := NamedFile{Name: line.Value}
		if f.Text, f.Err = from.readSmall(line.Value); others && errors.Is(f.Err, fs.ErrPermission) {
			return NamedFile{}
		}
		return f
	}
	look := func() {
		all = nil
		for _, l := range now.config.Listeners() {
			if l.Port == 0 || l.Protocol == "http_api" {
				continue
			}
			one := ListenerFiles{Name: strconv.Itoa(l.Port), Address: l.Address, Port: l.Port, Protocol: l.Protocol, TLS: l.TLS}
			if l.Address != "" {
				one.Name = net.JoinHostPort(l.Address, one.Name)
			}
			one.Cert, one.Key, one.CA, one.Revoked = read(l, "certfile"), read(l, "keyfile"), read(l, "cafile"), read(l, "crlfile")
			one.ClientCertificates = isTrue(l, "require_certificate")
			one.NameFromCert = isTrue(l, "use_identity_as_username")
			all = append(all, one)
		}
	}
	if s.o.AsBroker == nil {
		look()
		return all, nil
	}
	return all, s.o.AsBroker(look)
}

func isTrue(l conf.Listener, key string) bool {
	line := settingOf(l, key)
	return line != nil && line.Value == "true"
}

// Unapplied tells whether the files on disk are others than those that the broker runs with, so that a signal would apply them.
// known is false while that is unknown.
func (s *Service) Unapplied() (yes, known bool) {
	if !s.changing.TryLock() {
		return false, false // a change is on its way
	}
	defer s.changing.Unlock()
	now, err := s.look()
	if err != nil {
		return false, false
	}
	s.mu.Lock()
	user := s.runs.user
	s.mu.Unlock()
	if user == nil {
		return false, false
	}
	_, hash, err := user.encode()
	return hash != now.hash, err == nil
}

// NewListener is one that is added, with its settings in their order.
type NewListener struct {
	Address  string // empty: all
	Port     int
	Settings [][2]string // key and value
}

// AddListeners adds listeners to the main file, as one change like any other: checked, tried, proven or undone.
func (s *Service) AddListeners(ctx context.Context, all []NewListener, comment string) error {
	var changes []SettingChange
	for _, l := range all {
		value, scope := strconv.Itoa(l.Port), "listener:"+strconv.Itoa(l.Port)
		if l.Address != "" {
			value, scope = value+" "+l.Address, scope+"@"+l.Address
		}
		changes = append(changes, SettingChange{Op: string(conf.OpAdd), Key: "listener", Value: value})
		for _, set := range l.Settings {
			changes = append(changes, SettingChange{Op: string(conf.OpSet), Scope: scope, Key: set[0], Value: set[1]})
		}
	}
	_, _, err := s.Change(ctx, BrokerChange{Changes: changes, Comment: comment}, ChangeOptions{})
	return err
}
