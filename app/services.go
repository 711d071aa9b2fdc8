package app

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/audit"
	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/logtail"
	"github.com/bunkerm/bunkerm/certs"
	"github.com/bunkerm/bunkerm/clientlogs"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/dynsec"
	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/monitor"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/system"
	"github.com/bunkerm/bunkerm/ui"
)

// services are all that answer at the gateway. For the OpenAPI document alone they may be nil.
type services struct {
	people     *auth.People
	audit      *audit.Log
	acts       ownActs
	dynsec     *dynsec.Service
	monitor    *monitor.Service
	topics     *monitor.Topics
	brokerLog  *monitor.Log
	clientlogs *clientlogs.Service
	levels     *clientlogs.Levels
	config     *config.Service
	certs      *certs.Service
	anomaly    *anomaly.Service
	backup     *backup.Service
	system     *system.Service
}

func (s *services) register(api huma.API) {
	auth.Register(api, s.people)
	audit.Register(api, s.audit)
	dynsec.Register(api, s.dynsec)
	monitor.Register(api, s.monitor)
	monitor.RegisterTopics(api, s.topics)
	monitor.RegisterLog(api, s.brokerLog)
	clientlogs.Register(api, s.clientlogs)
	clientlogs.RegisterSettings(api, s.levels)
	config.Register(api, s.config)
	certs.Register(api, s.certs)
	anomaly.Register(api, s.anomaly)
	backup.Register(api, s.backup)
	system.Register(api, s.system)
}

// openStore opens the database. Its name for the broker tells one broker's rows from those of another one that the same
// data directory was used with.
func (a *App) openStore(ctx context.Context) error {
	db, err := store.Open(ctx, a.storeOptions())
	if err != nil {
		return err
	}
	a.db = db
	a.life.onStop("database", db.Close)
	return a.openAudit(ctx)
}

func (a *App) storeOptions() store.Options {
	return store.Options{
		Path: databaseFile(a.opts.DataDir), Broker: a.opts.Broker,
		Migrations: slices.Concat(clientlogs.Migrations(), monitor.Migrations(), auth.Migrations(), audit.Migrations(), config.Migrations(),
			notify.Migrations(), anomaly.Migrations()),
		Logger: component(a.logger, "store"), Notice: a.noticeOf("database.notice", "database"), BeforeMigrate: a.beforeMigrate,
	}
}

// openServices makes the services and puts them behind the gateway.
func (a *App) openServices(ctx context.Context) error {
	a.openBrokerLog() // before clientlogs takes the log
	for _, open := range []func(context.Context) error{a.openClientlogs, a.openMonitor} {
		if err := open(ctx); err != nil {
			return err
		}
	}
	a.dynsec = dynsec.New(a.dynsecOptions())
	a.db.Keep(slices.Concat(a.clientlogs.Kinds(), a.monitor.Kinds())...)
	if err := a.openConfig(ctx); err != nil {
		return err
	}
	if err := a.openCerts(); err != nil {
		return err
	}
	if err := a.openAnomaly(ctx); err != nil {
		return err
	}
	if err := a.openBackup(); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.collector(), newBrokerMetrics(a.monitor), a.certificateMetrics(), a.backupMetrics())
	if err := a.openSystem(registry); err != nil {
		return err
	}
	networks, err := gateway.ParseNetworks(a.opts.TrustedProxies)
	if err != nil {
		return err
	}
	g, err := newGateway(gateway.Options{
		Logger: component(a.logger, "gateway"), Keys: a.people, Sessions: a.people, Version: a.opts.Version, Ready: a.parts,
		MQTTAddr: a.MQTTAddr, Metrics: registry, Page: ui.Files(), Streams: &a.streams,
		PublicURL: a.opts.PublicURL, BasePath: a.opts.BasePath, TrustedProxies: networks, FrameAncestors: a.opts.FrameAncestors,
		Refused: a.refused,
	}, &a.services)
	if err != nil {
		return err
	}
	a.gateway = g
	return a.runServices(ctx)
}

func (a *App) openClientlogs(ctx context.Context) error {
	meter := &rateMeter{
		seen: a.messagesOfOthers, other: a.publishRate, clock: time.Now,
	}
	levels, err := clientlogs.NewLevels(ctx, clientlogs.LevelOptions{
		Switch: a.debugSwitch(), Available: a.available(), Rate: meter.PerSecond, Store: a.db,
		Delivered: a.deliveryRate, Clients: a.connectedClients, Version: a.brokerVersion,
		Record: func(e clientlogs.Event) { a.clientlogs.Record(e) }, Actor: auth.Actor, Logger: component(a.logger, "clientlogs"),
		RecordChange: a.record,
	})
	if err != nil {
		return err
	}
	a.levels = levels
	a.clientlogs, err = clientlogs.New(clientlogs.Options{
		Store: a.db, Source: a.observed.log, SourceName: a.observed.logName, AtEnd: a.logAtEnd(), Logger: component(a.logger, "clientlogs"),
		Own: a.own, OnControl: a.foreign, Wants: levels.Wants, Streams: &a.streams, EventsAge: levels.EventsAge, PublishesAge: levels.PublishesAge,
	})
	return err
}

// logAtEnd tells whether everything has been read that is in the log's files; nil where the log comes over MQTT.
func (a *App) logAtEnd() func() bool {
	files := a.observed.files
	if files == nil {
		return nil
	}
	return func() bool {
		now := files.Status()
		return now.State == logtail.Following || now.State == logtail.Waiting && now.Detail != "" // there is no file
	}
}

// debugSwitch is nil where the broker's debug log cannot be switched. A nil *broker.Managed in the interface would not
// be.
func (a *App) debugSwitch() clientlogs.DebugSwitch {
	if a.managed == nil {
		return nil
	}
	return a.managed
}

// available says what can be had of this broker's log.
func (a *App) available() clientlogs.Available {
	all := clientlogs.Available{PublishEvents: true, Denied: true, Subscriptions: true, Source: a.observed.logName}
	switch a.observed.logName {
	case "file":
		all.WhyNot = "publish events and denials are in the file only with log_type debug, or all, in the broker's configuration"
	case "topic":
		all.PublishEvents, all.Denied = false, false
		all.WhyNot = "the broker publishes no debug lines in $SYS/broker/log, so who published what cannot be told"
	}
	return all
}

// publishRate is how many messages clients publish a second by the broker's own count, 0 where it does not tell.
func (a *App) publishRate() float64 { return a.figure("publish.received_per_second") }

// deliveryRate is how many messages the broker delivers a second, 0 where it does not tell.
func (a *App) deliveryRate() float64 { return a.figure("publish.sent_per_second") }

func (a *App) figure(name string) float64 {
	if v, known := a.monitor.Value(name); known {
		return v
	}
	return 0
}

// connectedClients is how many clients are connected; false while the broker has not told.
func (a *App) connectedClients() (int, bool) {
	n, known := a.monitor.Value("clients.connected")
	return int(n), known
}

// brokerVersion is that of the managed broker, as in 2.0.11; empty where it is unknown.
func (a *App) brokerVersion() string {
	if a.managed == nil {
		return ""
	}
	return a.managed.Version()
}

func (a *App) openMonitor(ctx context.Context) error {
	var err error
	a.topics, err = monitor.NewTopics(monitor.TopicsOptions{
		Logger: component(a.logger, "monitor"), Own: a.opts.StatusTopic,
		Observed: a.grantedFilters, Allowed: auth.Permitted, Publish: a.publish, Record: a.record, Streams: &a.streams,
	})
	if err != nil {
		return err
	}
	a.monitor, err = monitor.New(ctx, monitor.Options{
		Logger: component(a.logger, "monitor"), Store: a.db, Consumer: a.observed.stats, Observation: a.observed.stream.Status,
		AskAgain: func() { a.observed.stream.AskAgain(ownFigures) },
		Process:  a.process, OwnSessions: a.ownSessions, OwnSubscriptions: a.ownSubscriptions, OwnTraffic: a.ownTraffic,
		Sessions: a.monitorSessions, SessionChanges: a.sessionChanges, Check: a.brokerConnections, TopicChanges: a.topics.Changes,
		Streams: &a.streams, Defaults: monitor.ObservationSettings{Observed: a.opts.observeDefaults()},
		Apply: a.applyObservation, Record: a.record,
	})
	return err
}

func (a *App) dynsecOptions() dynsec.Options {
	counts := &userSessions{sessions: a.clientlogs.Sessions, clock: time.Now}
	o := dynsec.Options{
		Control: a.session, Logger: component(a.logger, "dynsec"), Actor: auth.Actor, Allowed: auth.Permitted, Sessions: counts.of,
		Record: a.record,
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
	o.Keep = func(ctx context.Context, comment string) (func(context.Context), error) {
		return a.config.KeepImport(ctx, comment)
	}
	return o
}

// runServices starts what collects, and then what it collects from.
func (a *App) runServices(ctx context.Context) error {
	a.runs("database", a.db.Run)
	a.runs("people", a.people.Run)
	a.runs("clientlogs", a.clientlogs.Run)
	a.runs("levels", a.levels.Run)
	a.runs("monitor", a.monitor.Run)
	a.runs("topics", func(ctx context.Context) error { return a.topics.Run(ctx, a.observed.topics) })
	a.runs("notify", a.notify.Run)
	a.runs("anomaly", a.anomaly.Run)
	a.runs("anomaly messages", a.feedMessages)
	a.runs("anomaly clients", a.feedClients)
	if err := a.observed.stream.Start(ctx); err != nil {
		return err
	}
	a.life.onStop("observation", a.observed.stream.Close)
	if err := a.openSession(ctx); err != nil {
		return err
	}
	a.runs("config", a.config.Run)
	a.ensureListeners(ctx)
	a.runs("certs", a.certs.Run)
	a.runs("heartbeat", a.heartbeat)
	a.runs("backup", a.backup.Run)
	return nil
}

// runs lets a part run until the program stops. One that ends by itself is told in the log; the others go on.
func (a *App) runs(name string, run func(context.Context) error) {
	a.life.background(name, func(ctx context.Context) {
		if err := run(ctx); err != nil {
			a.logger.Error("a part has ended", "component", "app", "part", name, "error", err)
		}
	})
}

// databaseFile is where events, history and settings are kept.
func databaseFile(dataDir string) string { return filepath.Join(dataDir, "bunkerm.db") }

// logDir is where the keeper writes the broker's log.
func logDir(dataDir string) string { return filepath.Join(dataDir, "log") }
