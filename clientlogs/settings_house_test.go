package clientlogs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// settingsHouse is Levels behind their routes. What is a fault is asked of the service itself: the gateway makes an answer of it.
type settingsHouse struct {
	t      *testing.T
	levels *Levels
	api    huma.API
	server *httptest.Server
	log    loggedText
}

func buildSettings(t *testing.T, o LevelOptions) *settingsHouse {
	t.Helper()
	h := &settingsHouse{t: t}
	if o.Store == nil {
		o.Store = storetest.Open(t)
	}
	o.Logger = slog.New(slog.NewTextHandler(&h.log, nil))
	o.Actor = func(context.Context) string { return "tester" }
	levels, err := NewLevels(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	h.levels = levels
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := levels.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	mux := http.NewServeMux()
	h.api = humago.New(mux, huma.DefaultConfig("test", "1"))
	RegisterSettings(h.api, levels)
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

// put sends settings that are taken.
func (h *settingsHouse) put(body string) SettingsAnswer {
	h.t.Helper()
	return h.call(http.MethodPut, body)
}

func (h *settingsHouse) get() SettingsAnswer {
	h.t.Helper()
	return h.call(http.MethodGet, "")
}

func (h *settingsHouse) call(method, body string) SettingsAnswer {
	h.t.Helper()
	status, text := h.send(method, body)
	if status != http.StatusOK {
		h.t.Fatalf("%s %s: status %d: %s", method, body, status, text)
	}
	var a SettingsAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *settingsHouse) send(method, body string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequest(method, h.server.URL+"/settings/clientlogs", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.server.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// refused is why the service does not take settings, which it leaves as they are then.
func (h *settingsHouse) refused(body string) *fault.Error {
	h.t.Helper()
	before := h.get()
	var in SettingsFields
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		h.t.Fatal(err)
	}
	_, err := h.levels.SetSettings(h.t.Context(), in)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		h.t.Fatalf("%s: %v", body, err)
	}
	after := h.get()
	before.PublishEvents.Rate, after.PublishEvents.Rate = 0, 0
	if shownJSON(h.t, before) != shownJSON(h.t, after) {
		h.t.Errorf("%s was refused and changed %s to %s", body, shownJSON(h.t, before), shownJSON(h.t, after))
	}
	return f
}

func shownJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
