package incident

import (
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Severity says how bad an incident is, by how far its strangest finding is beyond the threshold.
type Severity int

// The severities.
const (
	Low      Severity = iota + 1 // worth knowing, never sent
	Medium                       // beyond the threshold
	High                         // by one power of ten in probability, or a plain rule
	Critical                     // by two, or several things say the same
)

// String is the severity's word.
func (s Severity) String() string {
	return [...]string{"", "low", "medium", "high", "critical"}[s]
}

// ParseSeverity reads the word.
func ParseSeverity(word string) (Severity, bool) {
	for s := Low; s <= Critical; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}

// The states of an incident.
const (
	Open         = "open"
	Acknowledged = "acknowledged"
	Closed       = "closed"
)

// The types of entities.
const (
	TypeTopic  = "topic"
	TypeClient = "client"
	TypeBroker = "broker"
)

// Subject is what a finding is about.
type Subject struct {
	Type   string // topic, client or broker
	Entity string // the topic, the client id; "broker"
	Client string // whose topic it is, where that is known
}

// Member is one of the things that an incident is about.
type Member struct {
	Type   string      `json:"type"`
	Entity string      `json:"entity"`
	Field  string      `json:"field,omitempty"`
	Kind   series.Kind `json:"kind"`
	Lasts  bool        `json:"lasts,omitempty"` // its end is told
	Over   bool        `json:"over,omitempty"`  // and has been
}

// mostMembers is how many members an incident names; of more it knows the number.
const mostMembers = 200

// Incident is what an operator hears of once.
type Incident struct {
	ID          int64
	Status      string
	Severity    Severity
	Class       Class
	Kind        series.Kind // of its strangest finding
	Rule        string      // what says so: the detector, or the name of a rule
	Type        string
	Entity      string // of the first member
	Field       string
	Client      string // whose topics they are, where that is known
	Title       string
	Explanation string
	Score       float64
	Margin      float64 // how far Score is beyond the threshold
	OpenedAt    int64   // milliseconds since the epoch; when what is strange began
	FoundAt     int64   // when it was found
	LastSeen    int64
	ClosedAt    int64 // 0: it is open
	Occurrences int64
	Reopened    int // how often it has begun again soon after its end
	Members     []Member
	MemberCount int

	AcknowledgedBy string
	AcknowledgedAt int64
	Note           string
	Verdict        string
	Told           Severity // the severity of the last notification that was sent; 0: none was
	Learned        bool     // a detector says so that had to learn, not a plain rule

	storedAt int64 // when a change of it was last noted
	quiet    int64 // milliseconds without a finding after which it is over
	topmost  series.Finding
	keys     []key
}

// Class is a group of kinds that describe the same trouble: a spike and the drift behind it are one, a silence is another.
type Class string

// The classes.
const (
	Values      Class = "value"
	Standing    Class = "stuck"
	Quiet       Class = "silence"
	Traffic     Class = "traffic"
	Access      Class = "access"
	Rule        Class = "rule"
	Operational Class = "operational"
)

// ClassOf is the class of a kind that series know.
func ClassOf(k series.Kind) Class {
	switch k {
	case series.Stuck, series.Dwell:
		return Standing
	case series.Silence:
		return Quiet
	case series.Burst, series.Size:
		return Traffic
	}
	return Values
}

// prefix is what two topics have in common, in whole levels; empty where that is nothing.
func prefix(a, b string) string {
	n := 0
	for i := 0; ; i++ {
		if i == len(a) || i == len(b) {
			if i == len(a) && (i == len(b) || b[i] == '/') || i == len(b) && a[i] == '/' {
				n = i
			}
			break
		}
		if a[i] != b[i] {
			break
		}
		if a[i] == '/' {
			n = i
		}
	}
	return a[:n]
}
