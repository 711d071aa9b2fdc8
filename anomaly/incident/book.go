package incident

import (
	"maps"
	"slices"

	"github.com/bunkerm/bunkerm/anomaly/series"
)

const (
	minuteMs = 60_000

	together    = 2 * minuteMs  // between the beginnings of incidents that may be one
	extended    = 1.5           // below the threshold a finding still extends what is open
	leastQuiet  = minuteMs      // after which an incident is over
	restoredFor = 10 * minuteMs // after a start an incident has to be found again
	mostQuiet   = 24 * 60 * minuteMs
	quietGaps   = 60 // the same in values of the series

	reopenedFor = 30 * minuteMs // after its end an incident is opened again rather than repeated
	mostOpen    = 2000          // incidents that are open at once; more are counted
	agreeing    = 3             // members from which on an incident is critical
)

// Report is a finding about something, ready to become an incident or a part of one.
type Report struct {
	series.Finding
	Subject  Subject
	Class    Class
	GapMs    float64  // the usual time between two values
	Severity Severity // at least; 0: what the margin says
	Lasts    bool     // its end will be told, besides those kinds of series whose end always is
	Learned  bool
	Rule     string // what says so
	Title    string
	Text     string
}

// Change says what a report has done.
type Change struct {
	Incident *Incident
	What     What
}

// What has happened to an incident.
type What int

// The changes.
const (
	Nothing What = iota
	Extended
	Opened
	Reopened
	Raised // its severity is higher
	Ended
)

// key is what there is one open incident of at most: the fields of a topic belong together, the rules of people do not.
type key struct {
	entityType, entity string
	class              Class
	rule               string // of class Rule and Operational
}

func keyOf(entityType, entity string, c Class, rule string) key {
	k := key{entityType: entityType, entity: entity, class: c}
	if c == Rule || c == Operational {
		k.rule = rule
	}
	return k
}

func (r *Report) key() key { return keyOf(r.Subject.Type, r.Subject.Entity, r.Class, r.Rule) }

// Book keeps the incidents that are open, and those that ended a moment ago. One goroutine uses it.
type Book struct {
	next    int64
	open    map[int64]*Incident
	byKey   map[key]*Incident // open ones, by each of their members
	ended   map[key]*Incident // for reopenedFor
	dirty   map[int64]*Incident
	words   Words
	Refused int64 // incidents that were not opened because too many are open
}

// NewBook returns a book whose next incident has the id after last. open are those that were open before: what of them still
// goes on is reported again, and the others are over after a while.
func NewBook(last, now int64, open []*Incident, words Words) *Book {
	b := &Book{
		next: last, open: map[int64]*Incident{}, byKey: map[key]*Incident{}, ended: map[key]*Incident{},
		dirty: map[int64]*Incident{}, words: words,
	}
	for _, i := range open {
		b.next = max(b.next, i.ID)
		i.quiet = max(i.quiet, restoredFor)
		i.LastSeen = max(i.LastSeen, now)
		b.open[i.ID] = i
		for at := range i.Members {
			i.Members[at].Over = i.Members[at].Over || i.Class != Rule // whether a rule is kept again is told
			b.link(i, keyOf(i.Members[at].Type, i.Members[at].Entity, i.Class, i.Rule))
		}
	}
	return b
}

func (b *Book) link(i *Incident, k key) {
	if b.byKey[k] == nil {
		b.byKey[k] = i
		i.keys = append(i.keys, k)
	}
	delete(b.ended, k)
}

// Report takes a finding in. What ends is told with Over.
func (b *Book) Report(r *Report) Change {
	k := r.key()
	i := b.byKey[k]
	margin := r.Score - r.Threshold
	switch {
	case r.Over:
		return b.over(i, r)
	case i != nil && margin >= -extended:
		return b.extend(i, r, margin)
	case margin < 0:
		return Change{}
	}
	if i = b.ended[k]; i != nil && r.At-i.ClosedAt <= reopenedFor {
		b.reopen(i)
		b.extend(i, r, margin)
		if r.Lasts || r.Kind.Lasts() { // what does not is counted already, and its strangest value is the one to tell
			i.Occurrences++
			i.topmost = r.Finding
			b.words.say(i, r)
		}
		return Change{i, Reopened}
	}
	if i = b.akin(r); i != nil {
		return b.extend(i, r, margin)
	}
	if len(b.open) >= mostOpen {
		b.Refused++
		return Change{}
	}
	return Change{b.begin(r, margin), Opened}
}

func (b *Book) begin(r *Report, margin float64) *Incident {
	b.next++
	i := &Incident{
		ID: b.next, Status: Open, Class: r.Class, Kind: r.Kind, Rule: r.Rule, Type: r.Subject.Type, Entity: r.Subject.Entity,
		Field: r.Field, Score: r.Score, Margin: margin, OpenedAt: r.Since, FoundAt: r.At, LastSeen: r.At, Occurrences: 1,
		Learned: r.Learned, topmost: r.Finding, Client: r.Subject.Client,
	}
	b.open[i.ID] = i
	b.member(i, r)
	i.Severity = severity(i, r, margin)
	b.words.say(i, r)
	b.Touch(i)
	return i
}

// member notes what the report is about, and reports whether that is new in the incident.
func (b *Book) member(i *Incident, r *Report) (added bool) {
	i.quiet = max(i.quiet, leastQuiet, min(mostQuiet, int64(quietGaps*r.GapMs)))
	for at := range i.Members {
		m := &i.Members[at]
		if m.Entity == r.Subject.Entity && m.Type == r.Subject.Type && m.Field == r.Field && m.Kind == r.Kind {
			m.Over = false
			return false
		}
	}
	k := r.key()
	if len(i.Members) >= mostMembers {
		if b.byKey[k] == i {
			return false
		}
	} else {
		i.Members = append(i.Members, Member{
			Type: r.Subject.Type, Entity: r.Subject.Entity, Field: r.Field, Kind: r.Kind, Lasts: r.Lasts || r.Kind.Lasts(),
		})
	}
	i.MemberCount++
	b.link(i, k)
	return true
}

func severity(i *Incident, r *Report, margin float64) Severity {
	s := Medium
	switch {
	case margin >= 2 || i.Learned && i.agree() >= agreeing:
		s = Critical
	case margin >= 1:
		s = High
	}
	if r.Severity != 0 {
		s = r.Severity
	}
	return max(s, i.Severity)
}

// agree counts the entities and fields that are strange at once; two kinds of strangeness of one field count as one.
func (i *Incident) agree() int {
	n := i.MemberCount - len(i.Members)
	for at, m := range i.Members {
		if !slices.ContainsFunc(i.Members[:at], func(o Member) bool { return o.Entity == m.Entity && o.Field == m.Field }) {
			n++
		}
	}
	return n
}

// extend notes one more finding, or one more member, of what an incident is about.
func (b *Book) extend(i *Incident, r *Report, margin float64) Change {
	added := b.member(i, r)
	i.LastSeen, i.OpenedAt = r.At, min(i.OpenedAt, r.Since)
	lasts := r.Lasts || r.Kind.Lasts()
	if added || !lasts { // what lasts is found again and again, and is one occurrence
		i.Occurrences++
	}
	before := i.Severity
	i.Severity = severity(i, r, margin)
	stranger := r.Score > i.Score
	if stranger {
		i.Score, i.Margin, i.Kind, i.topmost = r.Score, margin, r.Kind, r.Finding
	}
	if added || stranger {
		b.words.say(i, r)
	}
	if added || stranger || !lasts || r.At-i.storedAt >= minuteMs {
		i.storedAt = r.At
		b.Touch(i)
	}
	if i.Severity > before {
		return Change{i, Raised}
	}
	return Change{i, Extended}
}

// akin finds an incident that has begun at the same time and is about the same: topics of one client, silent topics of one
// site, the same field of neighbouring topics, clients to which the same happens. What falls silent together is one matter,
// whatever it is called: two failures that have nothing to do with each other hardly ever come within two minutes.
func (b *Book) akin(r *Report) *Incident {
	var found, oldest *Incident
	for _, i := range b.open {
		if i.Class != r.Class || i.Type != r.Subject.Type || r.At-i.FoundAt > together {
			continue
		}
		if oldest == nil || i.ID < oldest.ID {
			oldest = i
		}
		if sameMatter(i, r) && (found == nil || i.ID < found.ID) {
			found = i
		}
	}
	if found == nil && r.Class == Quiet {
		return oldest
	}
	return found
}

func sameMatter(i *Incident, r *Report) bool {
	switch {
	case r.Class == Operational:
		return false
	case r.Class == Rule:
		return r.Rule == i.Rule
	case r.Subject.Type != TypeTopic:
		return r.Kind == i.Kind
	case r.Subject.Client != "" && r.Subject.Client == i.Client:
		return true
	}
	site := prefix(i.Entity, r.Subject.Entity)
	return site != "" && (r.Class == Quiet || r.Field == i.Field && r.Kind == i.Kind)
}

// GoesOn reports whether what a report is about is part of an open incident, and not over.
func (b *Book) GoesOn(r *Report) bool {
	i := b.byKey[r.key()]
	return i != nil && slices.ContainsFunc(i.Members, func(m Member) bool {
		return m.Entity == r.Subject.Entity && m.Type == r.Subject.Type && m.Field == r.Field && m.Kind == r.Kind && !m.Over
	})
}

// Get is an incident that is open; nil where it is not.
func (b *Book) Get(id int64) *Incident { return b.open[id] }

// Touch notes that an incident has changed.
func (b *Book) Touch(i *Incident) { b.dirty[i.ID] = i }

// All are those that are open, in the order of their ids.
func (b *Book) All() []*Incident {
	return slices.SortedFunc(maps.Values(b.open), func(x, y *Incident) int { return int(x.ID - y.ID) })
}

// OpenOf counts the open incidents of the learned classes that something is a member of.
func (b *Book) OpenOf(entityType, entity string) (n int) {
	for _, c := range []Class{Values, Standing, Quiet, Traffic, Access} {
		if b.byKey[key{entityType: entityType, entity: entity, class: c}] != nil {
			n++
		}
	}
	return n
}

// Changed returns copies of the incidents that have changed since the last call.
func (b *Book) Changed() []Incident {
	all := make([]Incident, 0, len(b.dirty))
	for _, i := range b.dirty {
		kept := *i
		kept.Members = slices.Clone(i.Members)
		all = append(all, kept)
	}
	clear(b.dirty)
	slices.SortFunc(all, func(x, y Incident) int { return int(x.ID - y.ID) })
	return all
}

// Again notes that a change could not be stored: the incident as it is now, or as it was then if it has ended since.
func (b *Book) Again(i Incident) {
	if _, newer := b.dirty[i.ID]; newer {
		return
	}
	if now := b.open[i.ID]; now != nil {
		b.dirty[i.ID] = now
		return
	}
	b.dirty[i.ID] = &i
}
