package dynsec

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// imported is a service on a real broker, with what its tests look at.
type imported struct {
	*Service
	b     *brokertest.Broker
	admin bool          // whether the permission dynsec:admin is there
	away  time.Duration // how long the broker was away for the last edit of its file

	mu  sync.Mutex
	log bytes.Buffer
}

func (i *imported) Write(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.log.Write(p)
}

func (i *imported) logged() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.log.String()
}

// EditDynsec is what a managed broker does, in its plainest form.
func (i *imported) EditDynsec(_ context.Context, edit func(*broker.DynsecFile) error) error {
	path := filepath.Join(i.b.Dir, "dynamic-security.json")
	began := time.Now()
	i.b.Stop()
	defer func() {
		i.b.Start()
		i.away = time.Since(began)
	}()
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the dynamic security file: %w", err)
	}
	f, err := broker.ParseDynsecFile(data)
	if err != nil {
		return err
	}
	if err := edit(f); err != nil {
		return err
	}
	if err := f.Check(); err != nil {
		return err
	}
	return os.WriteFile(path, f.Bytes(), 0o600)
}

// ReadDynsec reads the file of a broker that runs.
func (i *imported) ReadDynsec() ([]byte, error) {
	return os.ReadFile(filepath.Join(i.b.Dir, "dynamic-security.json"))
}

func startImport(t testing.TB) *imported {
	t.Helper()
	i := &imported{b: brokertest.Start(t), admin: true}
	log := slog.New(slog.NewTextHandler(i, nil))
	session := broker.NewSession(broker.SessionOptions{Endpoint: i.b.UnixEndpoint(), Logger: log})
	i.Service = New(Options{Control: session, Logger: log, Own: []string{i.b.AdminUsername}, OwnRoles: []string{"admin"},
		Allowed: func(context.Context, string) bool { return i.admin }, Offline: i})
	if err := session.Start(t.Context()); err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.Background()); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	i.b.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "r"}, broker.Command{"command": "createRole", "rolename": "r@2"},
		broker.Command{"command": "createRole", "rolename": "control", "acls": []ACL{{Acltype: PublishClientSend, Topic: "$CONTROL/x", Allow: true}}},
		broker.Command{"command": "createGroup", "groupname": "g"}, broker.Command{"command": "createGroup", "groupname": "h"},
		broker.Command{"command": "createClient", "username": "there", "password": "old", "textname": "kept", "groups": []GroupRef{{"g", 1}}})
	return i
}

func (i *imported) mustImport(t testing.TB, file string, o ImportOptions) ImportResult {
	t.Helper()
	if o.ContentType == "" {
		o.ContentType = "text/csv"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	result, err := i.Import(ctx, []byte(file), o)
	if err != nil {
		t.Fatalf("importing: %v", err)
	}
	return result
}

// counts is what matters of a result in most tests.
func counts(r ImportResult) string {
	s := fmt.Sprintf("created %d, updated %d, skipped %d", r.Created, r.Updated, r.Skipped)
	for _, f := range r.Failed {
		s += fmt.Sprintf("\n%d %s: %s", f.Line, f.Username, f.Reason)
	}
	return s
}

const mixedFile = `username,password,clientid,textname,disabled,roles,groups
new,` + canary + `1,only-this,"A, name",,r;r@2@7,g@3;h
without,,,,,,
sleeping,` + canary + `2,,,true,r,g
there,` + canary + `3,,changed,,r,h
.,` + canary + `,,,,,
new,` + canary + `,,,,,
admin,` + canary + `,,,,,
x,` + canary + `,,,,nobody;r;r,
y,` + canary + `,,,maybe,,
z,` + canary + `,,,,control,
own,` + canary + `,,,,admin,
short,` + canary + `
`

const mixedFailures = `
6 .: username: must not be . or .., which no URL can carry
7 new: repeats the username of line 2
8 admin: is BunkerM's own account, which cannot be changed
9 x: roles[0].rolename: there is no role of this name; roles[2].rolename: repeats entry 1
10 y: disabled must be true or false
12 own: carries BunkerM's own role, which nobody else may have
13 short: the line has 2 cells, the header has 7`

func TestImportOfEveryKindOfLine(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart=%v", restart), func(t *testing.T) {
			i := startImport(t)
			before := readState(t, i.b)
			dry := i.mustImport(t, mixedFile, ImportOptions{DryRun: true, Update: true, Restart: restart})
			if want := "created 4, updated 1, skipped 0" + mixedFailures; counts(dry) != want {
				t.Errorf("dry run: %s", cmp.Diff(want, counts(dry)))
			}
			if dry.EstimateSeconds <= 0 || dry.EstimateSeconds > 60 {
				t.Errorf("estimate %v s for five clients", dry.EstimateSeconds)
			}
			if diff := diffStates(before, readState(t, i.b)); diff != "" {
				t.Errorf("the dry run changed something: %s", diff)
			}

			i.admin = false
			r := i.mustImport(t, mixedFile, ImportOptions{Restart: restart})
			want := "created 3, updated 0, skipped 1" + strings.Replace(mixedFailures, "\n12",
				"\n11 z: concerns rights on $CONTROL, for which the permission dynsec:admin is needed\n12", 1)
			if counts(r) != want {
				t.Errorf("first time: %s", cmp.Diff(want, counts(r)))
			}
			i.admin = true
			r = i.mustImport(t, mixedFile, ImportOptions{Update: true, Restart: restart})
			// Passwords cannot be compared, so lines with one are updated again.
			if want := "created 1, updated 3, skipped 1" + mixedFailures; counts(r) != want {
				t.Errorf("second time: %s", cmp.Diff(want, counts(r)))
			}
			i.checkMixed(t)
			if all := i.logged() + fmt.Sprint(dry, r); strings.Contains(all, canary) {
				t.Errorf("a password is shown:\n%s", all)
			}
		})
	}
}

// checkMixed looks at what the broker holds after mixedFile.
func (i *imported) checkMixed(t *testing.T) {
	t.Helper()
	st := readState(t, i.b)
	for _, want := range []*Client{
		{Username: "new", Clientid: "only-this", Textname: "A, name", Roles: []RoleRef{{"r@2", 7}, {"r", -1}}, Groups: []GroupRef{{"g", 3}, {"h", -1}}},
		{Username: "without"},
		{Username: "sleeping", Disabled: true, Roles: []RoleRef{{"r", -1}}, Groups: []GroupRef{{"g", -1}}},
		{Username: "there", Textname: "changed", Roles: []RoleRef{{"r", -1}}, Groups: []GroupRef{{"h", -1}}},
		{Username: "z", Roles: []RoleRef{{"control", -1}}},
	} {
		got, ok := st.Client(want.Username)
		if !ok || !sameClient(got, want) {
			t.Errorf("client = %+v, want %+v", got, want)
		}
	}
	mirrored, err := i.state(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := diffStates(st, mirrored); diff != "" {
		t.Errorf("the mirror differs from the broker: %s", diff)
	}
	if _, err := i.b.Connect(t, "new", canary+"1", "only-this"); err != nil {
		t.Errorf("the new client cannot log in: %v", err)
	}
	if _, err := i.b.Connect(t, "there", canary+"3", "there"); err != nil {
		t.Errorf("the changed client cannot log in: %v", err)
	}
	if _, err := i.b.Connect(t, "sleeping", canary+"2", "sleeping"); err == nil {
		t.Error("the disabled client can log in")
	}
	i.b.MustControl(t, broker.Command{"command": "enableClient", "username": "sleeping"})
	if _, err := i.b.Connect(t, "sleeping", canary+"2", "sleeping"); err != nil {
		t.Errorf("the client that was disabled cannot log in when enabled: %v", err)
	}
}

// diffStates compares what two states say of clients.
func diffStates(a, b *State) string {
	list := func(st *State) []string {
		var lines []string
		for _, c := range st.Clients {
			lines = append(lines, fmt.Sprint(c.Username, c.Clientid, c.Textname, c.Textdescription, c.Disabled, c.Roles, c.Groups))
		}
		return lines
	}
	return cmp.Diff(list(a), list(b))
}

func TestImportOfJSONClearsWhatIsEmpty(t *testing.T) {
	i := startImport(t)
	r := i.mustImport(t, `[{"username":"there","textname":"","groups":[]}]`, ImportOptions{ContentType: "application/json", Update: true})
	if want := "created 0, updated 1, skipped 0"; counts(r) != want {
		t.Errorf("%s", cmp.Diff(want, counts(r)))
	}
	got, _ := readState(t, i.b).Client("there")
	if got.Textname != "" || len(got.Groups) != 0 {
		t.Errorf("client = %+v", got)
	}
	r = i.mustImport(t, `[{"username":"there","textname":"","groups":[]}]`, ImportOptions{ContentType: "application/json", Update: true})
	if want := "created 0, updated 0, skipped 1"; counts(r) != want {
		t.Errorf("again: %s", cmp.Diff(want, counts(r)))
	}
}

func TestImportWithRestartNeedsAManagedBroker(t *testing.T) {
	i := startImport(t)
	i.o.Offline = nil
	_, err := i.Import(t.Context(), []byte("username\na\n"), ImportOptions{ContentType: "text/csv", Restart: true})
	if !fault.Is(err, fault.Conflict) || fault.From(err).HintText == "" {
		t.Errorf("error = %v", err)
	}
}

// TestImportWithRestartCountsTheSessionsItCut waits until the broker has told how many there are.
func TestImportWithRestartCountsTheSessionsItCut(t *testing.T) {
	i := startImport(t)
	for k := range 3 {
		if _, err := i.b.Connect(t, "there", "old", fmt.Sprintf("device-%d", k)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "three sessions are counted", func() bool {
		r := i.mustImport(t, "username\nx\n", ImportOptions{Restart: true, DryRun: true})
		return r.SessionsCut != nil && *r.SessionsCut == 3
	})
	if r := i.mustImport(t, "username\nx\n", ImportOptions{Restart: true}); r.SessionsCut == nil || *r.SessionsCut != 3 || r.Created != 1 {
		t.Errorf("result = %+v", r)
	}
}
