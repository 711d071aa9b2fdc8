package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/system"
)

// bundledLines of the broker's log go into a diagnostic bundle.
const bundledLines = 2000

// openSystem makes the room that tells how all others are.
func (a *App) openSystem(registry *prometheus.Registry) error {
	var err error
	a.system, err = system.New(system.Options{
		Version: a.opts.Version, Facts: a.facts, Secrets: a.secrets, Contents: a.bundled(registry), Record: a.record,
		Logger: component(a.logger, "system"),
	})
	return err
}

// facts are what the parts know about themselves.
func (a *App) facts(ctx context.Context) system.Facts {
	stored := a.db.Status()
	facts := system.Facts{
		Mode: "attached", Broker: a.brokerFacts(), Queues: a.queues(stored), Database: databaseFacts(stored), Backup: a.backupFacts(), Features: a.features(),
		Parts: []system.PartFacts{},
	}
	if a.managed != nil {
		facts.Mode = "managed"
	}
	for _, p := range a.parts(ctx) {
		facts.Parts = append(facts.Parts, system.PartFacts{Name: p.Name, State: p.State, Detail: p.Detail, Hint: p.Hint, Ready: p.Ready})
	}
	if stored.DiskBytes > 0 {
		facts.DiskFreeBytes = &stored.FreeBytes
	}
	return facts
}

func (a *App) brokerFacts() system.BrokerFacts {
	session := a.session.Status()
	facts := system.BrokerFacts{Version: session.Version, State: string(session.State), Log: a.observed.logName}
	if a.managed != nil {
		facts.Address, facts.Other = a.managed.MQTTAddr(), a.managed.OnPort(broker.UsualPort)
		if facts.Version == "" {
			facts.Version = a.managed.Version()
		}
		return facts
	}
	if u, err := url.Parse(a.opts.Broker); err == nil {
		facts.TLS = u.Scheme == "mqtts"
		port := "1883"
		if facts.TLS {
			port = "8883"
		}
		facts.Address = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
	}
	return facts
}

// queues are what waits for somebody.
func (a *App) queues(stored store.Status) []system.QueueFacts {
	queues := []system.QueueFacts{}
	for _, c := range a.observed.stream.Status().Consumers {
		limit := int64(c.QueueBytes)
		queues = append(queues, system.QueueFacts{
			Name: "observed messages for " + c.Name, Unit: "bytes", Queued: int64(c.QueuedBytes), Limit: &limit, Dropped: c.Lost,
		})
	}
	events := a.clientlogs.Status()
	queues = append(queues, system.QueueFacts{Name: "events for the database", Unit: "rows", Queued: events.Queued, Dropped: events.Dropped})
	recorded := a.audit.Status()
	queues = append(queues, system.QueueFacts{Name: "audit for the database", Unit: "rows", Queued: int64(recorded.Queued), Dropped: recorded.Dropped})
	for _, b := range stored.Batchers {
		queues = append(queues, system.QueueFacts{Name: b.Name + " for the database", Unit: "rows", Queued: b.Queued, Dropped: b.Dropped})
	}
	return queues
}

func databaseFacts(s store.Status) system.DatabaseFacts {
	facts := system.DatabaseFacts{
		State: string(s.State), Detail: s.Detail, Hint: s.Hint, Bytes: s.FileBytes, UsedBytes: s.UsedBytes,
		LimitBytes: s.LimitBytes, FloorBytes: s.FloorBytes, Kinds: []system.KindFacts{},
	}
	for _, k := range s.Kinds {
		kind := system.KindFacts{
			Name: k.Name, Rows: k.Rows, Bytes: k.Bytes, LimitBytes: k.LimitBytes, AgeSeconds: int64(k.Age.Seconds()), Trimmed: k.Trimmed,
		}
		if !k.Oldest.IsZero() {
			oldest := k.Oldest.UTC()
			kind.Oldest = &oldest
		}
		facts.Kinds = append(facts.Kinds, kind)
	}
	return facts
}

// features are what can be had of this broker, and why the rest cannot.
func (a *App) features() []system.FeatureFacts {
	logs, session := a.available(), a.session.Status()
	observed := a.observed.stream.Status()
	const attached = "the broker is not ours: BunkerM is attached to it"
	const needsConf = "BunkerM does not know where the broker's files are: give it --broker-conf where they are on this host"
	files, reload, restart := a.managed != nil || a.host != nil, needsConf, needsConf
	if a.host != nil {
		reload, restart = missing(a.host.CanReload()), missing(a.host.CanRestart())
	}
	// feature tells why something cannot be had; of what can be had there is nothing to explain.
	feature := func(name string, available bool, whyNot string) system.FeatureFacts {
		if available {
			whyNot = ""
		}
		return system.FeatureFacts{Feature: name, Available: available, WhyNot: whyNot}
	}
	return []system.FeatureFacts{
		feature("change clients, roles and groups", session.State == broker.StateConnected, session.Detail),
		feature("see figures, topics and values", observed.State == broker.StateConnected, observed.Detail),
		feature("who connected, from where, and why it left", a.observed.log != nil, "there is no log of this broker to be had"),
		feature("who subscribed to what", logs.Subscriptions, logs.WhyNot),
		// These two may need a setting of the broker although they can be had, which is told then too.
		{Feature: "who was denied what", Available: logs.Denied, WhyNot: logs.WhyNot},
		{Feature: "who published what", Available: logs.PublishEvents, WhyNot: logs.WhyNot},
		feature("switch the broker's debug log while it runs", a.managed != nil, attached),
		feature("the broker's log from before BunkerM started", a.observed.files != nil,
			"its log comes over MQTT: give BunkerM the log file with --broker-log"),
		feature("start and stop the broker", a.managed != nil, attached),
		feature("see and change the broker's configuration", files, needsConf),
		feature("reload the broker's configuration", a.managed != nil || reload == "", reload),
		feature("restart the broker", a.managed != nil || restart == "", restart),
		feature("change the dynamic security file as a whole", a.managed != nil, "that needs a broker that BunkerM runs itself (--broker managed): the plugin of this one would write over the file"),
		feature("import many clients at once by a restart", a.managed != nil, attached),
	}
}

// missing is what an operator has to do; empty for no fault.
func missing(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	return f.Message + ": " + f.HintText
}

// secrets are the values that a diagnostic bundle must not hold, wherever they turn up.
func (a *App) secrets() []string {
	secrets := []string{a.setupToken}
	for _, s := range settings() {
		if s.secret {
			secrets = append(secrets, *s.target(&a.opts))
		}
	}
	if key, err := a.keys.Key(); err == nil {
		secrets = append(secrets, key)
	}
	if a.brokerAt.Password != nil {
		if password, err := a.brokerAt.Password(); err == nil {
			secrets = append(secrets, password)
		}
	}
	return secrets
}

// bundled are the files of a diagnostic bundle.
func (a *App) bundled(registry *prometheus.Registry) []system.Content {
	contents := []system.Content{
		{Name: "settings.txt", Write: a.writeSettings},
		{Name: "settings-in-use.json", Write: a.writeStoredSettings},
		{Name: "metrics.txt", Write: func(ctx context.Context, to io.Writer) error { return writeMetrics(ctx, registry, to) }},
		{Name: "broker.log", Write: func(ctx context.Context, to io.Writer) error { return a.brokerLog.WriteTail(ctx, to, bundledLines) }},
	}
	if a.managed == nil {
		return contents
	}
	return append(contents, system.Content{Name: "mosquitto.conf", Write: func(_ context.Context, to io.Writer) error {
		text, err := os.ReadFile(filepath.Join(a.opts.DataDir, "broker", "mosquitto.conf"))
		if err != nil {
			return fmt.Errorf("reading the broker's configuration: %w", err)
		}
		_, err = io.WriteString(to, system.Configuration(string(text)))
		return err
	}})
}

// writeSettings lists what BunkerM was started with. Of secrets it says only whether they are set.
func (a *App) writeSettings(_ context.Context, to io.Writer) error {
	for _, s := range settings() {
		value := *s.target(&a.opts)
		if s.secret && value != "" {
			value = "(set)"
		}
		if _, err := fmt.Fprintf(to, "%s=%s\n", s.Env, value); err != nil {
			return err
		}
	}
	return nil
}

// writeStoredSettings tells what was set while BunkerM ran.
func (a *App) writeStoredSettings(_ context.Context, to io.Writer) error {
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"monitor": a.monitor.Settings(), "clientlogs": a.levels.Settings()})
}

// writeMetrics writes what Prometheus would get.
func writeMetrics(ctx context.Context, registry *prometheus.Registry, to io.Writer) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
	if err != nil {
		return fmt.Errorf("asking for the metrics: %w", err)
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(&metricsText{Writer: to, header: http.Header{}}, r)
	return nil
}

// metricsText takes an answer's body and nothing else of it.
type metricsText struct {
	io.Writer
	header http.Header
}

func (t *metricsText) Header() http.Header { return t.header }
func (t *metricsText) WriteHeader(int)     {}
