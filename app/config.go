package app

import (
	"context"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/config"
)

// openConfig makes the service that changes the broker's configuration.
func (a *App) openConfig() {
	o := config.Options{
		Store: a.db, Logger: component(a.logger, "config"), Session: a.session, Sessions: a.foreignSessions, Control: a.session,
		Listeners: func(context.Context, *conf.Config) ([]conf.Problem, error) { return nil, nil },
		Actor:     auth.Actor, Allowed: auth.Permitted, Record: a.record, Streams: &a.streams,
	}
	if a.managed == nil {
		a.attachedConfig(&o)
	} else {
		a.managedConfig(&o)
	}
	a.config = config.New(o)
	a.db.Keep(a.config.Kinds()...)
}

// managedConfig lets the service reach the broker that is ours.
func (a *App) managedConfig(o *config.Options) {
	o.Site, o.AsBroker, o.BrokerDir = a.managed, a.managed.AsBroker, a.managed.BrokerDir()
	o.Dynsec, o.Offline, o.BeforeWrite = a.managed.ReadDynsec, a.managed, a.managed.KeepCopy
	o.Own, o.OwnRoles = []string{broker.OwnUsername}, []string{broker.OwnRole}
}

// attachedConfig lets the service reach a broker that somebody else runs, as far as the settings say how.
func (a *App) attachedConfig(o *config.Options) {
	if a.opts.BrokerUser != "" {
		o.Own = []string{a.opts.BrokerUser}
	}
	o.WhyNot = "BunkerM is attached to this broker and does not run it. Where both are on one host, start BunkerM with --broker-conf, " +
		"and with --broker-pid-file or --broker-restart-command; else edit the file there and restart the broker by hand"
}

// foreignSessions counts the connected clients that are not ours.
func (a *App) foreignSessions() (n int, known bool) {
	open, known := a.clientlogs.Sessions()
	for i := range open {
		if !open[i].Own {
			n++
		}
	}
	return n, known
}
