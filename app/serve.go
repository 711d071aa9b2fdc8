package app

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/gateway"
)

// newGateway puts every service behind a gateway. The OpenAPI document comes from the same function, so it cannot
// miss a route.
func newGateway(o gateway.Options, s *services) (*gateway.Gateway, error) {
	g, err := gateway.New(o)
	if err != nil {
		return nil, err
	}
	s.register(g.API())
	if err := g.Seal(); err != nil {
		return nil, err
	}
	return g, nil
}

// OpenAPI is the document that describes every route, as /api/openapi.json serves it.
func OpenAPI() ([]byte, error) {
	g, err := newGateway(gateway.Options{Version: "unreleased", Keys: nobody{}}, &services{})
	if err != nil {
		return nil, err
	}
	return g.OpenAPI(), nil
}

// nobody has no keys.
type nobody struct{}

func (nobody) Authenticate(string) (auth.Principal, bool) { return auth.Principal{}, false }

// serve answers on our ports until the program stops.
func (a *App) serve(ctx context.Context) error {
	if err := a.leaveAddress(); err != nil {
		return err
	}
	options := gateway.ServeOptions{CertFile: a.opts.TLSCert, KeyFile: a.opts.TLSKey, Logger: component(a.logger, "gateway")}
	a.serveOn("gateway", a.listener, a.gateway.Handler(), options)
	a.servePorts()
	if err := a.serveSocket(ctx); err != nil {
		return err
	}
	// Streams have no end of their own: they are ended before the requests in flight are waited for.
	a.life.onStop("streams", func(context.Context) error {
		a.streams.Close()
		return nil
	})
	return nil
}

func (a *App) serveOn(name string, ln net.Listener, h http.Handler, o gateway.ServeOptions) {
	a.life.background(name, func(ctx context.Context) {
		if err := gateway.Serve(ctx, ln, h, o); err != nil && ctx.Err() == nil {
			select {
			case a.failed <- fmt.Errorf("serving %s: %w", name, err):
			default: // one is enough to end us
			}
		}
	})
}
