package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/privacy"
)

// TestNetworksAreKeptForAMonth has one account sign in no more; what is known of it goes with the next sign-in of another.
func TestNetworksAreKeptForAMonth(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	h.user("kim", auth.Viewer)
	h.signIn("kim", "192.0.2.9")
	h.clock.Advance(31 * 24 * time.Hour)
	h.Sweep(t.Context())
	h.signIn("jo", "192.0.2.1")
	if places, err := h.Places(t.Context()); err != nil || !slices.Equal(places, []string{"192.0.2.1", "192.0.2.1/32"}) {
		t.Errorf("what is kept: %q, %v", places, err)
	}
}

func TestAnAddressThatIsForgottenIsNoNetworkEither(t *testing.T) {
	h := openHouse(t)
	h.user("jo", auth.Admin)
	for _, address := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} {
		h.signIn("jo", address)
	}
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		s, err := privacy.New(privacy.Address, address)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := h.Forget(t.Context(), s); n != 2 || err != nil {
			t.Errorf("%s: %d rows, %v", address, n, err)
		}
	}
	if places, err := h.Places(t.Context()); err != nil || !slices.Equal(places, []string{"", "", "192.0.2.2", "192.0.2.2/32"}) {
		t.Errorf("what is left: %q, %v", places, err)
	}
}
