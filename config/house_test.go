package config

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// TestMain lets the test binary play the keeper, and a BunkerM that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "keeper":
			if err := keeper.Main(context.Background(), os.Args[2]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "doomed":
			os.Exit(playDoomed(os.Args[2]))
		}
	}
	goleak.VerifyTestMain(m)
}

// patience is how long anything may take before it counts as broken. Nothing waits that long when things work.
const patience = 60 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !condition(); {
		if time.Now().After(until) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// record is one entry that the audit would get.
type record struct {
	action, object string
	before, after  any
}

// house is the service over a managed broker of its own, without the routes.
type house struct {
	*Service
	t       testing.TB
	data    string
	managed *broker.Managed
	session *broker.Session

	mu      sync.Mutex
	denied  []string // permissions that whoever asks lacks
	records []record
}

// build starts a broker and the service on it. shape may change what the service is made of.
func build(t testing.TB, shape ...func(*Options)) *house {
	t.Helper()
	return open(t, t.TempDir(), shape...)
}

// open starts everything on a data directory, which may be one that was used before.
func open(t testing.TB, data string, shape ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, data: data}
	options := manageOptions(t, data)
	var err error
	if h.managed, err = broker.Manage(within(t), options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.managed.Close(context.Background(), false); err != nil {
			t.Error(err)
		}
	})
	h.session = broker.NewSession(broker.SessionOptions{Endpoint: h.managed.Endpoint()})
	if err := h.session.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.session.Close(context.Background()) })
	if err := h.session.Ready(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := h.managed.Prove(within(t)); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(within(t), store.Options{Path: filepath.Join(data, "bunkerm.db"), Migrations: Migrations()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })

	o := h.options(db)
	for _, s := range shape {
		s(&o)
	}
	h.Service = New(o)
	running, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := h.Run(running); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	eventually(t, "the service knows what the broker runs with", func() bool { return h.running() != nil })
	return h
}

func manageOptions(t testing.TB, data string) broker.ManageOptions {
	t.Helper()
	executable, plugin := brokertest.Mosquitto(t)
	return broker.ManageOptions{
		DataDir: data, Mosquitto: executable, DynsecPlugin: plugin, MQTTListen: "127.0.0.1:0",
		Notice: func(s string) { t.Log("notice: " + s) },
	}
}

func (h *house) options(db *store.DB) Options {
	return Options{
		Store: db, Logger: slog.New(slog.NewTextHandler(testWriter{h.t}, nil)),
		Site: h.managed, AsBroker: h.managed.AsBroker, BrokerDir: h.managed.BrokerDir(),
		Session: h.session, Listeners: func(context.Context, *conf.Config) []conf.Problem { return nil },
		Dynsec: h.managed.ReadDynsec, Control: h.session, Offline: h.managed, Own: []string{broker.OwnUsername}, OwnRoles: []string{broker.OwnRole},
		BeforeWrite: h.managed.KeepCopy,
		Actor:       func(context.Context) string { return "ada" },
		Allowed: func(_ context.Context, permission string) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return !slices.Contains(h.denied, permission)
		},
		Record: func(_ context.Context, action, object string, before, after any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.records = append(h.records, record{action, object, before, after})
		},
		Streams: &stream.Group{},
	}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func (h *house) confPath() string { return filepath.Join(h.data, "broker", "mosquitto.conf") }

// text is the main file on disk.
func (h *house) text() string {
	h.t.Helper()
	text, err := os.ReadFile(h.confPath())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// put changes the main file as a whole.
func (h *house) put(text string) (Changed, error) {
	h.t.Helper()
	changed, _, err := h.Change(within(h.t), BrokerChange{Text: &text}, ChangeOptions{})
	return changed, err
}

// works tells whether the broker serves BunkerM.
func (h *house) works() {
	h.t.Helper()
	if err := h.session.Ready(within(h.t)); err != nil {
		h.t.Fatalf("the broker does not serve: %v", err)
	}
	if _, err := h.session.Do(within(h.t), broker.Command{"command": "listClients"}); err != nil {
		h.t.Fatalf("the broker does not serve: %v", err)
	}
}

// actions are what the audit got, in order.
func (h *house) actions() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, r := range h.records {
		all = append(all, r.action)
	}
	return all
}

// versions are all versions of a file, the newest first.
func (h *house) versions(file string) []ConfVersion {
	h.t.Helper()
	page, err := h.Versions(within(h.t), file, "", 200)
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Versions
}

func (h *house) measured(k store.Kind) (rows, size int64, oldest time.Time, err error) {
	err = h.o.Store.Read(within(h.t), func(ctx context.Context, q store.Queries) error {
		rows, size, oldest, err = k.Measure(ctx, q)
		return err
	})
	return rows, size, oldest, err
}

func (h *house) trimmed(k store.Kind, olderThan time.Time, most int) (n int, err error) {
	err = h.o.Store.Write(within(h.t), func(ctx context.Context, q store.Queries) error {
		n, err = k.Trim(ctx, q, olderThan, most)
		return err
	})
	return n, err
}
