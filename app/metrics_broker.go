package app

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/monitor"
)

// brokerMetrics are the broker's figures for Prometheus, under the names that exporters for Mosquitto use. The numbers
// are the users': BunkerM's own sessions and messages are left out. What the broker has not told is absent, and so is
// everything but mosquitto_up while it cannot be seen. Counters begin anew with the broker, which rate() understands.
type brokerMetrics struct {
	service *monitor.Service
	up      *prometheus.Desc
	version *prometheus.Desc
	lost    *prometheus.Desc
	figures []figureMetric
}

// figureMetric is one figure under its name for Prometheus.
type figureMetric struct {
	figure string
	kind   prometheus.ValueType
	desc   *prometheus.Desc
	labels []string
}

// brokerMetricNames pairs figures with names, and what stands for a name of figures that one name is too little for.
// Rates are left out, because Prometheus works them out itself.
func brokerMetricNames() map[string]string {
	return map[string]string{
		"broker.uptime_seconds": "mosquitto_uptime_seconds",

		"clients.connected":    "mosquitto_clients_connected",
		"clients.disconnected": "mosquitto_clients_disconnected",
		"clients.total":        "mosquitto_clients",
		"clients.maximum":      "mosquitto_clients_maximum",
		"clients.expired":      "mosquitto_clients_expired_total",

		"messages.received": "mosquitto_messages_received_total",
		"messages.sent":     "mosquitto_messages_sent_total",
		"messages.stored":   "mosquitto_messages_stored",

		"publish.received":       "mosquitto_publish_messages_received_total",
		"publish.sent":           "mosquitto_publish_messages_sent_total",
		"publish.dropped":        "mosquitto_publish_messages_dropped_total",
		"publish.bytes_received": "mosquitto_publish_bytes_received_total",
		"publish.bytes_sent":     "mosquitto_publish_bytes_sent_total",

		"bytes.received": "mosquitto_bytes_received_total",
		"bytes.sent":     "mosquitto_bytes_sent_total",

		"subscriptions.count":  "mosquitto_subscriptions",
		"subscriptions.shared": "mosquitto_shared_subscriptions",
		"retained.count":       "mosquitto_retained_messages",
		"store.messages":       "mosquitto_store_messages",
		"store.bytes":          "mosquitto_store_bytes",
		"heap.current_bytes":   "mosquitto_heap_bytes",
		"heap.maximum_bytes":   "mosquitto_heap_maximum_bytes",
		"packets_out.count":    "mosquitto_packets_out",
		"packets_out.bytes":    "mosquitto_packets_out_bytes",
		"sockets.count":        "mosquitto_sockets",
	}
}

func newBrokerMetrics(service *monitor.Service) *brokerMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	m := &brokerMetrics{
		service: service,
		up:      desc("mosquitto_up", "Whether BunkerM is connected to the broker."),
		version: desc("mosquitto_version_info", "The broker's version.", "version"),
		lost:    desc("bunkerm_observed_messages_lost_total", "Observed messages that a part of BunkerM threw away because it was too slow."),
	}
	names := brokerMetricNames()
	loads := map[string]*prometheus.Desc{}
	for _, f := range service.Figures() {
		// Where an exporter for Mosquitto has a label, as for the loads, the figure's last element is its value.
		if load, ok := strings.CutPrefix(f.Name, "load."); ok {
			name, interval, _ := strings.Cut(load, ".")
			if loads[name] == nil {
				loads[name] = desc("mosquitto_load_"+name,
					"Moving average of "+strings.ReplaceAll(name, "_", " ")+" per minute, as the broker counts it, BunkerM included.", "interval")
			}
			m.figures = append(m.figures, figureMetric{f.Name, prometheus.GaugeValue, loads[name], []string{interval}})
			continue
		}
		name, ok := names[f.Name]
		if !ok {
			continue
		}
		kind := prometheus.GaugeValue
		if f.Kind == monitor.Counter {
			kind = prometheus.CounterValue
		}
		m.figures = append(m.figures, figureMetric{f.Name, kind, desc(name, f.Help), nil})
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *brokerMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.up
	out <- m.version
	out <- m.lost
	for _, f := range m.figures {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (m *brokerMetrics) Collect(out chan<- prometheus.Metric) {
	values := m.service.Values()
	up := 0.0
	if m.service.Up() {
		up = 1
	}
	out <- prometheus.MustNewConstMetric(m.up, prometheus.GaugeValue, up)
	out <- prometheus.MustNewConstMetric(m.lost, prometheus.CounterValue, values["self.lost"])
	if up == 0 {
		return // the connection may have ended between the two looks
	}
	if version := m.service.Stats().Broker.Version; version != nil {
		out <- prometheus.MustNewConstMetric(m.version, prometheus.GaugeValue, 1, *version)
	}
	for _, f := range m.figures {
		if v, known := values[f.figure]; known {
			out <- prometheus.MustNewConstMetric(f.desc, f.kind, v, f.labels...)
		}
	}
}
