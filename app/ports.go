package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

// servicePort is where one service answers alone.
type servicePort struct {
	service string // the first segment of its paths
	address string // as the settings say; empty turns it off
}

func (o Options) servicePorts() []servicePort {
	return []servicePort{
		{"dynsec", o.DynsecListen}, {"monitor", o.MonitorListen}, {"clientlogs", o.ClientlogsListen},
		{"config", o.ConfigListen}, {"ai", o.AnomalyListen},
	}
}

// listen takes our own ports before anything else is touched, so that a port that is taken, or a certificate that does not
// work, costs nothing.
func (a *App) listen(ctx context.Context) error {
	if a.opts.TLSCert != "" {
		if err := gateway.CheckCertificate(a.opts.TLSCert, a.opts.TLSKey); err != nil {
			return err
		}
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", a.opts.Listen)
	if err != nil {
		return a.listenFault("--listen", a.opts.Listen, err)
	}
	a.listener = ln
	a.life.onStop("listener", closeListener(ln))

	a.ports = map[string]net.Listener{}
	var missing, reasons []string
	level := slog.LevelInfo // an ordinary user may not have ports below 1024
	for _, port := range a.opts.servicePorts() {
		if port.address == "" {
			continue
		}
		ln, err := config.Listen(ctx, "tcp", port.address)
		if err != nil {
			missing = append(missing, port.service+" "+port.address)
			reason := "they need root or CAP_NET_BIND_SERVICE"
			if !errors.Is(err, fs.ErrPermission) {
				level, reason = slog.LevelWarn, err.Error()
			}
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
			continue
		}
		a.ports[port.service] = ln
		a.life.onStop(port.service+" listener", closeListener(ln))
	}
	if len(missing) > 0 {
		a.logger.Log(ctx, level, "the loopback ports of single services are not all there; the same paths answer on the main port",
			"component", "app", "missing", strings.Join(missing, ", "), "reason", strings.Join(reasons, "; "))
	}
	return nil
}

// closeListener is for a start that fails before the server owns the listener; the server closes it too.
func closeListener(ln net.Listener) func(context.Context) error {
	return func(context.Context) error {
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

func (a *App) listenFault(flag, address string, err error) error {
	f := fault.Newf(fault.Unavailable, "%s %s cannot be used", flag, address).Because(err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return f.Hint("another program has this port; stop it, or choose another one with " + flag + " :2001")
	case errors.Is(err, fs.ErrPermission):
		return f.Hint("ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher one with " + flag)
	}
	return f
}

// servePorts answers on the ports of single services. They are on loopback by default, and plain: the certificate
// names the host as others see it.
func (a *App) servePorts() {
	for service, ln := range a.ports {
		a.serveOn(service+"-api", ln, a.gateway.ServiceHandler(service),
			gateway.ServeOptions{Logger: component(a.logger, "gateway")})
	}
}
