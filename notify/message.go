package notify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Event is what a message is about.
type Event string

// The events.
const (
	Opened Event = "opened" // an alert has begun
	Raised Event = "raised" // it has become more severe
	Closed Event = "closed" // it is over
	Digest Event = "digest" // several alerts in one message, in Items
	Tested Event = "test"   // somebody tries the channel out; nothing is wrong
)

// Severity is how much an alert matters. A message that closes an alert carries the highest that it had, so that who has
// heard of it hears of its end.
type Severity string

// The severities, in their order.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// rank is the place of a severity in their order; -1 for what is none.
func (s Severity) rank() int { return slices.Index([]Severity{Low, Medium, High, Critical}, s) }

// How long things may be, in characters. What is longer is cut, and ends in an ellipsis.
const (
	mostTitle  = 200
	mostText   = 2000
	mostEntity = 300
	mostKind   = 64
	mostURL    = 2000
	mostItems  = 50
)

// Message is what people are told. As JSON it is the body of a webhook and the payload on an MQTT topic:
//
//	{
//	  "id": "alert-17-opened",
//	  "event": "opened",
//	  "alert_id": 17,
//	  "severity": "high",
//	  "kind": "silence",
//	  "entity": "plant/pump3",
//	  "title": "Pump 3 is silent",
//	  "text": "Silent for 4 min; usually it speaks every 60 s.",
//	  "opened_at": "2026-03-01T09:30:00Z",
//	  "at": "2026-03-01T09:34:00Z",
//	  "value": 0.25,
//	  "url": "https://bunkerm.example/anomalies/alerts/17"
//	}
//
// What is empty is left out; new fields may be added. Times are RFC 3339 in UTC, to the millisecond. Control, invisible and direction-changing
// characters of texts are escaped as \u{202e}, because clients of the broker choose names that stand in them.
type Message struct {
	ID       string    `json:"id" doc:"Names the message. A message that is repeated because its receipt is uncertain has the same one"`
	Event    Event     `json:"event" enum:"opened,raised,closed,digest,test" doc:"What the message is about"`
	AlertID  int64     `json:"alert_id,omitempty" doc:"The alert; absent in a digest"`
	Severity Severity  `json:"severity" enum:"low,medium,high,critical" doc:"Of an alert the highest so far, of a digest that of its most severe item"`
	Kind     string    `json:"kind,omitempty" doc:"What kind of alert it is"`
	Entity   string    `json:"entity,omitempty" doc:"What it is about: a topic, a client, the broker"`
	Title    string    `json:"title" doc:"One line of at most 200 characters"`
	Text     string    `json:"text,omitempty" doc:"At most 2,000 characters, plain"`
	OpenedAt time.Time `json:"opened_at,omitzero" doc:"When the alert began"`
	At       time.Time `json:"at" doc:"When the message was written"`
	Value    *float64  `json:"value,omitempty" doc:"The measured value; only where the channel has values switched on"`
	URL      string    `json:"url,omitempty" doc:"Where to read more"`
	Items    []Item    `json:"items,omitempty" doc:"The alerts of a digest, at most 50"`
	More     int       `json:"more,omitempty" doc:"How many alerts of a digest are not among its items"`

	// ValueTitle and ValueText stand in the place of Title and Text where the channel has values switched on; empty: the same do.
	ValueTitle string `json:"-"`
	ValueText  string `json:"-"`
}

// Item is one alert of a digest.
type Item struct {
	AlertID  int64     `json:"alert_id" doc:"The alert"`
	Event    Event     `json:"event" enum:"opened,raised,closed" doc:"What it did last"`
	Severity Severity  `json:"severity" enum:"low,medium,high,critical" doc:"Its highest severity so far"`
	Kind     string    `json:"kind,omitempty" doc:"What kind of alert it is"`
	Entity   string    `json:"entity,omitempty" doc:"What it is about"`
	Title    string    `json:"title" doc:"One line"`
	OpenedAt time.Time `json:"opened_at,omitzero" doc:"When it began"`
	At       time.Time `json:"at,omitzero" doc:"When it did what it did last"`
}

// check refuses what is no message. The sentence is for whoever writes the call, not for people.
func (m Message) check() error {
	if !slices.Contains([]Event{Opened, Raised, Closed, Digest, Tested}, m.Event) {
		return fault.Newf(fault.Invalid, "a message cannot be about %q", clean(string(m.Event), mostKind))
	}
	if m.Severity.rank() < 0 {
		return fault.Newf(fault.Invalid, "%q is no severity", clean(string(m.Severity), mostKind))
	}
	if m.Title == "" {
		return fault.New(fault.Invalid, "a message needs a title")
	}
	return nil
}

// cleaned is the message as it may be shown anywhere.
func (m Message) cleaned() Message {
	m.ID = clean(m.ID, mostKind)
	m.Kind, m.Entity = clean(m.Kind, mostKind), clean(m.Entity, mostEntity)
	m.Title, m.Text = clean(m.Title, mostTitle), cleanLines(m.Text, mostText)
	m.ValueTitle, m.ValueText = clean(m.ValueTitle, mostTitle), cleanLines(m.ValueText, mostText)
	m.URL = cleanURL(m.URL)
	m.OpenedAt, m.At = exact(m.OpenedAt), exact(m.At)
	if more := len(m.Items) - mostItems; more > 0 {
		m.More += more
		m.Items = m.Items[:mostItems]
	}
	m.Items = slices.Clone(m.Items)
	for i := range m.Items {
		it := &m.Items[i]
		it.Kind, it.Entity, it.Title = clean(it.Kind, mostKind), clean(it.Entity, mostEntity), clean(it.Title, mostTitle)
		it.OpenedAt, it.At = exact(it.OpenedAt), exact(it.At)
	}
	return m
}

// exact is a time as all answers have them: in UTC, to the millisecond.
func exact(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// alongside is the message as a channel gets it: values and lesser alerts only where the channel wants them. ok is false
// where nothing is left.
func (m Message) alongside(c Channel) (_ Message, ok bool) {
	if c.Values {
		m.Title, m.Text = cmp.Or(m.ValueTitle, m.Title), cmp.Or(m.ValueText, m.Text)
	} else {
		m.Value = nil
	}
	m.ValueTitle, m.ValueText = "", ""
	least := c.MinSeverity.rank()
	if m.Severity.rank() < least {
		return m, false
	}
	if len(m.Items) == 0 {
		return m, true
	}
	m.Items = slices.DeleteFunc(slices.Clone(m.Items), func(it Item) bool { return it.Severity.rank() < least })
	return m, len(m.Items) > 0
}

// words are a title and a text for people, with the times of their zone. The text has everything that the title has not.
func (m Message) words(zone *time.Location) (title, text string) {
	const stamp = "2006-01-02 15:04 MST"
	title = m.Title
	if prefix, ok := map[Event]string{Raised: "More severe: ", Closed: "Over: ", Tested: "Test: "}[m.Event]; ok {
		title = prefix + title
	}
	var b []byte
	line := func(format string, args ...any) { b = fmt.Appendf(b, format+"\n", args...) }
	if m.Text != "" {
		line("%s\n", m.Text)
	}
	for _, it := range m.Items {
		line("- %s (%s, %s since %s)", it.Title, it.Severity, it.Event, it.At.In(zone).Format(stamp))
	}
	if m.More > 0 {
		line("- and %d more", m.More)
	}
	if len(m.Items) > 0 {
		line("")
	}
	if m.Event != Digest && m.Event != Tested {
		line("Severity: %s", m.Severity)
	}
	if m.Entity != "" {
		line("About: %s", m.Entity)
	}
	if m.Value != nil {
		line("Value: %g", *m.Value)
	}
	if !m.OpenedAt.IsZero() {
		line("Since: %s", m.OpenedAt.In(zone).Format(stamp))
	}
	if m.Event == Closed {
		line("Over: %s", m.At.In(zone).Format(stamp))
	}
	if m.URL != "" {
		line("%s", m.URL)
	}
	return title, string(b)
}
