package anomaly

import (
	"fmt"

	"github.com/bunkerm/bunkerm/anomaly/incident"
)

const (
	stormWithin = 60 * 1000 // milliseconds
	stormFrom   = 50        // refused logins of all clients within that are a storm
)

// storm counts refused logins of everybody. A client that is refused has an incident of its own; many at once are somebody who
// tries names and passwords, or a password that was changed under a fleet.
type storm struct {
	last  [stormFrom]int64 // when the last ones were
	n     int
	wrong bool
}

// refused notes one.
func (s *storm) refused(ms int64) {
	s.last[s.n%stormFrom] = ms
	s.n++
}

// tick reports a storm, and its end.
func (s *storm) tick(w *watch, ms int64) {
	oldest := s.last[s.n%stormFrom]
	now := s.n >= stormFrom && ms-oldest <= stormWithin
	if !now && !s.wrong {
		return
	}
	s.wrong = now
	w.condition(ms, &Condition{
		Key: "login_storm", Kind: "login_storm", Wrong: now, Severity: incident.High, Since: moment(oldest), Title: "Many logins are refused",
		Text: fmt.Sprintf("At least %d logins were refused within a minute. Somebody may be trying passwords, or many devices have an old one; the events say who and from where. Rule: %d refusals a minute.",
			stormFrom, stormFrom),
	})
}
