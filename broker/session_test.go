package broker_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// patience is how long anything may take before it counts as broken.
const patience = 30 * time.Second

// recorder collects a session's events and log.
type recorder struct {
	mu     sync.Mutex
	events []broker.Event
	log    strings.Builder
}

func (r *recorder) add(e broker.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *recorder) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// of returns the events of one kind so far.
func (r *recorder) of(kind broker.EventKind) []broker.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []broker.Event
	for _, e := range r.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// startSession starts a session that is closed at the end of the test and checks that nothing is left of it then.
func startSession(t testing.TB, o broker.SessionOptions) (*broker.Session, *recorder) {
	t.Helper()
	r := &recorder{}
	o.Logger = slog.New(slog.NewTextHandler(r, nil))
	before := goleak.IgnoreCurrent()
	s := broker.NewSession(o)
	s.OnEvent(r.add)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the session's log:\n%s", r.logged())
		}
		// Devices that the test made after the session end before it; only a restarted broker may live on.
		if err := goleak.Find(before,
			goleak.IgnoreAnyFunction("os/exec.(*Cmd).Start.func2"),
			goleak.IgnoreAnyFunction("github.com/bunkerm/bunkerm/broker/brokertest.(*Broker).launch.func1")); err != nil {
			t.Errorf("left behind: %v", err)
		}
	})
	return s, r
}

// within returns a context for one step of a test.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func ready(t testing.TB, s *broker.Session) {
	t.Helper()
	if err := s.Ready(within(t)); err != nil {
		t.Fatalf("the session does not become ready: %v; %+v", err, s.Status())
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for !condition() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("%s: it does not come to that", what)
		}
	}
}

func command(name string, fields ...any) broker.Command {
	c := broker.Command{"command": name}
	for i := 0; i < len(fields); i += 2 {
		c[fields[i].(string)] = fields[i+1]
	}
	return c
}

func must(t testing.TB, s *broker.Session, cmds ...broker.Command) []broker.Response {
	t.Helper()
	answers, err := s.Do(within(t), cmds...)
	if err != nil {
		t.Fatalf("%s: %v", cmds[0].Name(), err)
	}
	for i, a := range answers {
		if a.Error != "" {
			t.Fatalf("%s: the plugin answers %q", cmds[i].Name(), a.Error)
		}
	}
	return answers
}

func TestDoAnswersInTheOrderOfTheCommands(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	ready(t, s)

	answers, err := s.Do(within(t), command("createClient", "username", "a b/c\"☃"), command("deleteRole", "rolename", "x"),
		command("getClient", "username", "a b/c\"☃"), command("nonsense"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"createClient", "deleteRole", "getClient", "nonsense"} {
		if answers[i].Command != want {
			t.Errorf("answer %d is for %q, want %q", i, answers[i].Command, want)
		}
	}
	if answers[0].Error != "" || answers[1].Error != "Role not found" || answers[3].Error != "Unknown command" {
		t.Errorf("errors: %q, %q, %q", answers[0].Error, answers[1].Error, answers[3].Error)
	}
	if !strings.Contains(string(answers[2].Data), `a b/c\"☃`) {
		t.Errorf("getClient answers %s", answers[2].Data)
	}
	if none, err := s.Do(within(t)); err != nil || none != nil {
		t.Errorf("no commands: %v, %v", none, err)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	b := brokertest.Start(t)
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint(), Timeout: patience})
	ready(t, s)
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			name := fmt.Sprintf("nobody-%d", i)
			answers, err := s.Do(within(t), command("getClient", "username", name), command("getRole", "rolename", name))
			if err != nil {
				t.Error(err)
				return
			}
			if answers[0].Error != "Client not found" || answers[1].Error != "Role not found" {
				t.Errorf("answers: %+v", answers)
			}
		})
	}
	wg.Wait()
}

func TestStatusOfAConnectedSession(t *testing.T) {
	b := brokertest.Start(t)
	s, r := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint()})
	ready(t, s)
	eventually(t, "version", func() bool { return s.Status().Version != "" })
	if got := s.Status(); got.Version != b.Version() || got.State != broker.StateConnected || got.Detail != "" {
		t.Errorf("status = %+v", got)
	}
	for _, name := range []string{"version", "uptime", "clients/connected"} {
		eventually(t, name, func() bool { _, at, ok := s.Sys(name); return ok && !at.IsZero() })
	}
	if _, _, ok := s.Sys("heap/current"); ok {
		t.Error("a value that was never subscribed to is known")
	}
	if got := r.of(broker.Connected); len(got) != 1 || !got[0].Changes {
		t.Errorf("connected events: %+v", got)
	}
	if strings.Contains(r.logged(), b.AdminPassword) {
		t.Error("the log holds the password")
	}
}

func TestClosedSessionSaysSo(t *testing.T) {
	b := brokertest.Start(t)
	s, r := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint()})
	ready(t, s)
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(within(t), command("listRoles")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Do after Close: %v", err)
	}
	if err := s.Sync(within(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Sync after Close: %v", err)
	}
	if err := s.Ready(within(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Ready after Close: %v", err)
	}
	if err := s.Start(within(t)); err == nil {
		t.Error("a closed session starts again")
	}
	if s.Status().State != broker.StateClosed || len(r.of(broker.Disconnected)) != 1 {
		t.Errorf("status = %+v, events %+v", s.Status(), r.of(broker.Disconnected))
	}
	b.AwaitLog(`bunkerm-[0-9a-f]{32} (\[\S+\] )?disconnected\.`)
}
