package monitor

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// TestFiguresAreNamedByTheirPath walks the answer of /monitor/stats and finds every figure there, and every number
// among the figures that move with the broker.
func TestFiguresAreNamedByTheirPath(t *testing.T) {
	paths := map[string]bool{}
	var walk func(reflect.Type, string)
	walk = func(of reflect.Type, at string) {
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			path := strings.TrimPrefix(at+"."+name, ".")
			kind := f.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			switch kind.Kind() {
			case reflect.Int, reflect.Int64, reflect.Float64:
				paths[path] = true
			case reflect.Struct:
				if kind != reflect.TypeFor[time.Time]() {
					walk(kind, path)
				}
			default:
			}
		}
	}
	walk(reflect.TypeFor[Stats](), "")
	for _, f := range figureTable() {
		if !paths[f.Name] {
			t.Errorf("%s is not in the answer", f.Name)
		}
		delete(paths, f.Name)
		if f.Unit == "" || f.Kind == "" || f.Help == "" {
			t.Errorf("%s is not described: %+v", f.Name, f)
		}
	}
	// Of ourselves not everything has a history.
	for path := range paths {
		if !strings.HasPrefix(path, "self.") && path != "others_left_out" {
			t.Errorf("%s has no history", path)
		}
	}
}

// TestFigureNumbersStay holds the numbers under which history is stored: a new figure goes to the end.
func TestFigureNumbersStay(t *testing.T) {
	table := figureTable()
	for number, name := range map[figure]string{
		0: "broker.uptime_seconds", 1: "clients.connected", 10: "messages.received_per_second", 23: "bytes.received",
		36: "sockets.count", 37: "self.sessions", 41: "self.bytes_per_second", 42: "load.messages_received.1min", 68: "load.connections.15min",
	} {
		if table[number].Name != name {
			t.Errorf("number %d is %s, and was %s", number, table[number].Name, name)
		}
	}
	if figureCount < 69 {
		t.Errorf("%d figures", figureCount)
	}
}

// TestFigureTopics compares with what both versions of the broker publish.
func TestFigureTopics(t *testing.T) {
	r := newReadings(new(figureTable()))
	for _, topic := range []string{
		"uptime", "clients/total", "clients/maximum", "clients/inactive", "clients/disconnected", "clients/active",
		"clients/connected", "clients/expired", "messages/received", "messages/sent", "messages/stored",
		"publish/messages/received", "publish/messages/sent", "publish/messages/dropped", "publish/bytes/received",
		"publish/bytes/sent", "bytes/received", "bytes/sent", "store/messages/count", "store/messages/bytes",
		"subscriptions/count", "shared_subscriptions/count", "retained messages/count", "heap/current", "heap/maximum",
		"load/messages/received/1min", "load/connections/15min", "load/publish/dropped/5min",
		"packet/out/count", "packet/out/bytes", "connections/socket/count",
	} {
		if f, ok := r.take([]byte(topic), []byte("12"), Traffic{}); !ok || !r.figures[f].known || r.figures[f].value != 12 {
			t.Errorf("%s is not a figure", topic)
		}
	}
	if len(r.others) != 0 {
		t.Errorf("not known: %v", r.others)
	}
}

func TestHistoryOverHTTP(t *testing.T) {
	b := newLogbook(t, monitorDB(t))
	b.steps(180, func(i int) float64 { return float64(i) })
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("test", "1"))
	Register(api, b.service)
	server := newTestServer(t, mux)

	type answer struct {
		StepSeconds float64 `json:"step_seconds"`
		Series      []struct {
			Metric string
			Points [][]*float64
		}
	}
	a := answerOf[answer](t, server, "/monitor/history?metric=clients.connected,heap.current_bytes,clients.connected&from=30m&step=1m")
	if len(a.Series) != 2 || a.StepSeconds != 60 || len(a.Series[0].Points) != 30 || len(a.Series[1].Points) != 30 {
		t.Fatalf("%+v", a)
	}
	if p := a.Series[0].Points[1]; len(p) != 4 || *p[0] != float64(start().Add(time.Minute).UnixMilli()) || *p[1] != 8.5 || *p[2] != 6 || *p[3] != 11 {
		t.Errorf("%s", shown(p))
	}
	if p := a.Series[1].Points[1]; len(p) != 4 || p[0] == nil || p[1] != nil || p[2] != nil || p[3] != nil {
		t.Errorf("a figure that was never there: %s", shown(p))
	}
	whole := answerOf[answer](t, server, "/monitor/history?metric=clients.connected&from="+start().Format(time.RFC3339)+"&to=15m&points=10")
	if n := len(whole.Series[0].Points); n > 10 || n < 5 {
		t.Errorf("%d points of at most 10", n)
	}
	if p := whole.Series[0].Points[0]; *p[2] != 0 {
		t.Errorf("%s", shown(p))
	}
	list := answerOf[metricList](t, server, "/monitor/metrics")
	if len(list.Metrics) != int(figureCount) || list.Metrics[1].Name != "clients.connected" {
		t.Errorf("%d metrics", len(list.Metrics))
	}
	many := strings.Repeat("clients.connected,", 20) + "clients.total"
	for _, query := range []string{
		"", "?metric=", "?metric=nonsense", "?metric=" + many, "?metric=clients.connected&from=yesterday", "?metric=clients.connected&from=1h&to=2h",
		"?metric=clients.connected&step=0s", "?metric=clients.connected&step=x", "?metric=clients.connected&step=-5m", "?metric=clients.connected&points=3",
		"?metric=clients.connected&from=30d&step=1s", "?metric=clients.connected&from=1e99h", "?metric=clients.connected&from=9999999999w",
		"?metric=clients.connected&from=9999-01-01T00:00:00Z", "?metric=clients.connected&from=0001-01-01T00:00:00Z",
	} {
		if status, text := askServer(t, server, http.MethodGet, "/monitor/history"+query, ""); status != http.StatusUnprocessableEntity {
			t.Errorf("%.80s: %d %s", query, status, text)
		}
	}
	schema := shown(api.OpenAPI().Components.Schemas.Map()["HistorySeries"].Properties["points"])
	if !strings.Contains(schema, `"minItems":4`) || !strings.Contains(schema, `"null"`) {
		t.Errorf("the document describes points as %s", schema)
	}
}

func TestPointsAsJSON(t *testing.T) {
	for want, p := range map[string]HistoryPoint{
		"[1795603323000,1.5,-1,1e+30]": {1795603323000, true, 1.5, -1, 1e30},
		"[5,null,null,null]":           {Time: 5},
	} {
		text, err := json.Marshal(p)
		if err != nil || string(text) != want {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
	}
}
