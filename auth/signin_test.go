package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

func TestAStrangerLearnsNothing(t *testing.T) {
	h := openHouse(t)
	h.user("root", auth.Admin)
	h.user("jo", auth.Viewer)
	h.user("out", auth.Viewer)
	yes := true
	if _, err := h.UpdateUser(t.Context(), "out", auth.UserFields{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	var first string
	for _, c := range [][2]string{{"jo", "wrong password"}, {"nobody", good}, {"out", good}, {"out", "wrong password"}, {"", ""}, {"jo", strings.Repeat("x", 4000)},
		{"jo'; DROP TABLE accounts; --", good}} {
		before := h.hashes.Load()
		_, _, err := h.SignIn(from("192.0.2.1"), c[0], c[1])
		f := wantKind(t, err, fault.Unauthorized)
		if first == "" {
			first = f.Message + f.HintText
		}
		if f.Message+f.HintText != first || len(f.Fields) != 0 {
			t.Errorf("%q: %+v", c[0], f)
		}
		// What takes time is the hash, and it is computed once for everybody.
		if n := h.hashes.Load() - before; n != 1 {
			t.Errorf("%q: %d hashes", c[0], n)
		}
	}
}

// tries signs in with a wrong password until it is told to wait, and says how often it could.
func tries(h *house, name, address string) int {
	for n := range 100 {
		_, _, err := h.SignIn(from(address), name, "wrong password")
		if fault.Is(err, fault.TooMany) {
			if fault.From(err).RetryAfter <= 0 {
				h.t.Error("no time to wait")
			}
			return n
		}
	}
	return 100
}

func TestGuessesAreSlowedDownAndTheOwnerIsNotLockedOut(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	h.signIn("jo", "192.0.2.1")

	// Somebody with many addresses guesses jo's password: the name runs out of tries.
	total := 0
	for i := range 20 {
		total += tries(h, "jo", fmt.Sprintf("203.0.113.%d", i))
	}
	if total != 10 {
		t.Errorf("%d tries from addresses that jo never used", total)
	}
	// Even the right password is not looked at from there now, but jo gets in where jo was before.
	_, _, err := h.SignIn(from("203.0.113.99"), "jo", good)
	wantKind(t, err, fault.TooMany)
	if _, _, err := h.SignIn(from("192.0.2.1"), "jo", good); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
	// Somebody with one address guesses many names.
	total = 0
	for i := range 100 {
		if _, _, err := h.SignIn(from("198.51.100.1"), fmt.Sprintf("name%d", i), "wrong password"); fault.Is(err, fault.Unauthorized) {
			total++
		}
	}
	if total != 30 {
		t.Errorf("%d tries from one address", total)
	}
	// A whole IPv6 network of one subscriber counts as one address.
	total = 0
	for i := range 60 {
		if _, _, err := h.SignIn(from(fmt.Sprintf("2001:db8::%x", i+1)), fmt.Sprintf("other%d", i), "wrong password"); fault.Is(err, fault.Unauthorized) {
			total++
		}
	}
	if total != 30 {
		t.Errorf("%d tries from one IPv6 network", total)
	}
	h.clock.Advance(10 * time.Minute)
	if n := tries(h, "jo", "203.0.113.7"); n != 10 {
		t.Errorf("after a while there are %d tries", n)
	}
}

func TestRightPasswordsCostNoTries(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	for range 50 {
		h.signIn("jo", "192.0.2.1")
	}
}

func TestManyWhoSignInAtOnceWaitOrAreTold(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	var all sync.WaitGroup
	failures := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			_, _, err := h.SignIn(from("192.0.2.1"), "jo", good)
			failures <- err
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		if err != nil && !fault.Is(err, fault.TooMany) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(from("192.0.2.1"))
	cancel()
	if _, _, err := h.SignIn(ctx, "jo", good); err == nil || errors.Is(err, fault.From(nil)) {
		t.Errorf("a request that ended signed in: %v", err)
	}
}

func TestKeysBesideThePrimaryOne(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	expires := h.clock.Now().Add(time.Hour)
	key, secret, err := h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "grafana", Role: auth.Metrics, Expires: &expires})
	if err != nil || !strings.HasPrefix(secret, "bkm_") {
		t.Fatal(key, err)
	}
	p, ok := h.Authenticate(secret)
	if !ok || p.Name != "key:grafana" || p.Role != auth.Metrics || p.Via != auth.ViaKey || p.ID != key.ID {
		t.Errorf("%+v %v", p, ok)
	}
	_, _, err = h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "Grafana", Role: auth.Viewer})
	wantKind(t, err, fault.Conflict)
	past := h.clock.Now().Add(-time.Hour)
	_, _, err = h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "old", Role: auth.Viewer, Expires: &past})
	wantKind(t, err, fault.Invalid)
	_, _, err = h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "root", Role: "root"})
	wantKind(t, err, fault.Invalid)

	h.open() // after a restart it is the same
	if p, ok := h.Authenticate(secret); !ok || p.ID != key.ID {
		t.Errorf("%+v %v", p, ok)
	}
	if list := h.APIKeys(); len(list) != 1 || list[0].Name != "grafana" || list[0].LastUsed == nil {
		t.Errorf("%+v", list)
	}
	h.clock.Advance(time.Hour)
	if _, ok := h.Authenticate(secret); ok {
		t.Error("an expired key is good")
	}
	lasting, secret, err := h.CreateAPIKey(t.Context(), auth.NewAPIKey{Name: "lasting", Role: auth.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	p, _ = h.Authenticate(secret)
	if err := h.DeleteAPIKey(t.Context(), lasting.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Authenticate(secret); ok || !closed(p.Ended) {
		t.Error("a deleted key is good")
	}
	if err := h.DeleteAPIKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, h.DeleteAPIKey(t.Context(), key.ID), fault.NotFound)
	h.open()
	if len(h.APIKeys()) != 0 {
		t.Error("a restart brings deleted keys back")
	}
}

func TestThePrimaryKeyIsShownToWhoHasThePassword(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	me, _ := h.signIn("jo", "192.0.2.1")
	ctx := auth.WithPrincipal(from("192.0.2.1"), me)
	_, err := h.RevealPrimaryKey(ctx, me, "wrong password")
	if f := wantKind(t, err, fault.Invalid); f.Fields[0].Location != "body.password" {
		t.Errorf("%+v", f)
	}
	key, err := h.RevealPrimaryKey(ctx, me, good)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := h.Authenticate(key); !ok || p.Role != auth.Admin {
		t.Errorf("%+v %v", p, ok)
	}
	next, err := h.RotatePrimaryKey(ctx, me, good)
	if err != nil || next == key {
		t.Fatal(err)
	}
	if _, ok := h.Authenticate(key); ok {
		t.Error("the old key is good")
	}
	_, err = h.RevealPrimaryKey(ctx, auth.Principal{Name: "api-key", Role: auth.Admin, Via: auth.ViaKey}, good)
	wantKind(t, err, fault.Conflict)
	for range 20 {
		_, err = h.RevealPrimaryKey(ctx, me, "wrong password")
	}
	wantKind(t, err, fault.TooMany)
	h.mu.Lock()
	defer h.mu.Unlock()
	if all := strings.Join(h.recorded, "\n"); !strings.Contains(all, "jo auth.primary_key.reveal") || strings.Contains(all, key) || strings.Contains(all, next) {
		t.Errorf("recorded:\n%s", all)
	}
}
