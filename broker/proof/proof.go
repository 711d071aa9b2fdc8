package proof

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// ClientPrefix begins the client ids with which listeners are asked.
const ClientPrefix = "bunkerm-proof-"

// Options say how a broker is asked.
type Options struct {
	Dir string // where relative names in the configuration begin; absolute
	// Skip tells which listeners are asked by somebody else; nil: none.
	Skip    func(conf.Listener) bool
	Timeout time.Duration // for all listeners together; default 15 s
}

const (
	defaultTimeout = 15 * time.Second
	askWithin      = 5 * time.Second // one listener, once
	askAgain       = 20 * time.Millisecond
	mostAtOnce     = 32
)

// Listeners asks each listener of a configuration, and returns what is wrong, at the line that makes the listener. A
// listener that does not answer yet is asked again until the time is over.
func Listeners(ctx context.Context, c *conf.Config, o Options) []conf.Problem {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	listeners := slices.DeleteFunc(slices.Clone(c.Listeners()), func(l conf.Listener) bool { return o.Skip != nil && o.Skip(l) })
	wrong := make([]*conf.Problem, len(listeners))
	var all sync.WaitGroup
	slots := make(chan struct{}, mostAtOnce)
	for i, l := range listeners {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := untilItAnswers(ctx, newAsking(c, l, o)); err != nil {
				wrong[i] = &conf.Problem{
					File: l.File, Line: l.Line, Severity: conf.Error, Key: "listener",
					Message: fmt.Sprintf("the listener on %s %v", name(l), err),
				}
			}
		})
	}
	all.Wait()
	var problems []conf.Problem
	for _, p := range wrong {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// name is a listener for people.
func name(l conf.Listener) string {
	switch {
	case l.UnixPath != "":
		return l.UnixPath
	case l.Address != "":
		return net.JoinHostPort(l.Address, strconv.Itoa(l.Port))
	}
	return "port " + strconv.Itoa(l.Port)
}

// notYetError wraps what may be because the broker is just starting.
type notYetError struct{ error }

func (e notYetError) Unwrap() error { return e.error }

// untilItAnswers asks a listener until it answers, for as long as the context lasts.
func untilItAnswers(ctx context.Context, a asking) error {
	var last error
	for {
		once, cancel := context.WithTimeout(ctx, askWithin)
		err := a.ask(once)
		cancel()
		if _, notYet := errors.AsType[notYetError](err); !notYet {
			return err
		}
		// What the end of our time does to an attempt says nothing. A connection may notice it before the context does.
		if end, ends := ctx.Deadline(); last == nil || ctx.Err() == nil && (!ends || time.Now().Before(end)) {
			last = err
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return last
		}
	}
}

// asking is how one listener is asked.
type asking struct {
	l         conf.Listener
	dir       string
	anonymous bool // the configuration lets clients in without a name
	set       map[string]string
}

func newAsking(c *conf.Config, l conf.Listener, o Options) asking {
	a := asking{l: l, dir: o.Dir, set: map[string]string{}}
	perListener := false
	for _, s := range c.Settings() {
		if s.Key == "per_listener_settings" {
			perListener = s.Value == "true"
		}
	}
	for _, s := range c.Settings() {
		if s.Key == "allow_anonymous" && (!perListener || s.Scope == l.Scope) {
			a.anonymous = s.Value == "true"
		}
	}
	for _, s := range l.Settings {
		a.set[s.Key] = s.Value
	}
	if value, ok := a.set["listener_allow_anonymous"]; ok {
		a.anonymous = value == "true"
	}
	return a
}

// ask connects once and goes as far as the listener's protocol needs.
func (a asking) ask(ctx context.Context) error {
	conn, err := a.dial(ctx)
	if err != nil {
		return notYetError{fmt.Errorf("cannot be reached: %w", plain(err))}
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if v := a.set["enable_proxy_protocol"]; v != "" && v != "0" {
		return nil // it wants to hear from a proxy first
	}
	talk := conn
	if a.l.TLS {
		if talk, err = a.secure(ctx, conn); talk == nil {
			return err
		}
	}
	switch a.l.Protocol {
	case "websockets":
		return a.websockets(talk)
	case "http_api":
		return a.http(talk)
	}
	return a.mqtt(talk)
}

// plain is the reason of a network error without addresses.
func plain(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func (a asking) dial(ctx context.Context) (net.Conn, error) {
	if path := a.l.UnixPath; path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.dir, path)
		}
		return keeper.DialUnix(ctx, path)
	}
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(a.l.Port)))
}

// host is where a listener of this machine can be reached from this machine.
func (a asking) host() (string, error) {
	six := a.set["socket_domain"] == "ipv6"
	if name := a.set["bind_interface"]; name != "" {
		return interfaceAddress(name, six)
	}
	switch ip := net.ParseIP(a.l.Address); {
	case a.l.Address == "" && six, ip != nil && ip.IsUnspecified() && strings.Contains(a.l.Address, ":"):
		return "::1", nil
	case a.l.Address == "", ip != nil && ip.IsUnspecified():
		return "127.0.0.1", nil
	}
	return a.l.Address, nil
}

func interfaceAddress(name string, six bool) (string, error) {
	ifc, err := net.InterfaceByName(name)
	if err != nil {
		return "", err
	}
	addresses, err := ifc.Addrs()
	if err != nil {
		return "", err
	}
	for _, address := range addresses {
		if n, ok := address.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() && (n.IP.To4() == nil) == six {
			return n.IP.String(), nil
		}
	}
	return "", fmt.Errorf("the interface %s has no address", name)
}
