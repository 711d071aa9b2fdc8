package keeper_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// raw is a connection to the keeper by hand.
func (b *bench) raw(send string) *bufio.Reader {
	b.t.Helper()
	conn, err := keeper.DialUnix(b.ctx(), b.Socket)
	must(b.t, err)
	b.t.Cleanup(func() { _ = conn.Close() })
	must(b.t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, send)
	must(b.t, err)
	return bufio.NewReader(conn)
}

type answer struct {
	Protocol int
	ID       int
	Status   keeper.Status
	Fault    *struct{ Kind, Message, Hint string }
}

func next(t *testing.T, r *bufio.Reader) answer {
	t.Helper()
	line, err := r.ReadBytes('\n')
	must(t, err)
	var a answer
	must(t, json.Unmarshal(line, &a))
	return a
}

func TestOtherProtocolVersions(t *testing.T) {
	b := newBench(t)
	_, st := b.started()
	r := b.raw(`{"protocol":99,"id":1,"op":"status","new":true}` + "\n" + `{"protocol":99,"id":2,"op":"restart"}` + "\n" + `{"protocol":1,"id":3,"op":"dance"}` + "\n")
	if a := next(t, r); a.ID != 1 || a.Fault != nil || a.Status.BrokerPID != st.BrokerPID || a.Protocol != keeper.Protocol {
		t.Errorf("status: %+v", a)
	}
	if a := next(t, r); a.ID != 2 || a.Fault == nil || a.Fault.Kind != "conflict" || a.Status.BrokerPID != st.BrokerPID {
		t.Errorf("restart: %+v", a)
	}
	if a := next(t, r); a.ID != 3 || a.Fault == nil || a.Fault.Kind != "malformed" {
		t.Errorf("unknown order: %+v", a)
	}
	r = b.raw(`{"protocol":99,"id":4,"op":"shutdown"}` + "\n")
	if a := next(t, r); a.ID != 4 || a.Fault != nil || a.Status.State != keeper.Stopped {
		t.Errorf("shutdown: %+v", a)
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("after the shutdown: %q, %v", rest, err)
	}
	if keeper.Alive(st.BrokerPID) {
		t.Error("the broker lives")
	}
}

func TestClientsThatMisbehave(t *testing.T) {
	b := newBench(t)
	c := b.spawn()
	for _, nonsense := range []string{"GET / HTTP/1.1\r\n\r\n", "{\"op\":1}\n", "[]\n", strings.Repeat("x", 1<<17)} {
		r := b.raw(nonsense)
		if a := next(t, r); a.Fault == nil || a.Fault.Kind != "malformed" {
			t.Errorf("%.20q: %+v", nonsense, a)
		}
	}
	for range 20 {
		b.raw("")                                          // says nothing
		b.raw(`{"protocol":1,`)                            // never ends its sentence
		b.raw(`{"protocol":1,"id":1,"op":"watch"}` + "\n") // never reads
	}
	if st, err := c.Start(b.ctx()); err != nil || st.State != keeper.Running {
		t.Errorf("Start beside them: %+v, %v", st, err)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	b := newBench(t)
	c := b.spawn()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			own, err := keeper.Connect(b.ctx(), b.Socket)
			if err != nil {
				t.Error(err)
				return
			}
			if st, err := own.Start(b.ctx()); err != nil || st.State != keeper.Running {
				t.Errorf("client %d: %+v, %v", i, st, err)
			}
		})
	}
	wg.Wait()
	if st := b.status(c); st.Restarts != 0 || st.Exit != "" {
		t.Errorf("it was started more than once: %+v", st)
	}
}

func TestWatch(t *testing.T) {
	b := newBench(t)
	c, _ := b.started()
	seen := make(chan keeper.Status, 100)
	ended := make(chan error, 1)
	go func() { ended <- c.Watch(b.ctx(), func(st keeper.Status) { seen <- st }) }()
	if st := <-seen; st.State != keeper.Running {
		t.Errorf("first: %+v", st)
	}
	_, err := c.Restart(b.ctx())
	must(t, err)
	for _, want := range []keeper.State{keeper.Stopping, keeper.Stopped, keeper.Starting, keeper.Running} {
		if st := <-seen; st.State != want || st.Since.IsZero() {
			t.Errorf("then %+v, want %s", st, want)
		}
	}
	_, err = c.Shutdown(b.ctx())
	must(t, err)
	if err := <-ended; !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("Watch ended with %v", err)
	}
}

func TestStopInterruptsAStart(t *testing.T) {
	b := newBench(t)
	// A broker that takes for ever to read its files: nobody writes into this pipe.
	must(t, syscall.Mkfifo(filepath.Join(b.Dir, "conf.d", "00-wait.conf"), 0o666))
	c := b.spawn()
	result := make(chan error, 1)
	go func() { _, err := c.Start(b.ctx()); result <- err }()
	b.until(c, "starting", func(st keeper.Status) bool { return st.State == keeper.Starting })
	if st, err := c.Stop(b.ctx()); err != nil || st.State != keeper.Stopped {
		t.Errorf("Stop: %+v, %v", st, err)
	}
	if err := <-result; !fault.Is(err, fault.Conflict) {
		t.Errorf("Start: %v", err)
	}
}

func TestConnectWithoutAKeeper(t *testing.T) {
	b := newBench(t)
	if _, err := keeper.Connect(b.ctx(), b.Socket); !errors.Is(err, keeper.ErrNoKeeper) || !fault.Is(err, fault.Unavailable) {
		t.Errorf("no socket: %v", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: b.Socket, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	must(t, l.Close())
	if _, err := keeper.Connect(b.ctx(), b.Socket); !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("socket of a dead one: %v", err)
	}
}
