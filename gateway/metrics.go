package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// metrics are the gateway's own, and the page that shows all.
type metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	wrongKeys prometheus.Counter
	page      http.Handler
}

// newMetrics registers the gateway's metrics, those of the process and of the Go runtime in registry. No label is
// anything that a caller can invent.
func newMetrics(registry *prometheus.Registry, version string) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bunkerm_http_requests_total",
			Help: "Answered HTTP requests by service, method and status class."}, []string{"service", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "bunkerm_http_request_duration_seconds",
			Help:    "Time from the head of a request to the end of its answer, by service.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 30}}, []string{"service"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bunkerm_http_requests_in_flight",
			Help: "HTTP requests being served now."}),
		wrongKeys: prometheus.NewCounter(prometheus.CounterOpts{Name: "bunkerm_wrong_api_keys_total",
			Help: "Requests with an API key that is not right."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "bunkerm_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	build.Set(1)
	for _, c := range []prometheus.Collector{m.requests, m.durations, m.inFlight, m.wrongKeys, build} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering the gateway's metrics: %w", err)
		}
	}
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		var twice prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &twice) {
			return nil, fmt.Errorf("registering the metrics of the process: %w", err)
		}
	}
	m.page = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m, nil
}

// served counts an answer.
func (m *metrics) served(service, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(service, method, strconv.Itoa(status/100)+"xx").Inc()
	m.durations.WithLabelValues(service).Observe(took.Seconds())
}

// serve answers /metrics.
func (m *metrics) serve(g *Gateway, w http.ResponseWriter, r *http.Request) {
	if !auth.Permitted(r.Context(), string(auth.MetricsRead)) {
		g.o.Refused(r.Context(), string(auth.MetricsRead), r.Method, "/metrics")
		g.refuse(w, r, fault.Newf(fault.Forbidden, "this needs the permission %s", auth.MetricsRead).
			Hint("use a key of the role metrics"))
		return
	}
	g.serveOpen(w, r, m.page)
}
