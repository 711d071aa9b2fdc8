package audit

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

func (h *house) forget(kind privacy.Kind, value string) (s privacy.Subject, changed int64) {
	h.t.Helper()
	s, err := privacy.New(kind, value)
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.db.Write(h.t.Context(), func(ctx context.Context, q store.Queries) (err error) {
		changed, err = Forget(ctx, q, s, h.clock())
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return s, changed
}

// TestWhoeverIsForgottenIsNowhereAndTheRecordFits writes acts of and about people and devices among more than are read at once.
func TestWhoeverIsForgottenIsNowhereAndTheRecordFits(t *testing.T) {
	h := openHouse(t, "", "")
	h.add(40)
	for i := range 30 {
		h.Add(t.Context(), Entry{Actor: "ann", Via: "session", Address: "192.0.2.7", Action: "client.create", Object: "client/kettle"}.
			With(nil, map[string]any{"username": "kettle", "roles": []string{"ann", "annie"}, "n": i}))
	}
	for range 520 {
		h.AddLater(Entry{Actor: "annie", Via: "session", Address: "192.0.2.77", Action: "client.update", Object: "client/kettle-2"})
	}
	h.add(1)
	for kind, value := range map[privacy.Kind]string{privacy.User: "ann", privacy.Client: "kettle", privacy.Address: "192.0.2.7"} {
		was := h.verified()
		s, changed := h.forget(kind, value)
		now := h.verified()
		if changed != 30 || !now.OK || now.Entries != was.Entries+1 {
			t.Fatalf("%s: %d, %+v", kind, changed, now)
		}
		told := h.list(Filter{})[0]
		if told.Action != "privacy.forget" || told.Object != string(kind)+"/"+s.Instead || !strings.Contains(string(told.After), was.Head) {
			t.Errorf("it is recorded as %+v", told)
		}
		named := 0
		for _, e := range h.list(Filter{}) {
			text := fmt.Sprint(e.Actor, " ", e.Address, " ", e.Object, " ", string(e.Before), string(e.After))
			if s.In(text) || s.Path(e.Object) != e.Object {
				t.Fatalf("%s is still there: %s", value, text)
			}
			if e.Action != "privacy.forget" && strings.Contains(text, s.Instead) {
				named++
			}
		}
		if named != 30 {
			t.Errorf("%d entries of %s can be told to belong together", named, value)
		}
	}
	if _, changed := h.forget(privacy.User, "nobody"); changed != 0 {
		t.Error(changed)
	}
	h.add(1)
	if v := h.verified(); !v.OK {
		t.Errorf("the next entry does not fit: %+v", v)
	}
}

// TestForgettingHealsNoRecord: whoever has changed a record does not get it sealed by this.
func TestForgettingHealsNoRecord(t *testing.T) {
	h := openHouse(t, "", "")
	h.Add(t.Context(), Entry{Actor: "ann", Via: "session", Action: "x", Object: "y"})
	h.add(10)
	h.spoil(`UPDATE audit_entries SET actor = 'eve' WHERE id = 5`)
	if _, changed := h.forget(privacy.User, "ann"); changed != 1 {
		t.Fatal(changed)
	}
	if v := h.verified(); v.OK || v.BrokenAt != 5 {
		t.Errorf("%+v", v)
	}
}
