package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

func (h *house) token() string {
	h.t.Helper()
	token, err := h.NewSetupToken(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func TestTheFirstAccountNeedsTheToken(t *testing.T) {
	h := openHouse(t)
	if needed, err := h.SetupNeeded(t.Context()); err != nil || !needed {
		t.Fatal(needed, err)
	}
	_, _, err := h.SetUp(from("192.0.2.1"), "", "jo", good)
	wantKind(t, err, fault.Forbidden)
	token := h.token()
	file := filepath.Join(h.dir, "setup-token")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	_, _, err = h.SetUp(from("192.0.2.1"), token, "jo", "short")
	wantKind(t, err, fault.Invalid)
	me, session, err := h.SetUp(from("192.0.2.1"), token, "jo", good)
	if err != nil || me.Role != auth.Admin {
		t.Fatal(me, err)
	}
	if _, ok := h.Session(t.Context(), session); !ok {
		t.Error("who has set up is not signed in")
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the token is still there: %v", err)
	}
	_, _, err = h.SetUp(from("192.0.2.1"), token, "eve", good)
	wantKind(t, err, fault.Conflict)
	_, err = h.NewSetupToken(t.Context())
	wantKind(t, err, fault.Conflict)
}

func TestTokensEnd(t *testing.T) {
	h := openHouse(t)
	old := h.token()
	token := h.token()
	_, _, err := h.SetUp(from("192.0.2.1"), old, "jo", good)
	wantKind(t, err, fault.Forbidden)
	h.clock.Advance(time.Hour)
	_, _, err = h.SetUp(from("192.0.2.1"), token, "jo", good)
	wantKind(t, err, fault.Forbidden)

	// Ten wrong ones, a restart among them, and the right one is no good any more.
	token = h.token()
	for i := range 10 {
		if i == 5 {
			h.open()
		}
		_, _, err = h.SetUp(from("192.0.2.1"), strings.ToUpper(token), "jo", good)
		wantKind(t, err, fault.Forbidden)
	}
	_, _, err = h.SetUp(from("192.0.2.1"), token, "jo", good)
	wantKind(t, err, fault.Forbidden)
	if _, _, err = h.SetUp(from("192.0.2.1"), h.token(), "jo", good); err != nil {
		t.Error(err)
	}
}

func TestOfTwoSetUpsOneWins(t *testing.T) {
	h := openHouse(t)
	token := h.token()
	errs := make(chan error, 2)
	var both sync.WaitGroup
	for _, name := range []string{"jo", "amy"} {
		both.Go(func() {
			_, _, err := h.SetUp(from("192.0.2.1"), token, name, good)
			errs <- err
		})
	}
	both.Wait()
	one, two := <-errs, <-errs
	if (one == nil) == (two == nil) {
		t.Errorf("%v, %v", one, two)
	}
	if _, total, err := h.Users(t.Context(), "", 10, 0); total != 1 || err != nil {
		t.Errorf("%d accounts, %v", total, err)
	}
}

func TestTheEnvironmentMakesOnlyTheFirstAdmin(t *testing.T) {
	h := openHouse(t)
	if made, err := h.FirstAdmin(t.Context(), "jo", good); err != nil || !made {
		t.Fatal(made, err)
	}
	if made, err := h.FirstAdmin(t.Context(), "jo", "another good password"); err != nil || made {
		t.Fatal(made, err)
	}
	h.signIn("jo", "192.0.2.1") // with the first password
	other := openHouse(t)
	_, err := other.FirstAdmin(t.Context(), "jo", "short")
	wantKind(t, err, fault.Invalid)
}
