package app

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/monitor"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// observedBroker is the monitor on a real broker, with its metrics.
func observedBroker(t *testing.T) (*brokertest.Broker, *prometheus.Registry) {
	t.Helper()
	b := brokertest.Start(t)
	seen := observe.New(observe.Options{Endpoint: b.UnixEndpoint(), Filters: []string{"$SYS/broker/#"}})
	service, err := monitor.New(t.Context(), monitor.Options{
		Store: storetest.Open(t, monitor.Migrations()...), Consumer: seen.Consumer("stats", 0), Observation: seen.Status,
		OwnSessions: func() int { return 1 },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := seen.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := service.Run(running); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		closing, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := seen.Close(closing); err != nil {
			t.Error(err)
		}
	})
	registry := prometheus.NewRegistry()
	if err := registry.Register(newBrokerMetrics(service)); err != nil {
		t.Fatal(err)
	}
	return b, registry
}

// gathered are the metrics by name, those with labels with the values of these behind.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += "{" + label.GetValue() + "}"
			}
			found[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return found
}

func awaitMetrics(t *testing.T, registry *prometheus.Registry, what string, are func(map[string]float64) bool) map[string]float64 {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(30 * time.Second)
	for {
		found := gathered(t, registry)
		if are(found) {
			return found
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it never came to be that %s: %v", what, found)
		}
	}
}

func TestMetricsOfABroker(t *testing.T) {
	b, registry := observedBroker(t)
	device, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "device")
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		if _, err := device.Publish("room", "warm"); err != nil {
			t.Fatal(err)
		}
	}
	found := awaitMetrics(t, registry, "the users are counted", func(m map[string]float64) bool {
		return m["mosquitto_publish_messages_received_total"] == 25 && m["mosquitto_clients_connected"] == 1
	})
	for _, name := range []string{
		"mosquitto_up", "mosquitto_version_info{" + b.Version() + "}", "mosquitto_uptime_seconds", "mosquitto_messages_received_total",
		"mosquitto_bytes_received_total", "mosquitto_retained_messages", "mosquitto_load_messages_received{1min}", "mosquitto_load_sockets{15min}",
	} {
		if found[name] == 0 {
			t.Errorf("%s is not there: %v", name, found)
		}
	}
	if n, there := found["mosquitto_publish_messages_sent_total"]; !there || n != 0 {
		t.Errorf("%v messages were delivered to users", n)
	}

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}

	b.Kill()
	found = awaitMetrics(t, registry, "the broker is gone", func(m map[string]float64) bool { return m["mosquitto_up"] == 0 })
	for name := range found {
		if strings.HasPrefix(name, "mosquitto_") && name != "mosquitto_up" {
			t.Errorf("%s is shown of a broker that is gone", name)
		}
	}
	b.Start()
	awaitMetrics(t, registry, "the counters begin anew", func(m map[string]float64) bool {
		n, there := m["mosquitto_publish_messages_received_total"]
		return there && n == 0 && m["mosquitto_up"] == 1
	})
}

// TestEveryFigureHasAMetric holds that a new figure is not forgotten here.
func TestEveryFigureHasAMetric(t *testing.T) {
	service, err := monitor.New(t.Context(), monitor.Options{Store: storetest.Open(t, monitor.Migrations()...)})
	if err != nil {
		t.Fatal(err)
	}
	m := newBrokerMetrics(service)
	for _, f := range service.Figures() {
		left := f.Kind == monitor.Rate || strings.HasPrefix(f.Name, "self.") || f.Name == "messages.dropped" // publish.dropped once more
		there := slices.ContainsFunc(m.figures, func(metric figureMetric) bool { return metric.figure == f.Name })
		if there == left {
			t.Errorf("%s: metric %t", f.Name, there)
		}
	}
}
