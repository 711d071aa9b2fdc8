package auth_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

const good = "seven blue kettles"

// house is an installation with its accounts.
type house struct {
	*auth.People
	t      *testing.T
	clock  *clock
	hashes atomic.Int64
	dir    string

	mu       sync.Mutex
	recorded []string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: newClock(), dir: t.TempDir()}
	h.open()
	return h
}

// open opens the installation, again after the first time.
func (h *house) open() {
	h.t.Helper()
	db := storetest.OpenWith(h.t, store.Options{Path: filepath.Join(h.dir, "bunkerm.db"), Migrations: auth.Migrations(), Clock: h.clock.Now})
	keys := open(h.t, auth.Options{Path: filepath.Join(h.dir, "api-key"), Logger: slog.New(slog.DiscardHandler), Clock: h.clock.Now})
	people, err := auth.OpenPeople(h.t.Context(), auth.PeopleOptions{
		Store: db, Keys: keys, SetupFile: filepath.Join(h.dir, "setup-token"), Clock: h.clock.Now,
		Hashed: func() { h.hashes.Add(1) },
		Record: func(ctx context.Context, action, object string, before, after any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.recorded = append(h.recorded, fmt.Sprintf("%s %s %s %v %v", auth.Actor(ctx), action, object, before, after))
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.People = people
}

func from(address string) context.Context {
	return auth.WithOrigin(context.Background(), auth.Origin{Address: netip.MustParseAddr(address), Scheme: "http", BasePath: "/"})
}

func (h *house) user(name string, role auth.Role) {
	h.t.Helper()
	password := good
	if _, _, err := h.CreateUser(h.t.Context(), auth.NewUser{Username: name, Role: role, Password: &password}); err != nil {
		h.t.Fatal(err)
	}
}

// signIn signs in and returns the token.
func (h *house) signIn(name, address string) (auth.Principal, string) {
	h.t.Helper()
	p, token, err := h.SignIn(from(address), name, good)
	if err != nil {
		h.t.Fatal(err)
	}
	return p, token
}

func wantKind(t *testing.T, err error, kind fault.Kind) *fault.Error {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("want a fault of kind %d: %v", kind, err)
	}
	return fault.From(err)
}

func closed(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	default:
		return false
	}
}

func TestASessionBeginsAndEnds(t *testing.T) {
	h := openHouse(t)
	h.user("Jo", auth.Operator)
	me, token := h.signIn("jO", "192.0.2.1")
	if me.Name != "Jo" || me.Role != auth.Operator || me.Via != auth.ViaSession || closed(me.Ended) {
		t.Errorf("%+v", me)
	}
	if again, ok := h.Session(t.Context(), token); !ok || again.ID != me.ID {
		t.Errorf("%+v %v", again, ok)
	}
	for _, wrong := range []string{"", "x", token + "x", me.ID} {
		if p, ok := h.Session(t.Context(), wrong); ok {
			t.Errorf("%q lets %+v in", wrong, p)
		}
	}
	_, other := h.signIn("Jo", "192.0.2.1")
	if other == token {
		t.Error("two sign-ins have one token")
	}
	if list := h.Sessions("jo", me.ID); len(list) != 2 || list[0].Address != "192.0.2.1" || list[0].Current == list[1].Current {
		t.Errorf("%+v", list)
	}
	// A session outlives us, and its token is nowhere to be read.
	h.open()
	me, ok := h.Session(t.Context(), token)
	if !ok || me.Name != "Jo" {
		t.Fatalf("after a restart: %+v %v", me, ok)
	}
	if err := h.SignOut(t.Context(), me); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Session(t.Context(), token); ok || !closed(me.Ended) {
		t.Error("signed out and still in")
	}
	h.open()
	if _, ok := h.Session(t.Context(), token); ok {
		t.Error("a restart brings back who has signed out")
	}
	if _, ok := h.Session(t.Context(), other); !ok {
		t.Error("signing out ended another session")
	}
}

func TestSessionsGetOld(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Viewer)
	_, idle := h.signIn("jo", "192.0.2.1")
	_, busy := h.signIn("jo", "192.0.2.1")
	for range 59 * 24 / 11 {
		if _, ok := h.Session(t.Context(), busy); !ok {
			break
		}
		h.clock.Advance(11 * time.Hour)
	}
	if _, ok := h.Session(t.Context(), idle); ok {
		t.Error("an idle session lasts")
	}
	if _, ok := h.Session(t.Context(), busy); ok {
		t.Error("a busy session lasts for ever")
	}
	_, token := h.signIn("jo", "192.0.2.1")
	h.clock.Advance(11*time.Hour + 59*time.Minute)
	if _, ok := h.Session(t.Context(), token); !ok {
		t.Error("a session ends too early")
	}
}

func TestWhatEndsSessions(t *testing.T) {
	next := "seven red kettles"
	yes, viewer := true, auth.Viewer
	for name, c := range map[string]struct {
		do   func(h *house, me auth.Principal) error
		mine bool // my own session stays
		ends bool // what goes on stops
	}{
		"a new password of mine": {func(h *house, me auth.Principal) error { return h.ChangePassword(from("192.0.2.1"), me, good, next) }, true, false},
		"a reset":                {func(h *house, _ auth.Principal) error { _, err := h.ResetPassword(t.Context(), "jo"); return err }, false, true},
		"disabling": {func(h *house, _ auth.Principal) error {
			_, err := h.UpdateUser(t.Context(), "jo", auth.UserFields{Disabled: &yes})
			return err
		}, false, true},
		"removal": {func(h *house, _ auth.Principal) error { return h.RemoveUser(t.Context(), "jo") }, false, true},
		"another role": {func(h *house, _ auth.Principal) error {
			_, err := h.UpdateUser(t.Context(), "jo", auth.UserFields{Role: &viewer})
			return err
		}, true, true},
		"ending it":         {func(h *house, me auth.Principal) error { return h.EndSession(t.Context(), "jo", me.ID) }, false, true},
		"ending the others": {func(h *house, me auth.Principal) error { return h.EndOtherSessions(t.Context(), "jo", me.ID) }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			h.user("root", auth.Admin)
			h.user("jo", auth.Operator)
			me, token := h.signIn("jo", "192.0.2.1")
			other, otherToken := h.signIn("jo", "192.0.2.2")
			bystander, bystanderToken := h.signIn("root", "192.0.2.3")
			if err := c.do(h, me); err != nil {
				t.Fatal(err)
			}
			now, ok := h.Session(t.Context(), token)
			if ok != c.mine || closed(me.Ended) != c.ends {
				t.Errorf("my session is in: %v, what went on has ended: %v", ok, closed(me.Ended))
			}
			if ok && closed(now.Ended) {
				t.Error("what begins now has ended already")
			}
			if name == "another role" && now.Role != auth.Viewer {
				t.Errorf("the new role does not hold: %+v", now)
			}
			if _, ok := h.Session(t.Context(), otherToken); ok != (name == "another role" || name == "ending it") {
				t.Errorf("the other session is in: %v (%v)", ok, closed(other.Ended))
			}
			if _, ok := h.Session(t.Context(), bystanderToken); !ok || closed(bystander.Ended) {
				t.Error("somebody else was put out")
			}
		})
	}
}

func TestOneAdminStays(t *testing.T) {
	h := openHouse(t)
	h.user("root", auth.Admin)
	h.user("jo", auth.Operator)
	yes, no, viewer, admin := true, false, auth.Viewer, auth.Admin
	wantKind(t, h.RemoveUser(t.Context(), "ROOT"), fault.Conflict)
	for _, f := range []auth.UserFields{{Role: &viewer}, {Disabled: &yes}} {
		_, err := h.UpdateUser(t.Context(), "root", f)
		wantKind(t, err, fault.Conflict)
	}
	if u, err := h.User(t.Context(), "root"); err != nil || u.Role != auth.Admin || u.Disabled {
		t.Fatalf("a refused change was made: %+v %v", u, err)
	}
	// A disabled admin does not count.
	if _, err := h.UpdateUser(t.Context(), "jo", auth.UserFields{Role: &admin, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, h.RemoveUser(t.Context(), "root"), fault.Conflict)
	if _, err := h.UpdateUser(t.Context(), "jo", auth.UserFields{Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	if err := h.RemoveUser(t.Context(), "root"); err != nil {
		t.Fatal(err)
	}
	// Of two admins who remove each other at the same moment, one stays.
	h.user("amy", auth.Admin)
	var both sync.WaitGroup
	var removed atomic.Int64
	for _, name := range []string{"jo", "amy"} {
		both.Go(func() {
			if h.RemoveUser(t.Context(), name) == nil {
				removed.Add(1)
			}
		})
	}
	both.Wait()
	if removed.Load() != 1 {
		t.Errorf("%d admins were removed", removed.Load())
	}
}

func TestAccountsAreChecked(t *testing.T) {
	h := openHouse(t)
	ok := good
	for _, c := range []struct{ name, password, at string }{
		{"", good, "body.username"}, {strings.Repeat("x", 65), good, "body.username"}, {" jo", good, "body.username"}, {"j\u200bo", good, "body.username"},
		{"j\no", good, "body.username"}, {"a/b", good, "body.username"}, {"..", good, "body.username"},
		{"jo", "eleven char", "body.password"}, {"jo", strings.Repeat("x", 1025), "body.password"}, {"jo", "passwordpassword", "body.password"},
		{"jo", "bunkerm123456", "body.password"}, {"jo", "123456789012", "body.password"}, {"jo", "qwertyuiopas", "body.password"},
		{"jo", "aaaaaaaaaaaaaa", "body.password"}, {"josephine-baker", "josephine-baker1", "body.password"},
	} {
		_, _, err := h.CreateUser(t.Context(), auth.NewUser{Username: c.name, Role: auth.Viewer, Password: &c.password})
		if f := wantKind(t, err, fault.Invalid); len(f.Fields) != 1 || f.Fields[0].Location != c.at {
			t.Errorf("%q %q: %+v", c.name, c.password, f.Fields)
		}
	}
	for _, name := range []string{"jo", "Jörg", "温度", "a.b@example.org", strings.Repeat("x", 64)} {
		if _, _, err := h.CreateUser(t.Context(), auth.NewUser{Username: name, Role: auth.Viewer, Password: &ok}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, _, err := h.CreateUser(t.Context(), auth.NewUser{Username: "JÖRG", Role: auth.Viewer, Password: &ok})
	wantKind(t, err, fault.Conflict)
	_, _, err = h.CreateUser(t.Context(), auth.NewUser{Username: "x", Role: auth.Metrics, Password: &ok})
	wantKind(t, err, fault.Invalid)
	u, password, err := h.CreateUser(t.Context(), auth.NewUser{Username: "new", Role: auth.Viewer})
	if err != nil || len(password) != 20 || u.LastSignIn != nil {
		t.Fatalf("%+v %q %v", u, password, err)
	}
	if _, _, err := h.SignIn(from("192.0.2.1"), "new", password); err != nil {
		t.Error(err)
	}
	page, total, err := h.Users(t.Context(), "JO", 10, 0)
	if err != nil || total != 1 || page[0].Username != "jo" {
		t.Errorf("%+v %d %v", page, total, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if all := strings.Join(h.recorded, "\n"); strings.Contains(all, password) || strings.Contains(all, good) || strings.Contains(all, "argon2") {
		t.Errorf("a secret was recorded:\n%s", all)
	}
}

func TestAnEndedSessionIsRecordedUnderTheAccountsOwnName(t *testing.T) {
	h := openHouse(t)
	h.user("Jo", auth.Admin)
	me, _ := h.signIn("Jo", "192.0.2.1")
	if err := h.EndSession(t.Context(), "jO", me.ID); err != nil {
		t.Fatal(err)
	}
	if last := h.recorded[len(h.recorded)-1]; !strings.Contains(last, "auth.session.end user/Jo ") {
		t.Error(last)
	}
}

func TestWhatChangesNothingIsNotRecorded(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	me, token := h.signIn("jo", "192.0.2.1")
	before := len(h.recorded)
	role, disabled := auth.Admin, false
	for _, f := range []auth.UserFields{{}, {Role: &role}, {Disabled: &disabled}} {
		if u, err := h.UpdateUser(t.Context(), "jo", f); err != nil || u.Role != auth.Admin {
			t.Errorf("%+v: %+v, %v", f, u, err)
		}
	}
	if _, in := h.Session(t.Context(), token); !in || closed(me.Ended) || len(h.recorded) != before {
		t.Errorf("signed in: %v; recorded: %v", in, h.recorded[before:])
	}
}
