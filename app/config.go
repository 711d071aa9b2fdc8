package app

import (
	"context"
	"path"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/broker/proof"
	"github.com/bunkerm/bunkerm/broker/trial"
	"github.com/bunkerm/bunkerm/config"
)

// openConfig makes the service that changes the broker's configuration.
func (a *App) openConfig(ctx context.Context) error {
	o := config.Options{
		Store: a.db, Logger: component(a.logger, "config"), Session: sessions{a.session, a.observed.stream}, Sessions: a.foreignSessions, Control: a.session,
		Actor: auth.Actor, Allowed: auth.Permitted, Record: a.record, Streams: &a.streams,
		Dangerous: a.opts.AllowDangerous == "true", Paths: folders(a.opts.BrokerPaths),
	}
	o.Refusals = a.lastRefusals
	if a.managed != nil {
		a.managedConfig(&o)
	} else if err := a.attachedConfig(ctx, &o); err != nil {
		return err
	}
	a.config = config.New(o)
	a.db.Keep(a.config.Kinds()...)
	return nil
}

// sessions are our two connections to the broker: the one that orders is asked, and both come back at once.
type sessions struct {
	*broker.Session
	stream *observe.Stream
}

// Hurry makes both try at once.
func (s sessions) Hurry() {
	s.Session.Hurry()
	s.stream.Hurry()
}

// managedConfig lets the service reach the broker that is ours.
func (a *App) managedConfig(o *config.Options) {
	o.Site, o.AsBroker, o.BrokerDir = a.managed, a.managed.AsBroker, a.managed.BrokerDir()
	o.Dynsec, o.Offline, o.BeforeWrite, o.AfterWrite = a.managed.ReadDynsec, a.managed, a.managed.KeepCopy, a.dynsec.Changed
	o.Own, o.OwnRoles = []string{broker.OwnUsername}, []string{broker.OwnRole}
	o.Listeners = func(ctx context.Context, c *conf.Config) []conf.Problem {
		// Our own socket is proven by our own session.
		return proof.Listeners(ctx, c, proof.Options{Dir: a.managed.BrokerDir(), Skip: ours})
	}
	o.Try = func(ctx context.Context, c *conf.Config) (config.Trial, error) {
		executable, plugin := a.managed.Program()
		uid, gid := a.managed.BrokerUser()
		version, _ := conf.ParseVersion(a.managed.Version())
		r, err := trial.Run(ctx, trial.Options{
			Mosquitto: executable, Version: version, Plugin: plugin, UID: uid, GID: gid,
			Dir: a.managed.BrokerDir(), Scratch: a.managed.TrialDir(),
		}, c)
		return config.Trial{Problems: r.Problems, Tried: r.Tried, Skipped: r.Skipped}, err
	}
}

// ours tells the listener that BunkerM has made for itself.
func ours(l conf.Listener) bool { return path.Dir(l.File) == broker.OwnConfDir }

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
