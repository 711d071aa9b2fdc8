package incident

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Words says what has happened, in the time zone of the people.
type Words struct {
	Location func() *time.Location
}

// say writes title and explanation of an incident, after a report has changed it.
func (w Words) say(i *Incident, r *Report) {
	if r.Title != "" {
		i.Title, i.Explanation = r.Title, r.Text
	} else {
		i.Title = nameOf(r.Subject, r.Field) + " " + w.verb(&r.Finding)
		i.Explanation = w.explain(&r.Finding)
	}
	if n := i.agree(); n > 1 && i.Class != Operational {
		w.several(i, n)
	}
}

// several gives an incident of many a title of its own; the explanation stays that of the strangest one.
func (w Words) several(i *Incident, n int) {
	entities := 0
	site := i.Members[0].Entity
	for at, m := range i.Members {
		site = prefix(site, m.Entity)
		if at == 0 || m.Entity != i.Members[at-1].Entity {
			entities++
		}
	}
	entities = max(entities, entities+i.MemberCount-len(i.Members))
	what := map[Class]string{
		Values: "are unusual at the same time", Standing: "do not change any more", Quiet: "are silent",
		Traffic: "bring unusually much", Access: "behave alike", Rule: "break the rule " + i.Rule,
	}[i.Class]
	switch {
	case entities <= 1:
		i.Title = fmt.Sprintf("%d fields of %s %s", n, i.Entity, what)
	case i.Type == TypeClient:
		i.Title = fmt.Sprintf("%d clients %s", entities, what)
	case site != "":
		i.Title = fmt.Sprintf("%d topics below %s/ %s", entities, site, what)
	default:
		i.Title = fmt.Sprintf("%d topics %s", entities, what)
	}
}

func nameOf(s Subject, field string) string {
	switch {
	case s.Type == TypeBroker && field != "":
		return "the broker's " + field
	case s.Type == TypeBroker:
		return "the broker"
	case field == "":
		return s.Entity
	}
	return s.Entity + " " + field
}

// verb is what a finding looks like.
func (w Words) verb(f *series.Finding) string {
	higher := "lower"
	if f.Value > f.Expected {
		higher = "higher"
	}
	switch f.Kind {
	case series.Level:
		return "is much " + higher + " than usual: " + Number(f.Value)
	case series.Drift:
		return "has moved away from where it was"
	case series.Trend:
		return "has gone away to " + Number(f.Value)
	case series.Season:
		return "is much " + higher + " than at this hour of other weeks: " + Number(f.Value)
	case series.Record:
		return "is " + higher + " than ever: " + Number(f.Value)
	case series.Shape:
		return "moves as it has never moved before"
	case series.Joint:
		return "does not fit to the other fields"
	case series.Reset:
		return "has begun again at " + Number(f.Value)
	case series.Stuck:
		return "is stuck at " + Number(f.Value)
	case series.Missing:
		return "is missing in the messages"
	case series.State:
		return "has become " + strconv.Quote(f.Text)
	case series.Dwell:
		return "stays " + strconv.Quote(f.Text) + " unusually long"
	case series.Silence:
		return "is silent"
	case series.Burst:
		return "brings unusually many messages"
	case series.Size:
		return "brings an unusually large payload"
	}
	return string(f.Kind)
}

// explain says in one sentence what was expected, what was seen, and since when, and in another which rule says so.
func (w Words) explain(f *series.Finding) string {
	at := w.clock(f.At)
	what := "the value was"
	if f.Counter {
		what = "the counter grew per second by"
	}
	var seen, rule string
	switch f.Kind {
	case series.Level:
		seen = fmt.Sprintf("At %s %s %s; usual is %s.", at, what, Number(f.Value), between(f))
		rule = "far from the long-term level"
	case series.Drift:
		seen = fmt.Sprintf("Until %s the last ten values have moved away from about %s; the last one was %s.", at, Number(f.Expected), Number(f.Value))
		rule = "mean of ten values against that of two hundred"
	case series.Trend:
		seen = fmt.Sprintf("The mean of the %s until %s was %s; before it was about %s, and no hour was like the last one.",
			lengthOf(f), at, Number(f.Value), Number(f.Expected))
		rule = "mean of an hour or a day against those before"
	case series.Season:
		seen = fmt.Sprintf("At %s %s %s; at this hour of the week about %s is usual.", at, what, Number(f.Value), Number(f.Expected))
		rule = "profile of the week's hours"
	case series.Record:
		seen = fmt.Sprintf("At %s %s %s; never before was it beyond %s.", at, what, Number(f.Value), Number(f.Expected))
		rule = "new record"
	case series.Shape:
		seen = fmt.Sprintf("Until %s the last values ran as no stretch of the last 2,048 did; the last one was %s.", at, Number(f.Value))
		rule = "matrix profile"
	case series.Joint:
		seen = fmt.Sprintf("At %s all fields of the payload together were unusual; most of all this one, at %s.", at, Number(f.Value))
		rule = "Hotelling's T² of the fields"
	case series.Reset:
		seen = fmt.Sprintf("At %s the counter went from %s back to %s.", at, Number(f.Expected), Number(f.Value))
		rule = "a counter begins again"
	case series.Stuck:
		seen = fmt.Sprintf("Since %s the value has been exactly %s in every message; usually it changes after %s at the latest.",
			w.clock(f.Since), Number(f.Value), plural(math.Round(f.Expected), "message"))
		rule = "length of runs of one value"
	case series.Missing:
		seen = fmt.Sprintf("Since %s messages have come without the field; usually it is there.", w.clock(f.Since))
		rule = "presence of the field"
	case series.State:
		seen = fmt.Sprintf("At %s the state went from %q to %q, which it hardly ever does.", at, f.Before, f.Text)
		rule = "transitions between states"
	case series.Dwell:
		seen = fmt.Sprintf("Since %s the state has been %q; usually that lasts %s.", w.clock(f.Since), f.Text, Seconds(f.Expected))
		rule = "time spent in a state"
	case series.Silence:
		seen = fmt.Sprintf("The last message came at %s; usually one comes every %s, and hardly ever is there none for %s.",
			w.clock(f.Since), Seconds(f.Expected), Seconds(f.High))
		rule = "time between messages"
	case series.Burst:
		seen = fmt.Sprintf("From %s on %s messages came within ten seconds; usual is %s, and hardly ever more than %s.", w.clock(f.Since), Number(f.Value), Number(f.Expected), Number(f.High))
		rule = "messages per ten seconds"
	case series.Size:
		seen = fmt.Sprintf("At %s the payload had %s bytes; the largest one before had %s.", at, Number(f.Value), Number(f.Expected))
		rule = "size of the payload"
	}
	return fmt.Sprintf("%s Rule: %s; score %.1f, alarm from %.1f on.", seen, rule, f.Score, f.Threshold)
}

// lengthOf is what a trend was found in.
func lengthOf(f *series.Finding) string {
	if f.At-f.Since > minuteMs*60*2 {
		return "day"
	}
	return "hour"
}

func between(f *series.Finding) string {
	if math.IsNaN(f.Low) || math.IsNaN(f.High) {
		return "about " + Number(f.Expected)
	}
	return Number(f.Low) + " to " + Number(f.High)
}

func (w Words) clock(ms int64) string {
	return time.UnixMilli(ms).In(w.Location()).Format("15:04:05 MST on 2 Jan")
}

// Number writes a number as people read it: four digits that matter, and no more.
func Number(x float64) string {
	if math.IsNaN(x) {
		return "unknown"
	}
	a := math.Abs(x)
	switch {
	case a != 0 && (a < 1e-3 || a >= 1e9):
		return strconv.FormatFloat(x, 'g', 4, 64)
	case a >= 1000 || x == math.Trunc(x):
		return strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	}
	digits := max(0, 3-int(math.Floor(math.Log10(a))))
	return strconv.FormatFloat(math.Round(x*math.Pow10(digits))/math.Pow10(digits), 'f', -1, 64)
}

// Seconds writes a length of time with its two largest units.
func Seconds(s float64) string {
	if math.IsNaN(s) || s > 1e9 {
		return "a long time"
	}
	if s < 9.95 {
		return Number(math.Round(s*10)/10) + " s"
	}
	d := time.Duration(math.Round(s)) * time.Second
	type unit struct {
		of   time.Duration
		name string
	}
	units := []unit{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.of {
			continue
		}
		text := strconv.Itoa(int(d/u.of)) + " " + u.name
		if i+1 < len(units) {
			if rest := d % u.of / units[i+1].of; rest > 0 {
				text += " " + strconv.Itoa(int(rest)) + " " + units[i+1].name
			}
		}
		return text
	}
	return "0 s"
}

func plural(n float64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// Explain says of one report what an incident of it would say.
func (b *Book) Explain(r *Report) string {
	if r.Text != "" && r.Title != "" {
		return r.Text
	}
	return b.words.explain(&r.Finding)
}

// Clock writes a moment where the people are.
func (b *Book) Clock(ms int64) string { return b.words.clock(ms) }
