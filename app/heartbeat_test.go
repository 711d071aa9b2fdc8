package app

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTheHeartbeat has an address be called at once, and one that refuses be told without its secret.
func TestTheHeartbeat(t *testing.T) {
	called := make(chan string, 10)
	there := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called <- r.URL.Path }))
	defer there.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	a := &App{opts: Options{HeartbeatURL: there.URL + "/a-secret"}, logger: slog.New(slog.DiscardHandler)}
	go func() { ended <- a.heartbeat(ctx) }()
	if path := <-called; path != "/a-secret" {
		t.Errorf("called at %s", path)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	client := &http.Client{Timeout: time.Minute}
	gone := httptest.NewServer(http.NotFoundHandler())
	if err := callHeartbeat(t.Context(), client, gone.URL+"/a-secret"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("of one that is not there: %v", err)
	}
	gone.Close()
	var log bytes.Buffer
	err := callHeartbeat(t.Context(), client, gone.URL+"/a-secret")
	slog.New(slog.NewTextHandler(&log, nil)).Warn("heartbeat", "error", err)
	if err == nil || strings.Contains(log.String(), "a-secret") {
		t.Errorf("of one that is closed: %s", log.String())
	}
}
