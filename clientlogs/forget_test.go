package clientlogs

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// TestAnAddressIsForgottenInBothForms forgets one that older versions kept as 2.0's websockets print it as well.
func TestAnAddressIsForgottenInBothForms(t *testing.T) {
	h := build(t, Options{})
	h.settled()
	for _, address := range []string{"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.71"} {
		h.service.Record(Event{Time: time.Now(), Kind: Connect, ClientID: "pump", Address: address})
	}
	h.stop()
	subject, err := privacy.New(privacy.Address, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	var changed int64
	if err := h.db.Write(t.Context(), func(ctx context.Context, q store.Queries) (err error) {
		changed, err = Forget(ctx, q, subject)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for _, e := range h.list(url.Values{}).Events {
		addresses = append(addresses, e.Address)
	}
	want := "192.0.2.71 ::ffff:" + subject.Instead + " " + subject.Instead
	if got := strings.Join(addresses, " "); changed != 2 || got != want {
		t.Errorf("%d changed: %s, want %s", changed, got, want)
	}
	for _, seen := range get[TimelineAnswer](h, "/clientlogs/pump").Client.Addresses {
		if subject.In(seen.Text) {
			t.Errorf("the client's own list still has %s", seen.Text)
		}
	}
}
