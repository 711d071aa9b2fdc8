package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/host"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/broker/proof"
	"github.com/bunkerm/bunkerm/broker/trial"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/fault"
)

// attachedConfig lets the service reach a broker that somebody else runs, as far as the settings say how.
func (a *App) attachedConfig(ctx context.Context, o *config.Options) error {
	if a.opts.BrokerUser != "" {
		o.Own = []string{a.opts.BrokerUser}
	}
	o.WhyNot = "BunkerM is attached to this broker and does not run it. Where both are on one host, start BunkerM with --broker-conf, " +
		"and with --broker-pid-file or --broker-restart-command; else edit the file there and restart the broker by hand"
	if a.opts.BrokerConf == "" {
		return nil
	}
	site, err := host.Open(ctx, host.Options{
		Conf: a.opts.BrokerConf, PidFile: a.opts.BrokerPidFile,
		ReloadCommand: a.opts.BrokerReloadCommand, RestartCommand: a.opts.BrokerRestartCommand,
		Journal: filepath.Join(a.opts.DataDir, "run", "attached-edit.json"), Endpoint: a.brokerAt,
		Version: func() string { return a.session.Status().Version },
		Logger:  component(a.logger, "broker"), Notice: a.noticeOf("broker.notice", "broker"),
	})
	if err != nil {
		return err
	}
	a.host = site
	o.OwnPort = a.brokerAt.Port
	o.Site, o.BrokerDir = site, site.Dir()
	// Where the broker stands may be the root of all files, and beside its configuration may lie that of others.
	o.PathsAlone = true
	o.AsBroker = func(f func()) error { return asUserOf(site, f) }
	o.OtherUser = func() bool { return hasRightsOfOthers(site) }
	o.Listeners = func(ctx context.Context, c *conf.Config) []conf.Problem {
		return proof.Listeners(ctx, c, proof.Options{Dir: site.Dir()})
	}
	if _, _, err := broker.FindMosquitto(ctx, a.opts.Mosquitto); err == nil {
		o.Try = func(ctx context.Context, c *conf.Config) (config.Trial, error) { return a.tryAttached(ctx, site, c) }
	}
	return nil
}

// asUserOf runs f with the rights of the broker's user where we can take them.
func asUserOf(site *host.Site, f func()) error {
	spec := keeper.Spec{UID: -1, GID: -1}
	if uid, gid, known := site.User(); known && os.Geteuid() == 0 && uid != 0 {
		spec.UID, spec.GID = uid, gid
	}
	return spec.AsBroker(f)
}

// hasRightsOfOthers tells whether the broker may have rights that we can neither have nor take.
func hasRightsOfOthers(site *host.Site) bool {
	uid, _, known := site.User()
	return os.Geteuid() != 0 && (!known || uid != os.Geteuid())
}

// tryAttached has the program of this host try a configuration out, where it would say what the broker says.
func (a *App) tryAttached(ctx context.Context, site *host.Site, c *conf.Config) (config.Trial, error) {
	executable, found, err := broker.FindMosquitto(ctx, a.opts.Mosquitto)
	if err != nil {
		return config.Trial{}, err
	}
	if runs := site.Version(); found != runs {
		return config.Trial{}, fault.Newf(fault.Unavailable, "the change was not tried out before: the mosquitto of this host is %s, and the broker %s", found, runs).
			Hint("name the broker's program with --mosquitto")
	}
	o := trial.Options{Mosquitto: executable, Plugin: dynsecPlugin(c), UID: -1, GID: -1, Dir: site.Dir()}
	o.Version, _ = conf.ParseVersion(found)
	uid, gid, known := site.User()
	switch {
	case hasRightsOfOthers(site), !known && os.Geteuid() == 0:
		return config.Trial{}, fault.New(fault.Unavailable, "the change was not tried out before, because that cannot be done with the rights of the broker's user").
			Hint("run BunkerM as the broker's user, or as root with --broker-pid-file")
	case os.Geteuid() == 0 && uid != 0:
		o.UID, o.GID = uid, gid
		o.Scratch = os.TempDir() // nobody else can pass through the data directory
	default:
		o.Scratch, err = filepath.Abs(a.opts.DataDir)
		if err != nil {
			return config.Trial{}, err
		}
	}
	r, err := trial.Run(ctx, o, c)
	return config.Trial{Problems: r.Problems, Tried: r.Tried, Skipped: r.Skipped}, err
}

// dynsecPlugin is the dynamic security plugin as a configuration names it.
func dynsecPlugin(c *conf.Config) string {
	for _, set := range c.Settings() {
		if strings.HasSuffix(set.Value, "mosquitto_dynamic_security.so") {
			return set.Value
		}
	}
	return ""
}

// folders takes a list of folders apart.
func folders(list string) []string {
	var all []string
	for folder := range strings.SplitSeq(list, ",") {
		if folder = strings.TrimSpace(folder); folder != "" {
			all = append(all, filepath.Clean(folder))
		}
	}
	return all
}
