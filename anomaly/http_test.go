package anomaly

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// serve puts the routes on a server, and returns a function that asks it. Parameters that no route declares are refused, as the
// gateway does.
func (h *house) serve() func(path string) (status int, body string) {
	h.t.Helper()
	mux := http.NewServeMux()
	config := huma.DefaultConfig("test", "1")
	config.RejectUnknownQueryParameters, config.CreateHooks = true, nil
	Register(humago.New(mux, config), h.s)
	server := httptest.NewServer(mux)
	h.t.Cleanup(server.Close)
	return func(path string) (int, string) {
		h.t.Helper()
		resp, err := server.Client().Get(server.URL + path)
		if err != nil {
			h.t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
}

// TestWhatIsNewIsCreated, and says where it is.
func TestWhatIsNewIsCreated(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	mux := http.NewServeMux()
	config := huma.DefaultConfig("test", "1")
	config.CreateHooks = nil
	Register(humago.New(mux, config), h.s)
	for path, body := range map[string]string{
		"/ai/rules":       `{"name":"hot","kind":"range","topic":"plant/+","high":80,"seconds":0}`,
		"/ai/maintenance": `{"scope":"all","until":"2027-01-01T00:00:00Z"}`,
	} {
		made := httptest.NewRecorder()
		mux.ServeHTTP(made, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
		where := made.Header().Get("Location")
		if made.Code != http.StatusCreated || where != path+"/1" {
			t.Errorf("POST %s: %d, %q, %s", path, made.Code, where, made.Body)
		}
		gone := httptest.NewRecorder()
		mux.ServeHTTP(gone, httptest.NewRequest(http.MethodDelete, where, nil))
		if gone.Code != http.StatusNoContent {
			t.Errorf("DELETE %s: %d, %s", where, gone.Code, gone.Body)
		}
	}
}

// TestASpanOverHTTP asks for what began in a range of times, and for the course of a series within it.
func TestASpanOverHTTP(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	frozen(t, h, "x")
	ask := h.serve()
	since := url.QueryEscape(begin().Format(time.RFC3339))
	until := url.QueryEscape(begin().Add(time.Minute).Format(time.RFC3339))
	for query, want := range map[string]int{
		"": 1, "?from=" + since: 1, "?from=20m": 1, "?from=" + since + "&to=" + until: 0, "?to=" + until: 0, "?to=0s": 1,
	} {
		status, body := ask("/ai/alerts" + query)
		var page AlertPage
		if err := json.Unmarshal([]byte(body), &page); status != http.StatusOK || err != nil || len(page.Alerts) != want || page.Total != want {
			t.Errorf("alerts%s: %d, %v, %s", query, status, err, body)
		}
	}
	courses := func(query string) int {
		status, body := ask("/ai/metrics?entity=x&points=1000" + query)
		var page struct {
			Metrics []struct{ Series [][]*float64 }
		}
		if err := json.Unmarshal([]byte(body), &page); status != http.StatusOK || err != nil || len(page.Metrics) != 1 {
			t.Fatalf("metrics%s: %d, %v, %s", query, status, err, body)
		}
		for _, p := range page.Metrics[0].Series {
			if len(p) != 5 || p[0] == nil || *p[0] < float64(begin().UnixMilli()) || p[1] == nil || p[4] == nil {
				t.Fatalf("a point is %v", p)
			}
		}
		return len(page.Metrics[0].Series)
	}
	if all, some := courses(""), courses("&to="+until); some == 0 || some >= all {
		t.Errorf("%d points of %d are from before %s", some, all, until)
	}
	if status, body := ask("/ai/anomalies?from=" + since + "&to=" + until); status != http.StatusOK || !strings.Contains(body, `"anomalies":[]`) {
		t.Errorf("anomalies: %d, %s", status, body)
	}
	for _, list := range []string{"alerts", "anomalies", "metrics"} {
		for _, query := range []string{"from=yesterday", "to=7", "from=1h&to=2h", "since=1h"} {
			if status, body := ask(fmt.Sprintf("/ai/%s?%s", list, query)); status != http.StatusUnprocessableEntity {
				t.Errorf("%s?%s: %d, %s", list, query, status, body)
			}
		}
	}
}

// TestTheFirstSeriesOfAll are the same each time, in the order of their names.
func TestTheFirstSeriesOfAll(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	for i := range 100 {
		h.sends(fmt.Sprintf("t/%02d", i), "1")
	}
	page, err := h.s.Metrics(t.Context(), MetricQuery{Limit: 10})
	if err != nil || page.Total != 100 || len(page.Metrics) != 10 {
		t.Fatalf("%+v %v", page, err)
	}
	for i, m := range page.Metrics {
		if want := fmt.Sprintf("t/%02d", i); m.Entity != want {
			t.Errorf("%d. is %s, want %s", i, m.Entity, want)
		}
	}
}
