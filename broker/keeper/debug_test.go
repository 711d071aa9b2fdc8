package keeper_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

const lease = 20 * time.Second

// lending is a keeper that may switch the debug log, and the client that asks it to. more is added to the configuration.
func lending(t *testing.T, more string) (*bench, *keeper.Client) {
	t.Helper()
	b := newBench(t)
	return b, b.lends(more)
}

func (b *bench) lends(more string) *keeper.Client {
	b.t.Helper()
	b.LogConfig = "conf.d/20-log.conf"
	b.LogSettings = "log_dest stderr\nlog_timestamp false\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
	b.write("conf.d/30-more.conf", more)
	c, _ := b.started()
	return c
}

// talks reports whether the broker has a line of debug for what the device does now. mark is another one each time.
func (b *bench) talks(d *device, mark string) bool {
	b.t.Helper()
	before := len(b.files("broker.log"))
	d.ping()
	b.connect(mark)
	b.logged(" as " + mark + " ")
	return strings.Contains(b.files("broker.log")[before:], "Received PINGREQ from ")
}

// given puts a file into the broker's directory that the broker's user owns.
func (b *bench) given(name, text string, mode os.FileMode) {
	b.t.Helper()
	path := filepath.Join(b.Dir, name)
	must(b.t, os.WriteFile(path, []byte(text), mode))
	must(b.t, os.Chmod(path, mode))
	if b.UID != -1 {
		must(b.t, os.Chown(path, b.UID, b.GID))
	}
}

func TestDebugLogIsLent(t *testing.T) {
	b, c := lending(t, "")
	d := b.connect("stays")
	if st := b.status(c); st.Debug != keeper.DebugOff || b.talks(d, "m1") {
		t.Fatalf("at first: %+v", st)
	}
	st, err := c.DebugOn(b.ctx(), lease)
	if err != nil || st.Debug != keeper.DebugOn || !b.talks(d, "m2") {
		t.Fatalf("on: %+v, %v", st, err)
	}
	// A lease of a moment that is made longer before it has ended; where it has, it was not.
	longer := func() bool {
		if st, err := c.DebugOn(b.ctx(), time.Second); err != nil || st.Debug != keeper.DebugOn {
			t.Fatalf("on: %+v, %v", st, err)
		}
		st, err := c.DebugHold(b.ctx(), lease)
		if err != nil {
			t.Fatalf("held: %+v, %v", st, err)
		}
		return st.Debug == keeper.DebugOn
	}
	eventually(t, "a lease that is made longer", longer)
	for begin := time.Now(); time.Since(begin) < 2*time.Second; { // twice as long as it was lent for at first
		if st := b.status(c); st.Debug != keeper.DebugOn && time.Since(begin) < lease/2 {
			t.Fatalf("held: %+v", st)
		}
		<-time.After(50 * time.Millisecond)
	}
	if _, err := c.DebugHold(b.ctx(), time.Second); err != nil {
		t.Fatal(err)
	}
	b.until(c, "end of the debug log", func(st keeper.Status) bool { return st.Debug == keeper.DebugOff })
	if b.talks(d, "m3") {
		t.Error("it still talks")
	}
	if st, err := c.DebugHold(b.ctx(), time.Second); err != nil || st.Debug != keeper.DebugOff {
		t.Errorf("holding what is over: %+v, %v", st, err)
	}
	for _, wrong := range []time.Duration{0, -1, time.Hour} {
		if _, err := c.DebugOn(b.ctx(), wrong); !fault.Is(err, fault.Malformed) {
			t.Errorf("for %v: %v", wrong, err)
		}
	}
	if st := b.status(c); st.Debug != keeper.DebugOff {
		t.Errorf("in the end: %+v", st)
	}
}

func TestDebugLogIsOffWhereNothingIsSaidOfIt(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	if st.Debug != "" {
		t.Errorf("status: %+v", st)
	}
	if _, err := c.DebugOn(b.ctx(), lease); !fault.Is(err, fault.Conflict) || fault.From(err).HintText == "" {
		t.Errorf("on: %v", err)
	}
	if _, err := c.DebugOff(b.ctx()); err != nil {
		t.Errorf("off: %v", err)
	}
}

func TestDebugLogOverRestarts(t *testing.T) {
	b, c := lending(t, "")
	if _, err := c.Prove(b.ctx()); err != nil {
		t.Fatal(err)
	}
	st, err := c.DebugOn(b.ctx(), lease)
	if err != nil {
		t.Fatal(err)
	}
	must(t, syscall.Kill(st.BrokerPID, syscall.SIGKILL))
	st = b.until(c, "restart", func(n keeper.Status) bool { return n.State == keeper.Running && n.BrokerPID != st.BrokerPID })
	if st.Config != keeper.ConfigLive || st.Debug != keeper.DebugOn {
		t.Errorf("after a crash: %+v", st)
	}
	if _, err := c.Prove(b.ctx()); err != nil {
		t.Errorf("proving with the debug log on: %v", err)
	}
	// The proven copy has none.
	b.write("conf.d/30-more.conf", "no_such_setting 1\n")
	must(t, syscall.Kill(st.BrokerPID, syscall.SIGKILL))
	st = b.until(c, "proven", func(n keeper.Status) bool { return n.State == keeper.Running && n.BrokerPID != st.BrokerPID })
	if st.Config != keeper.ConfigProven || st.Debug != keeper.DebugOff || b.talks(b.connect("stays"), "m1") {
		t.Errorf("on the proven copy: %+v", st)
	}
	if _, err := c.DebugOn(b.ctx(), lease); !fault.Is(err, fault.Conflict) {
		t.Errorf("on the proven copy: %v", err)
	}
	b.write("conf.d/30-more.conf", "")
	if _, err := c.DebugOff(b.ctx()); err != nil {
		t.Fatal(err)
	}
	if st, err = c.Restart(b.ctx()); err != nil || st.Debug != keeper.DebugOff {
		t.Errorf("restart: %+v, %v", st, err)
	}
}

func TestDebugLogLeavesEditsAlone(t *testing.T) {
	outside, err := os.MkdirTemp("", "outside") // where the broker's user may go
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(outside) })
	must(t, os.Chmod(outside, 0o755))
	theirs := filepath.Join(outside, "a.conf")
	must(t, os.WriteFile(theirs, []byte("# theirs\n"), 0o644))

	b := newBench(t)
	b.given("acl", "topic readwrite #\n", 0o600)
	b.given("passwords", "", 0o600)
	cert(t, b.Dir)
	b.given("server.pem", b.read("server.pem"), 0o600)
	b.given("server.key", b.read("server.key"), 0o600)
	b.write("mosquitto.conf", "include_dir conf.d\ninclude_dir "+outside+"\nallow_anonymous true\n")
	c := b.lends(fmt.Sprintf("acl_file acl\npassword_file passwords\nlistener %d 127.0.0.1\ncertfile server.pem\nkeyfile server.key\n", freePort(t)))
	d := b.connect("stays")
	pid := b.status(c).BrokerPID

	for name, edit := range map[string]struct {
		do, undo func()
		named    string
	}{
		"half a line": {
			func() { b.write("conf.d/10-more.conf", "allow_anonym") },
			func() { must(t, os.Remove(filepath.Join(b.Dir, "conf.d/10-more.conf"))) }, "10-more.conf",
		},
		"rights that make no sense": { // of which 2.1.2 dies
			func() { b.given("acl", "topic readwri", 0o600) }, nil, "acl",
		},
		"rights that nobody may read": {
			func() { must(t, os.Chmod(filepath.Join(b.Dir, "passwords"), 0)) },
			func() { must(t, os.Chmod(filepath.Join(b.Dir, "passwords"), 0o600)) }, "passwords",
		},
		"half a new certificate": { // with which nobody gets in over TLS
			func() { cert(t, b.Dir) }, nil, "server",
		},
		"a file in a folder of the operator's": {
			func() { must(t, os.WriteFile(filepath.Join(outside, "b.conf"), []byte("nonsense 1\n"), 0o644)) },
			func() { must(t, os.Remove(filepath.Join(outside, "b.conf"))) }, outside,
		},
		"an edit in a folder of the operator's": {
			func() { must(t, os.WriteFile(theirs, []byte("nonsense 1\n"), 0o644)) }, nil, theirs,
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			if _, err := c.DebugOn(b.ctx(), lease); err != nil {
				t.Fatalf("before: %v", err)
			}
			edit.do()
			_, err := c.DebugOff(b.ctx())
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), edit.named) || fault.From(err).HintText == "" {
				t.Errorf("off with the edit on disk: %v", err)
			}
			if st := b.status(c); st.BrokerPID != pid || st.State != keeper.Running || st.Debug != keeper.DebugOn {
				t.Fatalf("status: %+v", st)
			}
			if edit.undo != nil {
				edit.undo()
			} else if _, err := c.Restart(b.ctx()); err != nil {
				// What cannot be undone to the second is put right and approved.
				b.given("acl", "topic readwrite #\n", 0o600)
				must(t, os.WriteFile(theirs, nil, 0o644))
				if _, err := c.Restart(b.ctx()); err != nil {
					t.Fatal(err)
				}
			}
			b.until(c, "end of the debug log", func(st keeper.Status) bool { return st.Debug == keeper.DebugOff })
			pid = b.status(c).BrokerPID
			if edit.undo != nil {
				d.ping()
			} else {
				d = b.connect("stays")
			}
		})
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.Dir, name))
	must(b.t, err)
	return string(data)
}

// cert makes a new certificate and key in dir.
func cert(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	about := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	for name, block := range map[string]*pem.Block{
		"server.pem": {Type: "CERTIFICATE", Bytes: signed}, "server.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
}

func TestManyWantTheDebugLogAndNot(t *testing.T) {
	b, c := lending(t, "")
	d := b.connect("stays")
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = c.DebugOn(b.ctx(), lease)
			} else {
				_, err = c.DebugOff(b.ctx())
			}
			if err != nil {
				t.Errorf("order %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	st := b.status(c)
	if on := b.talks(d, "m1"); on != (st.Debug == keeper.DebugOn) {
		t.Errorf("it says %s, and talks: %v", st.Debug, on)
	}
	if st, err := c.DebugOff(b.ctx()); err != nil || st.Debug != keeper.DebugOff || b.talks(d, "m2") {
		t.Errorf("off: %+v, %v", st, err)
	}
}

// On 2.1 a bridge may be told to connect anew at every reload; 2.0 does not know the setting and never does so.
func TestDebugLogCutsNoBridge(t *testing.T) {
	b := newBench(t)
	_, st := b.started()
	c, err := keeper.Connect(b.ctx(), b.Socket)
	must(t, err)
	if strings.HasPrefix(st.Version, "2.0.") {
		b.write("conf.d/30-more.conf", "connection there\naddress 127.0.0.1:1\ntopic # out\nbridge_reload_type immediate\n")
		if _, err := c.Restart(b.ctx()); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "bridge_reload_type") {
			t.Errorf("2.0 knows the setting: %v", err)
		}
		return
	}
	_, err = c.Shutdown(b.ctx())
	must(t, err)
	c = b.lends("connection there\naddress 127.0.0.1:1\ntopic # out\nbridge_reload_type immediate\n")
	if _, err := c.DebugOn(b.ctx(), lease); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.From(err).HintText, "lazy") {
		t.Errorf("on: %v", err)
	}
	b.write("conf.d/30-more.conf", "connection there\naddress 127.0.0.1:1\ntopic # out\nbridge_reload_type lazy\n")
	_, err = c.Restart(b.ctx())
	must(t, err)
	if st, err := c.DebugOn(b.ctx(), lease); err != nil || st.Debug != keeper.DebugOn {
		t.Errorf("on with a bridge that stays: %+v, %v", st, err)
	}
}
