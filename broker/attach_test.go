package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

func TestAttachNamesTheBroker(t *testing.T) {
	for value, want := range map[string]string{
		"mqtt://plant":                "mqtt://plant:1883",
		"mqtts://plant/":              "mqtts://plant:8883",
		"MQTTS://plant.example:18883": "mqtts://plant.example:18883",
		"mqtt://[::1]:1884":           "mqtt://[::1]:1884",
		"mqtts://192.0.2.7":           "mqtts://192.0.2.7:8883",
	} {
		e, err := broker.Attach(broker.AttachOptions{URL: value})
		if err != nil || e.Name != want || e.Dial == nil || e.Password != nil {
			t.Errorf("%s becomes %q, %v", value, e.Name, err)
		}
	}
}

func TestAttachRefusesBadSettings(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := newAuthority(t)
	cert, key := ca.issue(t, "client")
	_, otherKey := ca.issue(t, "other")
	const secret = "hunter2-is-secret"
	missing := filepath.Join(dir, "missing")
	tests := map[string]struct {
		o    broker.AttachOptions
		want []string // in message or hint
	}{
		"empty":             {broker.AttachOptions{}, []string{"--broker", "mqtt://host:1883"}},
		"no scheme":         {broker.AttachOptions{URL: "plant:1883"}, []string{"plant:1883", "mqtt://host:1883"}},
		"no host":           {broker.AttachOptions{URL: "mqtt://:1883"}, []string{"mqtt://:1883"}},
		"websocket":         {broker.AttachOptions{URL: "ws://plant"}, []string{"websocket", "mqtts://host:8883"}},
		"other scheme":      {broker.AttachOptions{URL: "http://plant"}, []string{`"http"`}},
		"path":              {broker.AttachOptions{URL: "mqtt://plant/mqtt"}, []string{"host and port"}},
		"port 0":            {broker.AttachOptions{URL: "mqtt://plant:0"}, []string{"1 to 65535"}},
		"port 70000":        {broker.AttachOptions{URL: "mqtt://plant:70000"}, []string{"1 to 65535"}},
		"port in letters":   {broker.AttachOptions{URL: "mqtt://plant:mqtt"}, []string{"not the address"}},
		"account":           {broker.AttachOptions{URL: "mqtt://u:" + secret + "@plant"}, []string{"--broker-user", "PASSWORD_FILE"}},
		"account, unparsed": {broker.AttachOptions{URL: "mqtt://u:%" + secret + "@plant"}, []string{"--broker-user"}},
		"password alone":    {broker.AttachOptions{URL: "mqtt://p", Password: secret}, []string{"--broker-user"}},
		"two passwords": {broker.AttachOptions{URL: "mqtt://p", Username: "u", Password: secret, PasswordFile: missing},
			[]string{"both"}},
		"long password": {broker.AttachOptions{URL: "mqtt://p", Username: "u",
			Password: strings.Repeat(secret, 10_000)}, []string{"longer"}},
		"no password file": {broker.AttachOptions{URL: "mqtt://p", Username: "u", PasswordFile: missing},
			[]string{"BUNKERM_BROKER_PASSWORD_FILE", missing, "does not exist"}},
		"empty password file": {broker.AttachOptions{URL: "mqtt://p", Username: "u", PasswordFile: file("empty", "\n")},
			[]string{"one line"}},
		"two lines": {broker.AttachOptions{URL: "mqtt://p", Username: "u", PasswordFile: file("two", secret+"\nb\n")},
			[]string{"one line"}},
		"TLS file without TLS": {broker.AttachOptions{URL: "mqtt://p", CAFile: ca.file}, []string{"--broker-ca", "mqtts://"}},
		"no CA file":           {broker.AttachOptions{URL: "mqtts://p", CAFile: missing}, []string{"--broker-ca", missing}},
		"CA of nothing":        {broker.AttachOptions{URL: "mqtts://p", CAFile: file("ca", secret)}, []string{"no certificate"}},
		"certificate alone":    {broker.AttachOptions{URL: "mqtts://p", CertFile: cert}, []string{"--broker-key"}},
		"key alone":            {broker.AttachOptions{URL: "mqtts://p", KeyFile: key}, []string{"--broker-cert"}},
		"no key file": {broker.AttachOptions{URL: "mqtts://p", CertFile: cert, KeyFile: missing},
			[]string{"--broker-key", missing}},
		"foreign key": {broker.AttachOptions{URL: "mqtts://p", CertFile: cert, KeyFile: otherKey},
			[]string{"--broker-cert", "--broker-key"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := broker.Attach(test.o)
			f := fault.From(err)
			if f.Kind != fault.Invalid {
				t.Fatalf("%v", err)
			}
			said := f.Message + " | " + f.HintText
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q does not say %q", said, want)
				}
			}
			if strings.Contains(said+f.Error(), secret) {
				t.Errorf("%q holds a secret", f.Error())
			}
		})
	}
}

func TestAttachReadsThePasswordAgain(t *testing.T) {
	b := brokertest.Start(t)
	name := filepath.Join(t.TempDir(), "password")
	write := func(password string) {
		if err := os.WriteFile(name, []byte(password+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("not this one")
	e, err := broker.Attach(broker.AttachOptions{URL: "mqtt://" + b.Addr, Username: b.AdminUsername, PasswordFile: name})
	if err != nil {
		t.Fatal(err)
	}
	s, r := startSession(t, broker.SessionOptions{Endpoint: e})
	refusedState(t, s, broker.StateRefused, b.AdminUsername)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	eventually(t, "noticing that the file is gone", func() bool {
		return strings.Contains(s.Status().Detail, "does not exist")
	})
	write(b.AdminPassword)
	eventually(t, "letting in", func() bool { return s.Status().State == broker.StateConnected })
	if strings.Contains(r.logged(), b.AdminPassword) {
		t.Error("the log holds the password")
	}
}
