package anomaly

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/extract"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// The kinds of rules.
const (
	RuleSilent = "silent"
	RuleRange  = "range"
)

// AlertRule is a plain rule of a person's, at work from the first minute.
type AlertRule struct {
	ID       int64      `json:"id" readOnly:"true" doc:"Number of the rule"`
	Name     string     `json:"name" minLength:"1" maxLength:"100" doc:"What people call it"`
	Kind     string     `json:"kind" enum:"silent,range" doc:"silent: nothing came for longer than seconds; range: the value was outside low and high for longer than seconds"`
	Topic    string     `json:"topic,omitempty" maxLength:"1000" doc:"A topic filter, as in site/+/temperature; either this or client"`
	Client   string     `json:"client,omitempty" maxLength:"1000" doc:"A client id: silent while it is not connected"`
	Field    string     `json:"field,omitempty" maxLength:"128" doc:"Of kind range: which field of the payload, as in battery.voltage; empty for a plain number"`
	Seconds  int        `json:"seconds" minimum:"0" maximum:"2592000" doc:"For how long, at least"`
	Low      *float64   `json:"low,omitempty" doc:"Of kind range: not below; absent: no limit"`
	High     *float64   `json:"high,omitempty" doc:"Of kind range: not above; absent: no limit"`
	Severity string     `json:"severity,omitempty" enum:"low,medium,high,critical" default:"high" doc:"How bad that is"`
	Enabled  *bool      `json:"enabled,omitempty" doc:"Whether the rule is at work; absent: it is"`
	Created  *time.Time `json:"created,omitempty" readOnly:"true" doc:"When it was made"`
}

// kindRule is what breaks a rule.
const kindRule series.Kind = "rule"

// rules are those that are at work.
type rules struct {
	all   []AlertRule
	since int64 // when we began to watch: what never came has been missing since then
	exact map[int64]*ruleWatch
}

// ruleWatch is one rule for one topic, or for one client.
type ruleWatch struct {
	rule    *AlertRule
	outside int64 // since when the value is; 0: it is not
	value   float64
	broken  bool
	excused bool  // it would be, were nobody working on it
	last    int64 // when something came last, for a rule without a topic in the table
}

// setRules puts rules to work. What is known of those that are as they were stays, and others begin anew.
func (w *watch) setRules(all []AlertRule, ms int64) {
	started := w.rules.since == 0
	if started {
		w.rules.since = ms
	}
	all = slices.DeleteFunc(slices.Clone(all), func(r AlertRule) bool { return r.Enabled != nil && !*r.Enabled })
	same := map[int64]bool{}
	stays := map[string]bool{} // by name
	for i := range all {
		r := &all[i]
		same[r.ID] = slices.ContainsFunc(w.rules.all, func(before AlertRule) bool { return reflect.DeepEqual(before, *r) })
		stays[r.Name] = same[r.ID] || started
	}
	for _, i := range w.book.All() {
		if i.Class == incident.Rule && !stays[i.Rule] {
			w.acquit(i, ms)
		}
	}
	for _, e := range w.topics.byName {
		e.rules = slices.DeleteFunc(e.rules, func(r *ruleWatch) bool { return !same[r.rule.ID] })
	}
	before := w.rules.exact
	w.rules.all, w.rules.exact = all, map[int64]*ruleWatch{}
	for i := range all {
		r := &all[i]
		if r.Kind != RuleSilent || r.Client == "" && strings.ContainsAny(r.Topic, "+#") {
			continue
		}
		if known := before[r.ID]; known != nil && same[r.ID] {
			known.rule = r
			w.rules.exact[r.ID] = known
			continue
		}
		fresh := &ruleWatch{rule: r, last: ms}
		fresh.broken = w.goesOn(r, fresh.subject())
		w.rules.exact[r.ID] = fresh
	}
	w.generation++
	w.at(ms) // a topic from which nothing comes any more is put into the wheel here
	for _, e := range w.topics.byName {
		w.prepare(e)
	}
}

// acquit ends an incident whose rule is there no more, or has other words.
func (w *watch) acquit(i *incident.Incident, ms int64) {
	for _, m := range slices.Clone(i.Members) {
		w.take(&incident.Report{
			Finding: series.Finding{Kind: m.Kind, Field: m.Field, At: ms, Over: true},
			Subject: incident.Subject{Type: m.Type, Entity: m.Entity}, Class: incident.Rule, Rule: i.Rule,
		})
	}
}

// goesOn reports whether a rule was broken before a restart, and nothing has said since that it is not.
func (w *watch) goesOn(r *AlertRule, s incident.Subject) bool {
	return w.book.GoesOn(&incident.Report{
		Finding: series.Finding{Kind: kindRule, Field: r.brokenField()}, Subject: s, Class: incident.Rule, Rule: r.Name,
	})
}

// brokenField is the field that a finding about the rule names.
func (r *AlertRule) brokenField() string {
	if r.Kind == RuleRange {
		return r.Field
	}
	return ""
}

func topicSubject(e *entry) incident.Subject {
	return incident.Subject{Type: incident.TypeTopic, Entity: e.topic.Name, Client: e.client}
}

func (r *ruleWatch) subject() incident.Subject {
	if r.rule.Client != "" {
		return incident.Subject{Type: incident.TypeClient, Entity: r.rule.Client, Client: r.rule.Client}
	}
	return incident.Subject{Type: incident.TypeTopic, Entity: r.rule.Topic}
}

// of are the rules for a topic. Those that name it exactly look at it by themselves.
func (s *rules) of(w *watch, e *entry) (found []*ruleWatch) {
	for i := range s.all {
		r := &s.all[i]
		if r.Topic == "" || !w.matches(r.Topic, e.topic.Name) {
			continue
		}
		if exact := s.exact[r.ID]; exact != nil {
			exact.last = max(exact.last, e.topic.Last)
			found = append(found, exact)
			continue
		}
		known := &ruleWatch{rule: r, last: max(e.topic.Last, s.since)}
		if at := slices.IndexFunc(e.rules, func(before *ruleWatch) bool { return before.rule.ID == r.ID }); at >= 0 {
			*known = *e.rules[at]
			known.rule = r
		} else {
			known.broken = w.goesOn(r, topicSubject(e))
		}
		found = append(found, known)
	}
	return found
}

// message looks at what a topic has brought.
func (s *rules) message(w *watch, c *series.Context, e *entry, values []extract.Field) {
	for _, r := range e.rules {
		r.last = c.At
		if r.rule.Kind == RuleSilent {
			w.mend(r, c.At, topicSubject(e))
			continue
		}
		for i := range values {
			if values[i].Kind == extract.Number && string(values[i].Path) == r.rule.Field {
				w.outside(r, c.At, e, values[i].Number)
			}
		}
	}
}

// outside looks whether a value is outside, and for long enough.
func (w *watch) outside(r *ruleWatch, ms int64, e *entry, x float64) {
	inside := (r.rule.Low == nil || x >= *r.rule.Low) && (r.rule.High == nil || x <= *r.rule.High)
	if inside {
		r.outside = 0
		w.mend(r, ms, topicSubject(e))
		return
	}
	if r.outside == 0 {
		r.outside = ms
	}
	r.value = x
	w.stillOutside(r, ms, e)
	if !r.broken { // perhaps nothing comes before it has lasted
		w.wheel.put(e, r.outside+int64(r.rule.Seconds)*1000)
	}
}

func (w *watch) stillOutside(r *ruleWatch, ms int64, e *entry) {
	if r.outside == 0 || ms-r.outside < int64(r.rule.Seconds)*1000 {
		return
	}
	w.breaks(r, ms, r.outside, topicSubject(e), r.rule.Field,
		fmt.Sprintf("Since %s the value has been outside of %s; the last one was %s.", w.book.Clock(r.outside), limits(r.rule), incident.Number(r.value)))
}

func limits(r *AlertRule) string {
	switch {
	case r.Low == nil:
		return "at most " + incident.Number(*r.High)
	case r.High == nil:
		return "at least " + incident.Number(*r.Low)
	}
	return incident.Number(*r.Low) + " to " + incident.Number(*r.High)
}

// check looks at what breaks a rule by time alone.
func (s *rules) check(w *watch, c *series.Context, e *entry) {
	for _, r := range e.rules {
		if r.rule.Kind == RuleRange {
			w.stillOutside(r, c.At, e)
		} else if s.exact[r.rule.ID] == nil {
			w.silent(r, c.At, topicSubject(e))
		}
	}
}

// due is when a topic is to be looked at because of a rule.
func (s *rules) due(e *entry) (at int64, ok bool) {
	for _, r := range e.rules {
		since := r.last
		if r.rule.Kind == RuleRange {
			since = r.outside
		}
		if r.broken || since == 0 {
			continue
		}
		if due := since + int64(r.rule.Seconds)*1000; !ok || due < at {
			at, ok = due, true
		}
	}
	return at, ok
}

// tick looks at the rules that name one topic or client: what never came is silent, too.
func (s *rules) tick(w *watch, ms int64) {
	for _, r := range s.exact {
		if r.rule.Client == "" {
			w.silent(r, ms, r.subject())
			continue
		}
		k := w.clients.byID[r.rule.Client]
		switch {
		case k != nil && k.since != 0:
			r.last = ms
			w.mend(r, ms, r.subject())
		default:
			if k != nil {
				r.last = max(r.last, k.there)
			}
			w.silent(r, ms, r.subject())
		}
	}
}

func (w *watch) silent(r *ruleWatch, ms int64, subject incident.Subject) {
	last := max(r.last, w.unseen)
	if ms-last < int64(max(r.rule.Seconds, 1))*1000 || w.settling(ms) {
		return
	}
	what := "No message has come"
	if r.rule.Client != "" {
		what = "The client has not been connected"
	}
	w.breaks(r, ms, last, subject, "",
		fmt.Sprintf("%s since %s, for %s.", what, w.book.Clock(last), incident.Seconds(float64(ms-last)/1000)))
}

// breaks reports that a rule is broken.
func (w *watch) breaks(r *ruleWatch, ms, since int64, subject incident.Subject, field, text string) {
	if r.broken {
		return
	}
	if w.maintained(ms, subject) { // who works on it is not told, and what is still so afterwards is
		if !r.excused {
			r.excused = true
			w.suppressed++
		}
		return
	}
	r.broken, r.excused = true, false
	severity, _ := incident.ParseSeverity(r.rule.Severity)
	value := r.value
	if r.rule.Kind == RuleSilent {
		value = math.NaN()
	}
	w.take(&incident.Report{
		Finding: series.Finding{Kind: kindRule, Field: field, At: ms, Since: since, Score: 1, Value: value, Low: math.NaN(), High: math.NaN(), Expected: math.NaN()},
		Subject: subject, Class: incident.Rule, Severity: severity, Lasts: true, Rule: r.rule.Name,
		Title: subject.Entity + " breaks the rule " + r.rule.Name,
		Text:  fmt.Sprintf("%s Rule: %s, %s.", text, r.rule.Name, r.rule.words()),
	})
}

// mend reports that a rule is kept again.
func (w *watch) mend(r *ruleWatch, ms int64, subject incident.Subject) {
	r.excused = false
	if !r.broken {
		return
	}
	r.broken = false
	w.take(&incident.Report{
		Finding: series.Finding{Kind: kindRule, Field: r.rule.brokenField(), At: ms, Over: true},
		Subject: subject, Class: incident.Rule, Rule: r.rule.Name,
	})
}

// words say what a rule demands.
func (r *AlertRule) words() string {
	length := incident.Seconds(float64(r.Seconds))
	if r.Kind == RuleSilent {
		return "silent for longer than " + length
	}
	if r.Seconds == 0 {
		return "outside of " + limits(r)
	}
	return "outside of " + limits(r) + " for longer than " + length
}
