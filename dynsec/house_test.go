package dynsec

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// house is a service with a real broker behind it and its routes in front.
type house struct {
	t       testing.TB
	broker  *brokertest.Broker
	session *broker.Session
	service *Service
	server  *httptest.Server
	log     *logText

	mu      sync.Mutex
	admin   bool
	losing  string // the next packet from the broker with this in it is lost, and with it the connection
	meddle  func() // runs once before the next write is sent
	records []record
	seen    strings.Builder // every answer's body
}

type record struct {
	action, object string
	before, after  any
}

// logText is a log that a test can read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// build starts a broker and a service on it. Whoever asks is an administrator until the test says otherwise.
func build(t testing.TB, opts ...brokertest.Option) *house {
	t.Helper()
	h := &house{t: t, broker: brokertest.Start(t, opts...), log: &logText{}, admin: true}
	logger := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	endpoint := h.broker.UnixEndpoint()
	dial := endpoint.Dial
	endpoint.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		return &lossyConn{Conn: conn, house: h}, err
	}
	h.session = broker.NewSession(broker.SessionOptions{Endpoint: endpoint, Logger: logger})
	h.service = New(Options{
		Control: h.session, Logger: logger, Own: []string{h.broker.AdminUsername}, OwnRoles: []string{"admin"},
		BeforeWrite: func() {
			h.mu.Lock()
			meddle := h.meddle
			h.meddle = nil
			h.mu.Unlock()
			if meddle != nil {
				meddle()
			}
		},
		Actor:   func(context.Context) string { return "tester" },
		Allowed: func(context.Context, string) bool { h.mu.Lock(); defer h.mu.Unlock(); return h.admin },
		Record: func(_ context.Context, action, object string, before, after any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.records = append(h.records, record{action, object, before, after})
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	if err := h.session.Start(ctx); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.service.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		closing, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := h.session.Close(closing); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	ready, cancelReady := context.WithTimeout(ctx, 30*time.Second)
	defer cancelReady()
	if err := h.session.Ready(ready); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("test", "1")
	Register(humago.New(mux, config), h.service)
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

// lossyConn is a connection that a test can cut at the very moment when an answer arrives: the broker has done what it
// was asked to, and we never hear of it.
type lossyConn struct {
	net.Conn
	house *house
}

func (c *lossyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	if c.house.losing != "" && bytes.Contains(p[:n], []byte(c.house.losing)) {
		c.house.losing = ""
		c.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}

// lose makes the next answer to a command of this name get lost.
func (h *house) lose(command string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.losing = `"command":"` + command + `"`
}

// before runs something once, after the next write was checked and before it is sent.
func (h *house) before(meddle func()) { h.mu.Lock(); defer h.mu.Unlock(); h.meddle = meddle }

// logged is the broker's log with everything in it that the broker has done so far. Its log reaches us after its
// answers, so it is made to write a last line to wait for.
func (h *house) logged() string {
	h.t.Helper()
	marker := 1_000_000 + rand.IntN(1_000_000_000)
	h.broker.MustControl(h.t, command("listGroups", "count", 1, "offset", marker))
	h.broker.AwaitLog(fmt.Sprintf(`offset=%d\b`, marker))
	return h.broker.Log()
}

// wantSent checks how many lines the broker logged about a command that it carried out or refused.
func (h *house) wantSent(command string, lines int) {
	h.t.Helper()
	if n := strings.Count(h.logged(), "| "+command+" |"); n != lines {
		h.t.Errorf("the broker logged %d lines about %s, want %d", n, command, lines)
	}
}

// as switches between an administrator and an operator.
func (h *house) as(admin bool) { h.mu.Lock(); defer h.mu.Unlock(); h.admin = admin }

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   string
}

// call sends a request; body is JSON text or "". headers are pairs.
func (h *house) call(method, path, body string, headers ...string) reply {
	h.t.Helper()
	req, err := http.NewRequest(method, h.server.URL+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := h.server.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.seen.Write(text)
	h.mu.Unlock()
	return reply{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

// want sends a request and checks the status of the answer.
func (h *house) want(status int, method, path, body string, headers ...string) reply {
	h.t.Helper()
	r := h.call(method, path, body, headers...)
	if r.status != status {
		h.t.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, r.status, status, r.body)
	}
	return r
}

// into reads an answer.
func into[T any](t testing.TB, r reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("reading %q: %v", r.body, err)
	}
	return v
}

// text renders a value as JSON for requests and comparisons.
func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// eventually waits until something becomes true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s", what)
		}
		timer := time.NewTimer(2 * time.Millisecond)
		<-timer.C
	}
}

// wantKind checks what kind of fault an error is.
func wantKind(t testing.TB, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.From(err).Kind != kind {
		t.Fatalf("error = %v, want a fault of kind %d", err, kind)
	}
}

func command(name string, pairs ...any) broker.Command {
	c := broker.Command{"command": name}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i].(string)] = pairs[i+1]
	}
	return c
}

func pointer[T any](v T) *T { return &v }
