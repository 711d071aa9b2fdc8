package dynsec

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
)

// offlineText is a broker's file at hand.
type offlineText struct {
	Offline
	text []byte
}

func (o offlineText) ReadDynsec() ([]byte, error) { return o.text, nil }

// statusOnly is a broker that is asked for nothing but its version.
type statusOnly struct {
	Control
	version string
}

func (s statusOnly) OnEvent(func(broker.Event)) {}

func (s statusOnly) Status() broker.Status { return broker.Status{Version: s.version} }

// FuzzMergeFiles merges whatever somebody sends with a state: it ends, leaves what is ours alone, and makes a file that
// the broker can start with.
func FuzzMergeFiles(f *testing.F) {
	const own = `{"username":"bunkerm","roles":[{"rolename":"bunkerm"}]}`
	const state = `{"clients":[` + own + `,{"username":"a","roles":[{"rolename":"imported a"}]}],"roles":[{"rolename":"bunkerm","acls":[]},` +
		`{"rolename":"imported a","acls":[]}],"groups":[{"groupname":"imported anonymous","clients":[{"username":"a"}]}],"anonymousGroup":"imported anonymous"}`
	f.Add("a:$7$1$AAAA$BBBB\nbunkerm:x\nb:plain", "topic a\nuser a\ntopic b\npattern deny %u/%c\nuser bunkerm\ntopic #", "", false, true)
	f.Add("", "", state, true, false)
	f.Add("", "", `{"clients":[{"username":"bunkerm"},{"username":"c","encoded_password":"$7$1000$AAAAAAAAAAAAAAAA$B","groups":[]}],`+
		`"groups":[{"groupname":"g","clients":[{"username":"c"},{"username":"c"}]}],"roles":[{"rolename":"bunkerm"}],"anonymousGroup":"nobody"}`, true, true)
	f.Fuzz(func(t *testing.T, passwords, rules, dynsec string, update, modern bool) {
		version := "2.0.11"
		if modern {
			version = "2.1.2"
		}
		s := New(Options{Control: statusOnly{version: version}, Offline: offlineText{text: []byte(state)}, Own: []string{"bunkerm"}, OwnRoles: []string{"bunkerm"}})
		files := AccessFiles{PasswordFile: &passwords, ACLFile: &rules}
		if dynsec != "" {
			files = AccessFiles{Dynsec: &dynsec}
		}
		m, err := s.planFiles(t.Context(), files, FilesOptions{Update: update, Restart: true, DryRun: true})
		if err != nil {
			return
		}
		if err := m.after.Check(); err != nil {
			t.Error(err)
		}
		was, is := m.before.Client("bunkerm"), m.after.Client("bunkerm")
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("our own account: %s", diff)
		}
		if diff := cmp.Diff(m.before.Role("bunkerm"), m.after.Role("bunkerm")); diff != "" {
			t.Errorf("our own role: %s", diff)
		}
		if !update {
			if diff := cmp.Diff(m.before.Client("a"), m.after.Client("a")); diff != "" {
				t.Errorf("a client that stays as it is: %s", diff)
			}
		}
		if again, err := broker.ParseDynsecFile(m.after.Bytes()); err != nil {
			t.Errorf("the file cannot be read: %v", err)
		} else if err := again.Check(); err != nil {
			t.Error(err)
		}
	})
}
