package auth_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// interrupted is an installation in which something happens while a password is being compared, once.
type interrupted struct {
	*auth.People
	then func()
}

func openInterrupted(t *testing.T) *interrupted {
	t.Helper()
	dir, in := t.TempDir(), &interrupted{}
	people, err := auth.OpenPeople(t.Context(), auth.PeopleOptions{
		Store: storetest.OpenWith(t, store.Options{Path: filepath.Join(dir, "bunkerm.db"), Migrations: auth.Migrations()}),
		Keys:  open(t, auth.Options{Path: filepath.Join(dir, "api-key")}), SetupFile: filepath.Join(dir, "setup-token"),
		Hashed: func() {
			if then := in.then; then != nil {
				in.then = nil
				then()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	password := good
	for name, role := range map[string]auth.Role{"root": auth.Admin, "jo": auth.Operator} {
		if _, _, err := people.CreateUser(t.Context(), auth.NewUser{Username: name, Role: role, Password: &password}); err != nil {
			t.Fatal(err)
		}
	}
	in.People = people
	return in
}

func TestAnAccountThatChangesWhileItsPasswordIsCompared(t *testing.T) {
	yes, viewer, next := true, auth.Viewer, "seven red kettles"
	for name, c := range map[string]struct {
		do func(p *auth.People) error
		in bool
	}{
		"disabled": {func(p *auth.People) error {
			_, err := p.UpdateUser(t.Context(), "jo", auth.UserFields{Disabled: &yes})
			return err
		}, false},
		"removed": {func(p *auth.People) error { return p.RemoveUser(t.Context(), "jo") }, false},
		"a new password": {func(p *auth.People) error {
			_, err := p.UpdateUser(t.Context(), "jo", auth.UserFields{Password: &next})
			return err
		}, false},
		"another role": {func(p *auth.People) error {
			_, err := p.UpdateUser(t.Context(), "jo", auth.UserFields{Role: &viewer})
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			people := openInterrupted(t)
			people.then = func() {
				if err := c.do(people.People); err != nil {
					t.Error(err)
				}
			}
			me, token, err := people.SignIn(from("192.0.2.1"), "jo", good)
			if !c.in {
				wantKind(t, err, fault.Unauthorized)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if now, ok := people.Session(t.Context(), token); !ok || now.Role != auth.Viewer || me.Role != auth.Viewer {
				t.Errorf("it began with the old role: %+v, then %+v", me, now)
			}
		})
	}
}

func TestAResetWhileOneChangesOnesPasswordWins(t *testing.T) {
	people := openInterrupted(t)
	me, _, err := people.SignIn(from("192.0.2.1"), "jo", good)
	if err != nil {
		t.Fatal(err)
	}
	var reset string
	people.then = func() {
		if reset, err = people.ResetPassword(t.Context(), "jo"); err != nil {
			t.Error(err)
		}
	}
	wantKind(t, people.ChangePassword(from("192.0.2.1"), me, good, "seven red kettles"), fault.Invalid)
	if _, _, err := people.SignIn(from("192.0.2.1"), "jo", reset); err != nil {
		t.Errorf("the password of the reset is not good: %v", err)
	}
}

func TestABrowserThatSignsInAgainLeavesNoSessionBehind(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	before, old := h.signIn("jo", "192.0.2.1")
	_, token, err := h.SignIn(auth.WithPrincipal(from("192.0.2.1"), before), "jo", good)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Session(t.Context(), old); ok || !closed(before.Ended) {
		t.Error("the token that the browser had before is still good")
	}
	h.open()
	if _, ok := h.Session(t.Context(), old); ok {
		t.Error("a restart brings it back")
	}
	if _, ok := h.Session(t.Context(), token); !ok {
		t.Error("the new token is not good")
	}
}

func TestSessionsOfOneAccountAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("computes a hundred hashes")
	}
	h := openHouse(t)
	h.user("jo", auth.Admin)
	h.user("amy", auth.Admin)
	_, amy := h.signIn("amy", "192.0.2.1")
	_, used := h.signIn("jo", "192.0.2.1")
	_, unused := h.signIn("jo", "192.0.2.1")
	for range 99 {
		h.clock.Advance(time.Second)
		if _, ok := h.Session(t.Context(), used); !ok {
			t.Fatal("a session that is used was ended")
		}
		h.signIn("jo", "192.0.2.1")
	}
	for range 2 {
		if n := len(h.Sessions("jo", "")); n != 100 {
			t.Errorf("%d sessions", n)
		}
		if _, ok := h.Session(t.Context(), unused); ok {
			t.Error("the session that was not used for the longest time stayed")
		}
		if _, ok := h.Session(t.Context(), amy); !ok {
			t.Error("somebody else's session was ended")
		}
		h.open()
	}
}

func TestNobodyIsCalledLikeAKey(t *testing.T) {
	h := openHouse(t)
	for _, name := range []string{"key:grafana", "KEY:x", "API-Key", "Command Line", "jo\xff"} {
		_, _, err := h.CreateUser(t.Context(), auth.NewUser{Username: name, Role: auth.Viewer})
		wantKind(t, err, fault.Invalid)
	}
}

func TestAnAccountMakesTheTokenOfTheSetUpGoAway(t *testing.T) {
	h := openHouse(t)
	token := h.token()
	h.user("jo", auth.Admin)
	if found, _ := filepath.Glob(filepath.Join(h.dir, "setup-token")); len(found) != 0 {
		t.Error("the file is still there")
	}
	_, _, err := h.SetUp(from("192.0.2.1"), token, "eve", good)
	wantKind(t, err, fault.Conflict)
}

func TestWhatABrowserSaysOfItselfIsCut(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	long := ""
	for i := range 200 {
		long += fmt.Sprintf("ü%d", i%10)
	}
	o := auth.OriginFrom(from("192.0.2.1"))
	o.UserAgent = long
	if _, _, err := h.SignIn(auth.WithOrigin(t.Context(), o), "jo", good); err != nil {
		t.Fatal(err)
	}
	list := h.Sessions("jo", "")
	if len(list) != 1 || len(list[0].UserAgent) > 256 || len(list[0].UserAgent) < 250 || long[:len(list[0].UserAgent)] != list[0].UserAgent {
		t.Errorf("%+v", list)
	}
}
