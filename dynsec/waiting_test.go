package dynsec

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// TestThoseWhoWaitKnowWhatWasUncertain sends a change whose outcome nobody can tell, because the broker is frozen. Whoever asked
// before it and comes to the turn after it must see what has become of it, and not what was there before.
func TestThoseWhoWaitKnowWhatWasUncertain(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c"}`)
	asked, err := h.service.mirror.need(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.before(h.broker.Pause)
	_, err = h.service.UpdateClient(t.Context(), "c", ClientFields{Textname: pointer("new")}, "")
	wantKind(t, err, fault.Uncertain)
	h.broker.Continue()
	eventually(t, "the broker answers again", func() bool { return h.session.Sync(t.Context()) == nil })
	st, err := h.service.stateSince(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := st.Client("c"); c == nil || c.Textname != "new" {
		t.Errorf("whoever waited decides on %+v", c)
	}
	sameAsBroker(t, h)
}

// TestWaitingTakesNothingFromTheAnswer lets a change come to be sent only when all the time is over that it may wait.
func TestWaitingTakesNothingFromTheAnswer(t *testing.T) {
	h := build(t)
	h.before(func() { <-time.After(requestTime) })
	if _, err := h.service.CreateClient(t.Context(), NewClient{Username: "late"}); err != nil {
		t.Errorf("a change that had to wait: %v", err)
	}
	h.wantSent("createClient", 1)
}

// TestSlowReadsAreComeTo has a broker that takes long to list everything, as one with many clients on a small board.
func TestSlowReadsAreComeTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMirror(nil, time.Now, protected{})
		m.readAt, m.readTook = time.Now(), requestTime/2
		ctx, cancel := context.WithTimeout(t.Context(), requestTime-m.readTook)
		defer cancel()
		if err := m.awaitSlot(ctx); err != nil {
			t.Errorf("there is no time left to read: %v", err)
		}
	})
}
