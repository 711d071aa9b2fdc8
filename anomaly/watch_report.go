package anomaly

import (
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// report hands findings of detectors to the incidents.
func (w *watch) report(subject incident.Subject, gapSeconds float64, found []series.Finding) {
	for i := range found {
		f := found[i]
		class := incident.ClassOf(f.Kind)
		if !f.Over && (class == incident.Quiet || class == incident.Traffic) && w.settling(f.At) {
			w.suppressed++
			continue
		}
		w.take(&incident.Report{
			Finding: f, Subject: subject, Class: class, GapMs: gapSeconds * 1000, Learned: true, Rule: string(f.Kind),
		})
	}
}

// take takes a report in, unless somebody works on what it is about.
func (w *watch) take(r *incident.Report) {
	if !r.Over && w.maintained(r.At, r.Subject) {
		w.suppressed++
		return
	}
	done := w.book.Report(r)
	if r.Over {
		if done.What == incident.Ended {
			w.tell(done.Incident, incident.Ended)
		}
		return
	}
	if done.What == incident.Nothing && r.Score < r.Threshold-1 {
		return
	}
	if done.What != incident.Extended || !r.Lasts && !r.Kind.Lasts() {
		w.keep(r, done.Incident)
	}
	if done.What > incident.Extended {
		w.tell(done.Incident, done.What)
	}
}

// mostRows bounds the findings that wait to be taken away for the store.
const mostRows = 20_000

// keep has a finding stored.
func (w *watch) keep(r *incident.Report, i *incident.Incident) {
	if len(w.rows) >= mostRows {
		return
	}
	kept := row{finding: r.Finding, subject: r.Subject, explanation: w.book.Explain(r)}
	if i != nil {
		kept.alert = i.ID
	}
	w.rows = append(w.rows, kept)
}

// tell notes what happened to an incident for those who are told.
func (w *watch) tell(i *incident.Incident, what incident.What) {
	w.changes = append(w.changes, change{*i, what})
}

// maintained reports whether somebody works on what a report is about.
func (w *watch) maintained(ms int64, s incident.Subject) bool {
	for i := range w.quiet {
		if m := &w.quiet[i]; ms >= m.From.UnixMilli() && ms < m.Until.UnixMilli() && m.covers(w.matches, s) {
			return true
		}
	}
	return false
}
