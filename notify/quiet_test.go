package notify

import (
	"testing"
	"time"
)

func TestQuiet(t *testing.T) {
	night, lunch := &QuietHours{From: "22:00", To: "07:00"}, &QuietHours{From: "12:00", To: "13:30"}
	for _, c := range []struct {
		hours *QuietHours
		clock string
		want  bool
	}{
		{night, "21:59", false}, {night, "22:00", true}, {night, "23:59", true}, {night, "00:00", true}, {night, "06:59", true}, {night, "07:00", false},
		{lunch, "11:59", false}, {lunch, "12:00", true}, {lunch, "13:29", true}, {lunch, "13:30", false},
		{nil, "00:00", false}, {&QuietHours{From: "nonsense", To: "07:00"}, "00:00", false},
	} {
		at, err := time.Parse("15:04", c.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.hours.quiet(at); got != c.want {
			t.Errorf("%+v at %s: %v", c.hours, c.clock, got)
		}
	}
}

// TestQuietHours goes through a night in a zone in which it is not night at Greenwich.
func TestQuietHours(t *testing.T) {
	zone := time.FixedZone("far", 10*60*60)
	r := newReceiver(t, false)
	h := open(t, Options{Location: func() *time.Location { return zone }}) // noon is 22:00 there
	c := hook(r.URL)
	c.QuietHours = &QuietHours{From: "22:00", To: "07:00"}
	h.set(c)
	h.run()

	send := func(alert int64, event Event, severity Severity, title string) {
		m := opened(alert, severity)
		m.Event, m.Title = event, title
		h.send(m)
	}
	send(1, Opened, Medium, "over by the morning")
	send(2, Opened, Medium, "still there")
	send(3, Closed, High, "begun before")
	send(4, Opened, Medium, "will be critical")
	send(1, Closed, Medium, "over by the morning")
	send(2, Raised, High, "still there")
	if s := h.status(0); s.Held != 6 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
	send(4, Raised, Critical, "is critical")
	h.until("the critical one is sent", func() bool { return h.status(0).Sent == 1 })
	if s := h.status(0); s.Held != 5 { // what was held of it is out of date
		t.Errorf("%+v", s)
	}
	h.advance(9*time.Hour - time.Minute)
	h.until("nothing is sent at 6:59", func() bool { return h.status(0).Held == 5 })
	h.advance(time.Minute)
	h.until("the digest is sent", func() bool { s := h.status(0); return s.Sent == 2 && s.Held == 0 && s.Waiting == 0 })

	m := r.got()[1]
	if m.Event != Digest || m.Title != "2 alerts during the quiet hours" || m.Severity != High || len(m.Items) != 2 {
		t.Fatalf("%+v", m)
	}
	if a, b := m.Items[0], m.Items[1]; a.AlertID != 2 || a.Event != Raised || b.AlertID != 3 || b.Event != Closed {
		t.Errorf("%+v", m.Items)
	}
}

// TestQuietHoursAfterWhichNothingIsLeft also holds what waits to be tried again when they begin.
func TestQuietHoursAfterWhichNothingIsLeft(t *testing.T) {
	r := newReceiver(t, false)
	r.respond(status(500))
	h := open(t, Options{})
	c := hook(r.URL)
	c.QuietHours = &QuietHours{From: "13:00", To: "14:00", AlsoCritical: true}
	h.set(c)
	h.run()
	h.send(opened(1, Critical))
	h.until("it was tried", func() bool { return !h.status(0).NextTry.IsZero() })
	h.advance(time.Hour)
	h.until("it is held", func() bool { return h.status(0).Held == 1 })
	r.respond(nil)
	over := opened(1, Critical)
	over.Event = Closed
	h.send(over)
	h.advance(time.Hour)
	h.until("nothing is left", func() bool { s := h.status(0); return s.Held+s.Waiting == 0 })
	if r.count() != 1 || h.status(0).Sent != 0 {
		t.Errorf("%d requests, %+v", r.count(), h.status(0))
	}
}
