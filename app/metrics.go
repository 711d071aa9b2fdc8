package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// collector reads the rooms' own counters when Prometheus asks, so that nothing is counted twice and no room
// knows of metrics.
type collector struct {
	app       *App
	connected *prometheus.Desc
	up        *prometheus.Desc
	restarts  *prometheus.Desc
	dropped   *prometheus.Desc
	clients   *prometheus.Desc
}

func (a *App) collector() prometheus.Collector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &collector{
		app:       a,
		connected: desc("bunkerm_broker_session_connected", "Whether BunkerM's session with the dynamic security plugin works."),
		up:        desc("bunkerm_broker_running", "Whether the managed broker's process runs."),
		restarts:  desc("bunkerm_broker_restarts_total", "How often the keeper started the managed broker again by itself, since the keeper began."),
		dropped:   desc("bunkerm_broker_log_lines_dropped_total", "Log lines of the managed broker that its log files could not take, since the keeper began."),
		clients:   desc("bunkerm_dynsec_clients", "Clients in the dynamic security state, BunkerM's own left out; absent while unknown."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connected, c.up, c.restarts, c.dropped, c.clients} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	yes := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	gauge(c.connected, yes(c.app.session.Status().State == broker.StateConnected))
	if state := c.app.dynsec.Status(); state.Ready {
		gauge(c.clients, float64(state.Clients))
	}
	if c.app.managed == nil {
		return
	}
	kept := c.app.managed.Status()
	gauge(c.up, yes(kept.State == keeper.Running))
	out <- prometheus.MustNewConstMetric(c.restarts, prometheus.CounterValue, float64(kept.Restarts))
	out <- prometheus.MustNewConstMetric(c.dropped, prometheus.CounterValue, float64(kept.LogDropped))
}
