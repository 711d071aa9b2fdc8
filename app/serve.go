package app

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/dynsec"
	"github.com/bunkerm/bunkerm/gateway"
)

// openServices makes the services and puts them behind the gateway.
func (a *App) openServices(ctx context.Context) error {
	a.dynsec = dynsec.New(a.dynsecOptions())
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.collector())
	g, err := newGateway(gateway.Options{
		Logger: component(a.logger, "gateway"), Keys: a.keys, Version: a.opts.Version, Ready: a.parts, MQTTAddr: a.MQTTAddr,
		Metrics: registry,
	}, a.dynsec)
	if err != nil {
		return err
	}
	a.gateway = g
	return a.openSession(ctx)
}

// newGateway puts every service behind a gateway. The OpenAPI document comes from the same function, so it cannot
// miss a route.
func newGateway(o gateway.Options, d *dynsec.Service) (*gateway.Gateway, error) {
	g, err := gateway.New(o)
	if err != nil {
		return nil, err
	}
	dynsec.Register(g.API(), d)
	if err := g.Seal(); err != nil {
		return nil, err
	}
	return g, nil
}

// OpenAPI is the document that describes every route, as /api/openapi.json serves it.
func OpenAPI() ([]byte, error) {
	unstarted := broker.NewSession(broker.SessionOptions{})
	g, err := newGateway(gateway.Options{Version: "unreleased", Keys: nobody{}}, dynsec.New(dynsec.Options{Control: unstarted}))
	if err != nil {
		return nil, err
	}
	return g.OpenAPI(), nil
}

// nobody has no keys.
type nobody struct{}

func (nobody) Authenticate(string) (auth.Principal, bool) { return auth.Principal{}, false }

func (a *App) dynsecOptions() dynsec.Options {
	o := dynsec.Options{
		Control: a.session, Logger: component(a.logger, "dynsec"), Actor: auth.Actor, Allowed: auth.Permitted,
	}
	if a.managed == nil {
		if a.opts.BrokerUser != "" {
			o.Own = []string{a.opts.BrokerUser}
		}
		return o
	}
	o.Own, o.OwnRoles = []string{broker.OwnUsername}, []string{broker.OwnRole}
	o.Offline = a.managed
	o.BeforeWrite = a.managed.KeepCopy
	return o
}

// serve answers on our ports until the program stops.
func (a *App) serve(context.Context) error {
	if err := a.leaveAddress(); err != nil {
		return err
	}
	options := gateway.ServeOptions{CertFile: a.opts.TLSCert, KeyFile: a.opts.TLSKey, Logger: component(a.logger, "gateway")}
	a.serveOn("gateway", a.listener, a.gateway.Handler(), options)
	a.servePorts()
	return nil
}

func (a *App) serveOn(name string, ln net.Listener, h http.Handler, o gateway.ServeOptions) {
	a.life.background(name, func(ctx context.Context) {
		if err := gateway.Serve(ctx, ln, h, o); err != nil && ctx.Err() == nil {
			a.failed <- fmt.Errorf("serving %s: %w", name, err)
		}
	})
}
