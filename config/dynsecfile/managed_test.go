package dynsecfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// TestMain lets this program be the keeper of the managed brokers that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "keeper" {
		if err := keeper.Main(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// managed is a managed broker with a session on it, which both end with the test.
type managed struct {
	t       testing.TB
	dir     string
	broker  *broker.Managed
	session *broker.Session
}

func manage(t testing.TB) *managed {
	t.Helper()
	exe, plugin := brokertest.Mosquitto(t)
	w := &managed{t: t, dir: filepath.Join(t.TempDir(), "data")}
	m, err := broker.Manage(within(t), broker.ManageOptions{
		DataDir: w.dir, Mosquitto: exe, DynsecPlugin: plugin, MQTTListen: "127.0.0.1:0", Notice: func(string) {}})
	if err != nil {
		t.Fatalf("starting the managed broker: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := m.Close(ctx, false); err != nil {
			t.Errorf("closing the managed broker: %v", err)
		}
		c, err := keeper.Connect(ctx, filepath.Join(w.dir, "run", "keeper.sock"))
		if err != nil {
			return // there is none any more
		}
		if _, err := c.Shutdown(ctx); err != nil {
			t.Errorf("ending the keeper: %v", err)
		}
	})
	w.broker = m
	w.session = openSession(t, m.Endpoint())
	return w
}

func (w *managed) file() *broker.DynsecFile {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "broker", "dynamic-security.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed(w.t, data)
}

func (w *managed) options(current *broker.DynsecFile) dynsecfile.Options {
	return dynsecfile.Options{
		Control: w.session, Offline: w.broker, Current: current, Version: w.broker.Version(),
		Own: []string{broker.OwnUsername}, OwnRoles: []string{broker.OwnRole}, Restart: true, BeforeWrite: w.broker.KeepCopy,
	}
}

func (w *managed) connect(username, password string) (*brokertest.Device, error) {
	w.t.Helper()
	return brokertest.Connect(w.t, w.broker.MQTTAddr(), username, password, username+"-device")
}

// hashed is a client with a password.
func hashed(t testing.TB, username, password string, roles ...string) broker.DynsecClient {
	t.Helper()
	c := broker.DynsecClient{Username: username}
	for _, role := range roles {
		c.Roles = append(c.Roles, broker.DynsecRoleRef{Rolename: role, Priority: -1})
	}
	if err := c.SetPassword(password); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatOnlyTheFileCanCarryTakesARestart(t *testing.T) {
	w := manage(t)
	before := w.file()
	wanted := cloned(t, before)
	wanted.Roles = append(wanted.Roles, broker.DynsecRole{Rolename: "sensor", ACLs: []broker.DynsecACL{
		{Acltype: "publishClientSend", Topic: "plant/#", Allow: true}}})
	wanted.Clients = append(wanted.Clients, hashed(t, "a", "pw-a", "sensor"), hashed(t, "b", "pw-b"))
	wanted.Groups = append(wanted.Groups, broker.DynsecGroup{Groupname: "g", Clients: []broker.DynsecClientRef{{Username: "b", Priority: 3}}})

	o := w.options(before)
	pid := w.broker.Status().BrokerPID
	o.DryRun = true
	dry, err := dynsecfile.Put(within(t), o, wanted)
	if err != nil || dry.Effect != dynsecfile.EffectRestart || len(dry.Reasons) != 1 || dry.Applied {
		t.Fatalf("dry run: %+v %v", dry, err)
	}
	o.DryRun, o.Restart = false, false
	if _, err := dynsecfile.Put(within(t), o, wanted); !fault.Is(err, fault.Conflict) || hintOf(err) == "" {
		t.Errorf("without leave to restart: %v", err)
	}
	attached := o
	attached.Offline, attached.Restart = nil, true
	if _, err := dynsecfile.Put(within(t), attached, wanted); !fault.Is(err, fault.Conflict) || hintOf(err) == "" {
		t.Errorf("a broker that is not ours: %v", err)
	}
	if w.broker.Status().BrokerPID != pid {
		t.Fatal("the broker was restarted")
	}
	o.Restart = true
	out, err := dynsecfile.Put(within(t), o, wanted)
	if err != nil || !out.Applied {
		t.Fatalf("%+v %v\n%s", out, err, hintOf(err))
	}
	if w.broker.Status().BrokerPID == pid {
		t.Error("the broker was not restarted")
	}
	a, err := w.connect("a", "pw-a")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := a.Publish("plant/x", "1"); err != nil || code >= 128 {
		t.Errorf("publishing as the role allows: %d %v", code, err)
	}

	// The same again needs nothing, and a password that changes lets the old one in no more.
	current := w.file()
	if out, err := dynsecfile.Put(within(t), w.options(current), wanted); err != nil || out.Effect != dynsecfile.EffectNone {
		t.Errorf("the same again: %+v %v", out, err)
	}
	changed := cloned(t, current)
	*changed.Client("a") = hashed(t, "a", "pw-new", "sensor")
	if out, err := dynsecfile.Put(within(t), w.options(current), changed); err != nil || out.Effect != dynsecfile.EffectRestart {
		t.Fatalf("another hash: %+v %v", out, err)
	}
	if _, err := w.connect("a", "pw-a"); err == nil {
		t.Error("the old password still works")
	}
	if _, err := w.connect("a", "pw-new"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := w.connect("b", "pw-b"); err != nil {
		t.Errorf("a password that was kept: %v", err)
	}
}

func TestAFileThatWasChangedMeanwhileStays(t *testing.T) {
	w := manage(t)
	before := w.file()
	wanted := cloned(t, before)
	wanted.Clients = append(wanted.Clients, hashed(t, "a", "pw"))
	live := cloned(t, before)
	live.Roles = append(live.Roles, broker.DynsecRole{Rolename: "r"})

	if _, err := w.session.Do(within(t), broker.Command{"command": "createClient", "username": "foreign"}); err != nil {
		t.Fatal(err)
	}
	pid := w.broker.Status().BrokerPID
	if _, err := dynsecfile.Put(within(t), w.options(before), wanted); !fault.Is(err, fault.Precondition) {
		t.Errorf("through the file: %v", err)
	}
	o := w.options(before)
	o.Restart = false
	if _, err := dynsecfile.Put(within(t), o, live); !fault.Is(err, fault.Precondition) {
		t.Errorf("over $CONTROL: %v", err)
	}
	if f := w.file(); f.Client("foreign") == nil || f.Client("a") != nil || f.Role("r") != nil {
		t.Errorf("the file was changed: %s", f.Bytes())
	}
	if w.broker.Status().BrokerPID != pid {
		t.Error("the broker was restarted")
	}
}

// TestAnyFileBecomesAnyOtherThroughTheFile does what TestAnyFileBecomesAnyOtherLive does, with passwords and with keys
// that no version knows.
func TestAnyFileBecomesAnyOtherThroughTheFile(t *testing.T) {
	w := manage(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	d := dice{rand.New(rand.NewPCG(seed, 1)), w.file(), w.broker.Version() >= "2.1"}
	passwords := map[string]string{}
	for i := range 6 {
		before := w.file()
		wanted := d.file(t, false)
		own := wanted.Client(broker.OwnUsername).Password
		for j := range wanted.Clients {
			c := &wanted.Clients[j]
			old := before.Client(c.Username)
			switch {
			case c.Password == own || old != nil && d.some(2):
			default:
				passwords[c.Username] = fmt.Sprint("pw-", i)
				c.SetHash(hashed(t, "", passwords[c.Username]).Password)
			}
		}
		wanted.Unknown = []broker.RawMember{{Key: "later", Value: []byte(fmt.Sprintf(`{"round": %d}`, i))}}
		read, err := dynsecfile.Read(wanted.Bytes(), before)
		if err != nil {
			t.Fatal(err)
		}
		out, err := dynsecfile.Put(within(t), w.options(before), read)
		if err != nil || out.Effect != dynsecfile.EffectRestart {
			t.Fatalf("round %d: %v: %s\n%+v\nbefore %s\nwanted %s", i, err, hintOf(err), out, before.Bytes(), wanted.Bytes())
		}
		if left := dynsecfile.Compare(w.file(), read); !left.Empty() {
			t.Fatalf("round %d: the file differs: %+v", i, left)
		}
		for _, c := range read.Clients {
			if password, known := passwords[c.Username]; known && c.HasPassword() && c.ClientID == nil {
				if _, err := w.connect(c.Username, password); (err == nil) == c.Disabled {
					t.Errorf("round %d: %q (disabled %t): %v", i, c.Username, c.Disabled, err)
				}
			}
		}
		for name := range passwords {
			if c := read.Client(name); c == nil || !c.HasPassword() {
				delete(passwords, name)
			}
		}
	}
}

// TestAFileThatIsReadInAnotherWayIsPutBack has a broker that does not show the clients of the new file.
func TestAFileThatIsReadInAnotherWayIsPutBack(t *testing.T) {
	w := manage(t)
	before := w.file()
	wanted := cloned(t, before)
	wanted.Clients = append(wanted.Clients, hashed(t, "a", "pw"))
	o := w.options(before)
	o.Control = controlFunc(func(ctx context.Context, cmds ...broker.Command) ([]broker.Response, error) {
		answers, err := w.session.Do(ctx, cmds...)
		for i := range answers {
			if cmds[i].Name() == "listClients" {
				answers[i].Data = []byte(`{"totalCount": 0, "clients": []}`)
			}
		}
		return answers, err
	})
	out, err := dynsecfile.Put(within(t), o, wanted)
	if !fault.Is(err, fault.Refused) || !strings.Contains(hintOf(err), "clients: 2 added") || out.Applied {
		t.Fatalf("%v: %s", err, hintOf(err))
	}
	if dynsecfile.ETag(w.file()) != dynsecfile.ETag(before) {
		t.Error("the file from before is not back")
	}
	if _, err := w.connect("a", "pw"); err == nil {
		t.Error("the broker has the new client")
	}
}
