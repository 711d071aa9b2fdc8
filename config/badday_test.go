package config

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

func TestARestartWithAFileThatSomebodyHasBrokenGoesBack(t *testing.T) {
	h := whole(t)
	good, err := h.put(h.text() + "max_queued_messages 5\n")
	if err != nil {
		t.Logf("the setting stands twice, which is refused: %v", err)
		good, err = h.change(set("max_queued_messages", "5"))
	}
	if err != nil {
		t.Fatal(err)
	}
	worked := h.text()
	broken := worked + "no_such_setting at_all\n"
	if err := os.WriteFile(h.confPath(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = h.Restart(within(t), "")
	f := fault.From(err)
	if f.Kind != fault.Refused || !strings.Contains(f.Message, "no_such_setting") || !strings.Contains(f.HintText, "is back") {
		t.Fatalf("%v (%s)", err, f.HintText)
	}
	if h.text() != worked {
		t.Errorf("the file is not the one that worked:\n%s", h.text())
	}
	h.works()
	var outside *ConfVersion
	for _, v := range h.versions(fileBroker) {
		if v.Source == sourceOutside {
			outside = &v
		}
		if v.Live != (v.ID == good.Version) {
			t.Errorf("live: %+v", v)
		}
	}
	if outside == nil || outside.State != statePutBack || outside.Detail == "" {
		t.Fatalf("what somebody wrote is not kept: %+v", outside)
	}
	d, err := h.Version(within(t), outside.ID, "previous")
	if err != nil || d.Files[0].Text != broken {
		t.Errorf("what somebody wrote is not kept: %v\n%+v", err, d.Files)
	}
}

// busySite cannot restart the broker at the moment, because somebody else is at its files.
type busySite struct{ broker.Site }

func (busySite) Restart(context.Context) error {
	return fault.New(fault.Unavailable, "another command is changing the broker's files")
}

func TestARestartThatDoesNotBeginChangesNothing(t *testing.T) {
	h := whole(t, func(o *Options) { o.Site = busySite{o.Site} })
	before := h.text()
	if _, err := h.change(set("sys_interval", "5")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restart(within(t), ""); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
	if h.text() == before || h.versions(fileBroker)[0].State != stateApplied {
		t.Errorf("the last change is gone: %+v", h.versions(fileBroker)[0])
	}
	h.works()
}

func TestAReloadNamesWhatWaitsForARestart(t *testing.T) {
	h := whole(t)
	before := h.text()
	if err := os.WriteFile(h.confPath(), []byte(before+fmt.Sprintf("listener %d 127.0.0.1\n", freePort(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reload(within(t), ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("with another listener: %v", err)
	}
	text := strings.Replace(before, "max_queued_messages 100000", "max_queued_messages 5", 1)
	if err := os.WriteFile(h.confPath(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, _, err := h.Broker(within(t), false)
	if err != nil || config.Pending == nil || config.Pending.Effect.Kind != "restart" {
		t.Fatalf("%+v %v", config.Pending, err)
	}
	answer, err := h.Reload(within(t), "")
	if err != nil || len(answer.NeedRestart) == 0 || answer.NeedRestart[0].Kind != "restart" {
		t.Errorf("%+v %v", answer, err)
	}
	h.works()
}

// thiefSite takes a port away between the checks and the restart.
type thiefSite struct {
	broker.Site
	steal func()
}

func (s thiefSite) ReplaceConf(ctx context.Context, e broker.ConfEdit) error {
	s.steal()
	return s.Site.ReplaceConf(ctx, e)
}

func TestAPortThatSomebodyTakesInTheMiddle(t *testing.T) {
	port := freePort(t)
	var thief net.Listener
	h := whole(t, func(o *Options) {
		o.Site = thiefSite{o.Site, func() {
			if thief != nil {
				return
			}
			var err error
			if thief, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
				t.Error(err)
			}
		}}
	})
	t.Cleanup(func() { _ = thief.Close() })
	before := h.text()
	_, err := h.put(before + fmt.Sprintf("listener %d 127.0.0.1\n", port))
	f := fault.From(err)
	if f.Kind != fault.Refused || !strings.Contains(f.Message, "in use") || !strings.Contains(f.HintText, "are back") {
		t.Errorf("%v (%s)", err, f.HintText)
	}
	if h.text() != before {
		t.Errorf("the file is not what it was:\n%s", h.text())
	}
	h.works()
}

func TestAFolderThatIsNoLongerIncludedKeepsItsFiles(t *testing.T) {
	h := whole(t)
	first := h.text()
	part := filepath.Join(h.managed.BrokerDir(), "conf.d", "more.conf")
	with := strings.Replace(first, "include_dir bunkerm.d", "include_dir bunkerm.d\ninclude_dir conf.d", 1)
	if _, err := h.change(BrokerChange{Files: []FileText{
		{Name: "mosquitto.conf", Text: with}, {Name: "conf.d/more.conf", Text: "max_keepalive 60\n"}, {Name: "conf.d/other.conf", Text: "# nothing\n"},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.change(BrokerChange{Files: []FileText{{Name: "conf.d/other.conf", Remove: true}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(part), "other.conf")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that was to be removed: %v", err)
	}
	if _, err := h.put(first); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(part); err != nil || string(text) != "max_keepalive 60\n" {
		t.Errorf("the file is %q (%v)", text, err)
	}
	h.works()
}

func TestWhatIsWrongAlreadyKeepsNobodyFromChangingSomethingElse(t *testing.T) {
	h := whole(t)
	pem := filepath.Join(h.managed.BrokerDir(), "old.pem")
	if err := os.WriteFile(pem, []byte(certificate(t, time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))), 0o600); err != nil {
		t.Fatal(err)
	}
	if uid, gid := h.managed.BrokerUser(); uid != -1 {
		if err := os.Chown(pem, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	tls := fmt.Sprintf("listener %d 127.0.0.1\ncertfile old.pem\nkeyfile old.pem\n", freePort(t))
	if _, err := h.put(h.text() + tls); !fault.Is(err, fault.Invalid) {
		t.Fatalf("an expired certificate is taken: %v", err)
	}
	// Somebody has written it by hand, and the broker does not mind.
	if err := os.WriteFile(h.confPath(), []byte(h.text()+tls), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Restart(within(t), ""); err != nil {
		t.Fatal(err)
	}
	done, err := h.change(set("sys_interval", "5"))
	if err != nil || !done.Applied {
		t.Fatal(err)
	}
	told := false
	for _, p := range done.Problems {
		told = told || p.Severity == "warning" && strings.Contains(p.Message, "expired")
	}
	if !told {
		t.Errorf("it is not told any more: %+v", done.Problems)
	}
}

func TestTheDebugLogIsNoChangeOfTheConfiguration(t *testing.T) {
	h := whole(t)
	if err := h.managed.SetDebugLog(within(t), true); err != nil {
		t.Fatal(err)
	}
	config, _, err := h.Broker(within(t), false)
	if err != nil || config.Pending != nil || len(config.Problems) > 0 {
		t.Errorf("%+v %+v %v", config.Pending, config.Problems, err)
	}
	if len(h.versions(fileBroker)) != 1 {
		t.Error("it made a version")
	}
}

func TestASettingThatBunkerMSetsItselfIsNotChanged(t *testing.T) {
	h := whole(t)
	before := h.text()
	done, err := h.change(set("connection_messages", "false"))
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "20-log.conf") {
		t.Errorf("%+v %v", done, err)
	}
	if h.text() != before || len(h.versions(fileBroker)) != 1 {
		t.Error("something was touched")
	}
}

func TestTwoHundredListeners(t *testing.T) {
	h := whole(t)
	ports := make([]net.Listener, 200)
	var text strings.Builder
	text.WriteString(h.text())
	for i := range ports {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = ln
		fmt.Fprintf(&text, "listener %d 127.0.0.1\n", ln.Addr().(*net.TCPAddr).Port)
	}
	for _, ln := range ports {
		_ = ln.Close()
	}
	began := time.Now()
	done, err := h.put(text.String())
	if err != nil || done.Effect != "restart" {
		t.Fatalf("%+v %v", done.Effect, err)
	}
	t.Logf("it took %v", time.Since(began))
	config, _, err := h.Broker(within(t), false)
	if err != nil || len(config.Listeners) != 202 {
		t.Errorf("%d listeners: %v", len(config.Listeners), err)
	}
	h.works()
}

func TestAConfigurationOfFiveMegabytes(t *testing.T) {
	h := whole(t)
	var text strings.Builder
	text.WriteString(h.text())
	for text.Len() < 5<<20 {
		text.WriteString("# " + strings.Repeat("long ago this was different; ", 20) + "\n")
	}
	began := time.Now()
	done, err := h.put(text.String())
	if err != nil || done.Effect != "none" {
		t.Fatalf("%v %v", done.Effect, err)
	}
	if _, err := h.change(set("sys_interval", "7")); err != nil {
		t.Fatal(err)
	}
	t.Logf("it took %v", time.Since(began))
	h.mu.Lock()
	if size := len(fmt.Sprint(h.records)); size > 200<<10 {
		t.Errorf("the audit gets %d bytes", size)
	}
	h.mu.Unlock()
	if want := strings.Replace(text.String(), "sys_interval 2", "sys_interval 7", 1); h.text() != want {
		t.Error("the text is not what it should be")
	}
	h.works()
}

func TestWhatOnlyALookAtTheHostFinds(t *testing.T) {
	h := whole(t)
	uid, gid := h.managed.BrokerUser()
	write := func(name, text string) {
		path := filepath.Join(h.managed.BrokerDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if uid != -1 {
			if err := os.Chown(path, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	now := time.Now()
	write("good.pem", selfSigned(t))
	write("other.pem", selfSigned(t))
	write("old.pem", certificate(t, now.Add(-48*time.Hour), now.Add(-24*time.Hour)))
	write("young.pem", certificate(t, now.Add(24*time.Hour), now.Add(48*time.Hour)))
	write("ending.pem", certificate(t, now.Add(-24*time.Hour), now.Add(48*time.Hour)))
	write("text.pem", "this is none")
	both := brokertest.GoodCertificate(t)
	write("behind.pem", brokertest.GoodCertificate(t).Cert+both.Cert+both.Key)
	block, _ := pem.Decode([]byte(both.Cert))
	write("binary.crt", string(block.Bytes))
	port := freePort(t)
	for name, c := range map[string]struct{ cert, key, severity, says string }{
		"expired":     {"old.pem", "old.pem", "error", "expired"},
		"not yet":     {"young.pem", "young.pem", "error", "does not hold before"},
		"soon":        {"ending.pem", "ending.pem", "warning", "expires on"},
		"another key": {"good.pem", "other.pem", "error", "does not belong"},
		"none":        {"text.pem", "good.pem", "error", "no certificate"},
		"no key":      {"good.pem", "text.pem", "error", "no key"},
		"in DER":      {"binary.crt", "good.pem", "error", "no certificate"},
		"the order":   {"behind.pem", "behind.pem", "error", "wrong order"},
		"missing":     {"gone.pem", "good.pem", "error", "is not there"},
		"a folder":    {"bunkerm.d", "good.pem", "error", "is a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			text := h.text() + fmt.Sprintf("listener %d 127.0.0.1\ncertfile %s\nkeyfile %s\n", port, c.cert, c.key)
			checked, err := h.Validate(within(t), BrokerChange{Text: &text}, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range checked.Problems {
				if p.Severity == c.severity && strings.Contains(p.Message, c.says) && p.Line > 0 && p.File == "mosquitto.conf" {
					return
				}
			}
			t.Errorf("%+v", checked.Problems)
		})
	}
}

func TestSecretsAreShownToWhoMaySeeThemAlone(t *testing.T) {
	h := whole(t)
	const secret = "very-secret-indeed"
	if _, err := h.put(h.text() + "connection up\naddress 127.0.0.1:1\ntopic # out 1\nremote_username x\nremote_password " + secret + "\n"); err != nil {
		t.Fatal(err)
	}
	all := func() string {
		config, _, err := h.Broker(within(t), false)
		if err != nil {
			t.Fatal(err)
		}
		seen := fmt.Sprintf("%+v", config)
		for _, v := range h.versions(fileBroker) {
			d, err := h.Version(within(t), v.ID, "previous")
			if err != nil {
				t.Fatal(err)
			}
			seen += fmt.Sprintf("%+v", d)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		return seen + fmt.Sprintf("%+v", h.records)
	}
	if seen := all(); strings.Contains(seen, secret) || !strings.Contains(seen, "«unchanged»") {
		t.Error("the secret is shown, or nothing stands for it")
	}
	config, _, err := h.Broker(within(t), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.put(config.Text + "# a thought\n"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(h.text(), "remote_password "+secret+"\n") || !strings.HasSuffix(h.text(), "# a thought\n") {
		t.Errorf("the secret is not kept:\n%s", h.text())
	}
	if _, err := h.put(strings.Replace(config.Text, "connection up", "connection down", 1)); err == nil && !strings.Contains(h.text(), secret) {
		t.Error("a secret that nobody stored was taken for one")
	}
	h.denied = []string{permissionSecrets}
	if _, _, err := h.Broker(within(t), true); !fault.Is(err, fault.Forbidden) {
		t.Errorf("%v", err)
	}
	h.denied = nil
	if config, _, err := h.Broker(within(t), true); err != nil || !strings.Contains(config.Text, secret) {
		t.Errorf("an admin does not see it: %v", err)
	}
}
