package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

type shownAlert struct {
	ID          int64  `json:"id"`
	Status      string `json:"status"`
	Kind        string `json:"kind"`
	Entity      string `json:"entity"`
	Title       string `json:"title"`
	Explanation string `json:"explanation"`
	Note        string `json:"note"`
}

// alerts are the incidents that match a query.
func (s *server) alerts(query string) []shownAlert {
	s.t.Helper()
	var page struct {
		Alerts []shownAlert `json:"alerts"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/ai/alerts?"+query, nil)), &page); err != nil {
		s.t.Fatal(err)
	}
	return page.Alerts
}

// TestAnAlertFromTheMessageToTheWebhook has a real device break a rule: the alert is there, a webhook hears of it and of its
// end, what a viewer reads has no values, and everything is there again after a kill.
func TestAnAlertFromTheMessageToTheWebhook(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct {
			Event string `json:"event"`
			Title string `json:"title"`
		}
		if json.NewDecoder(r.Body).Decode(&m) == nil && strings.HasPrefix(r.Header.Get("X-BunkerM-Signature"), "sha256=") {
			mu.Lock()
			heard = append(heard, m.Event+": "+m.Title)
			mu.Unlock()
		}
	}))
	defer hook.Close()
	was := func(event string) bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(heard, "\n"), event+": plant/oven breaks the rule too hot")
	}

	dir := t.TempDir()
	s := serveOn(t, dir, "--on-exit", "keep")
	viewer := s.keyOf("viewer")
	s.must("POST", "/api/ai/rules", map[string]any{"name": "too hot", "kind": "range", "topic": "plant/+", "high": 80, "seconds": 0, "severity": "critical"})
	channel := map[string]any{
		"name": "hook", "type": "webhook", "enabled": true, "min_severity": "medium", "allow_private": true, "values": false,
		"webhook": map[string]any{"url": hook.URL, "secret": "a secret of thirty-two letters..."},
	}
	settings := s.must("PUT", "/api/settings/anomaly", map[string]any{"channels": []any{channel}})
	if strings.Contains(settings, "a secret of") || !strings.Contains(settings, "«unchanged»") {
		t.Errorf("the secret is shown: %s", settings)
	}

	device := s.device("plant")
	publish := func(d *brokertest.Device, value int) {
		t.Helper()
		if _, err := d.Publish("plant/oven", fmt.Sprint(value)); err != nil {
			t.Fatal(err)
		}
	}
	publish(device, 95)
	eventually(t, "the alert is there", func() bool { return len(s.alerts("status=open&entity=plant/oven")) == 1 })
	alert := s.alerts("status=open")[0]
	if alert.Kind != "rule" || !strings.Contains(alert.Explanation, "95") {
		t.Errorf("%+v", alert)
	}
	eventually(t, "the webhook has heard of it", func() bool { return was("opened") })
	if _, _, text := s.askAs(viewer, "GET", "/api/ai/alerts", "", nil); strings.Contains(text, "95") || !strings.Contains(text, "plant/oven") {
		t.Errorf("a viewer reads %s", text)
	}
	path := fmt.Sprintf("/api/ai/alerts/%d/acknowledge", alert.ID)
	if status, _, _ := s.askAs(viewer, "POST", path, "{}", nil); status != http.StatusForbidden {
		t.Errorf("a viewer acknowledges: %d", status)
	}
	if text := s.must("POST", path, map[string]any{"note": "door was open"}); !strings.Contains(text, `"status":"acknowledged"`) {
		t.Error(text)
	}

	s.Kill()
	s = serveOn(t, dir)
	kept := s.alerts("status=acknowledged")
	if len(kept) != 1 || kept[0].ID != alert.ID || kept[0].Note != "door was open" {
		t.Fatalf("after the kill: %+v", kept)
	}
	eventually(t, "messages are seen again", func() bool {
		publish(device, 97) // the first ones may come before we have subscribed
		return strings.Contains(s.must("GET", "/api/ai/entities?q=plant/oven", nil), `"total":1`)
	})
	publish(device, 20)
	eventually(t, "the alert is over", func() bool { return len(s.alerts("status=closed&entity=plant/oven")) == 1 })
	eventually(t, "the webhook has heard of its end", func() bool { return was("closed") })
}
