package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

func TestWhatIsOverEndsWhatGoesOn(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	idle, _ := h.signIn("jo", "192.0.2.1")
	busy, token := h.signIn("jo", "192.0.2.1")
	expires := h.clock.Now().Add(time.Hour)
	_, secret, err := h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "short", Role: auth.Viewer, Expires: &expires})
	if err != nil {
		t.Fatal(err)
	}
	key, ok := h.Authenticate(secret)
	if !ok {
		t.Fatal("the key is not good")
	}
	h.clock.Advance(59 * time.Minute)
	h.Sweep(t.Context())
	if closed(key.Ended) || closed(idle.Ended) {
		t.Error("something ended too early")
	}
	h.clock.Advance(11 * time.Hour)
	if _, ok := h.Session(t.Context(), token); !ok {
		t.Fatal("a session ended too early")
	}
	h.clock.Advance(time.Minute)
	h.Sweep(t.Context())
	if !closed(key.Ended) || !closed(idle.Ended) || closed(busy.Ended) {
		t.Errorf("ended: key %v, idle session %v, busy one %v", closed(key.Ended), closed(idle.Ended), closed(busy.Ended))
	}

	// A restart knows when both were last seen.
	h.open()
	if list := h.Sessions("jo", ""); len(list) != 1 || list[0].ID != busy.ID || h.clock.Now().Sub(list[0].LastSeen) != time.Minute {
		t.Errorf("%+v at %v", list, h.clock.Now())
	}
	if keys := h.APIKeys(); len(keys) != 1 || keys[0].LastUsed == nil {
		t.Errorf("%+v", keys)
	}
}

func TestTheCookieIsForThePageAlone(t *testing.T) {
	h := openHouse(t)
	for _, c := range []struct {
		from   auth.Origin
		path   string
		secure bool
	}{
		{auth.Origin{Scheme: "http", BasePath: "/"}, "/", false},
		{auth.Origin{Scheme: "https", BasePath: "/broker/"}, "/broker/", true},
		{auth.Origin{}, "/", false},
	} {
		got := h.Cookie(auth.WithOrigin(t.Context(), c.from), "token")
		if got.Path != c.path || got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Domain != "" || got.MaxAge != 30*24*3600 {
			t.Errorf("%+v: %+v", c.from, got)
		}
	}
	// Browsers keep cookies by host and not by port: two installations have two names, and one keeps its own.
	name := h.CookieName()
	if other := openHouse(t).CookieName(); other == name || len(other) != len("bunkerm_")+8 || !strings.HasPrefix(other, "bunkerm_") {
		t.Errorf("%q and %q", name, other)
	}
	h.open()
	if h.CookieName() != name {
		t.Errorf("%q became %q", name, h.CookieName())
	}
}

func TestAHashOfOtherCostsIsMadeAnew(t *testing.T) {
	const costly = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc" // of "password"
	h := openHouse(t)
	h.user("jo", auth.Admin)
	if _, err := h.Hash(t.Context(), "jo", costly); err != nil {
		t.Fatal(err)
	}
	_, _, err := h.SignIn(from("192.0.2.1"), "jo", "wrong")
	wantKind(t, err, fault.Unauthorized)
	if hash, err := h.Hash(t.Context(), "jo", ""); err != nil || hash != costly {
		t.Fatalf("a wrong password changed the hash: %s %v", hash, err)
	}
	for range 2 {
		if _, _, err := h.SignIn(from("192.0.2.1"), "jo", "password"); err != nil {
			t.Fatal(err)
		}
		if hash, err := h.Hash(t.Context(), "jo", ""); err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("the hash is %s, %v", hash, err)
		}
	}
	// A damaged row is our fault, and lets nobody in.
	if _, err := h.Hash(t.Context(), "jo", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$AAAA"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.SignIn(from("192.0.2.1"), "jo", "password"); err == nil || fault.Is(err, fault.Unauthorized) {
		t.Errorf("a damaged hash: %v", err)
	}
}

// A flood of names and networks does not make the throttle forget what was tried often, nor take memory without end.
func TestTheThrottleIsBounded(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	if n := tries(h, "jo", "203.0.113.1"); n != 10 {
		t.Fatalf("%d tries", n)
	}
	flood := auth.NewFlood(h.People)
	for i := range 30000 {
		flood(fmt.Sprintf("name%d", i), fmt.Sprintf("net%d", i))
	}
	if n := h.Remembered(); n > 8192 {
		t.Errorf("%d names and networks are remembered", n)
	}
	_, _, err := h.SignIn(from("203.0.113.2"), "jo", good)
	wantKind(t, err, fault.TooMany)
}
