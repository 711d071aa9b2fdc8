package anomaly

import (
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
)

// Alert is an incident as people see it.
type Alert struct {
	ID             int64      `json:"id" doc:"Its number"`
	Status         string     `json:"status" enum:"open,acknowledged,closed" doc:"acknowledged: somebody has seen it, and it goes on; closed: it is over"`
	Severity       string     `json:"severity" enum:"low,medium,high,critical" doc:"By how far the strangest finding is beyond the threshold: medium beyond it, high by one power of ten in probability, critical by two or where three things agree; low is shown and not sent"`
	Kind           string     `json:"kind" doc:"What is strange: level, drift, trend, season, record, shape, joint, reset, stuck, missing, state, dwell, silence, burst, size, refused, guessed, flapping, shared_id, new_address, new_topic, wide_subscription, rule, or an operational one"`
	Rule           string     `json:"rule" doc:"What says so: the detector, or the name of a rule"`
	Type           string     `json:"type" enum:"topic,client,broker" doc:"What it is about"`
	Entity         string     `json:"entity" doc:"The topic, the client id, or broker"`
	Field          string     `json:"field" doc:"The field of the payload; empty for a plain one and where it is about the whole"`
	Title          string     `json:"title" doc:"One line"`
	Explanation    string     `json:"explanation" doc:"What was expected, what was seen, since when, and which rule says so"`
	Score          float64    `json:"score" doc:"-log10 of the probability of a false alarm, of the strangest finding"`
	OpenedAt       time.Time  `json:"opened_at" doc:"When what is strange began"`
	LastSeen       time.Time  `json:"last_seen" doc:"When it was last found"`
	ClosedAt       *time.Time `json:"closed_at" doc:"When it was over; null while it is not"`
	Occurrences    int64      `json:"occurrences" doc:"How many findings it is made of"`
	Members        int        `json:"members" doc:"How many topics, fields or clients are part of it"`
	AcknowledgedBy *string    `json:"acknowledged_by" doc:"Who has seen it"`
	AcknowledgedAt *time.Time `json:"acknowledged_at" doc:"When"`
	Note           string     `json:"note" doc:"What they wrote"`
	Verdict        string     `json:"verdict,omitempty" enum:"true_alarm,false_alarm" doc:"What people said of it"`
	Notified       bool       `json:"notified" doc:"A notification was sent, not only kept for the digest"`
}

// AlertDetail is one incident with everything that belongs to it.
type AlertDetail struct {
	Alert
	Parts  []AlertPart  `json:"parts" nullable:"false" doc:"What is part of it, the first 200"`
	Points []ChartPoint `json:"points" nullable:"false" doc:"The series that is most strange, from before it began; empty where it is not about numbers, or you may not see values"`
}

// AlertPart is one thing that an incident is about.
type AlertPart struct {
	Type   string `json:"type" enum:"topic,client,broker" doc:"What it is"`
	Entity string `json:"entity" doc:"The topic, the client id, or broker"`
	Field  string `json:"field" doc:"The field of the payload"`
	Kind   string `json:"kind" doc:"What is strange"`
	Over   bool   `json:"over" doc:"It has ended"`
}

// AlertPage is a part of the list of incidents.
type AlertPage struct {
	Alerts     []Alert        `json:"alerts" nullable:"false" doc:"Those that are not over first, the newest first"`
	Total      int            `json:"total" doc:"How many match, on all pages"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last one"`
	Open       map[string]int `json:"open" nullable:"false" doc:"How many are not over, whatever the filter, by severity"`
	Learned    string         `json:"learned,omitempty" doc:"What is to be said about what was learned before the last start"`
	Sent       Sent           `json:"notifications" doc:"What was sent and what was held back"`
}

// AlertQuery says which incidents are asked for.
type AlertQuery struct {
	Status   []string
	Severity incident.Severity // at least
	Kind     string
	Entity   string // one of its parts
	From, To time.Time
	Limit    int
	Cursor   string

	after alertCursor
}

// Anomaly is one finding.
type Anomaly struct {
	ID          int64     `json:"id" doc:"Its number"`
	Time        time.Time `json:"time" doc:"When"`
	Type        string    `json:"type" enum:"topic,client,broker" doc:"What it is about"`
	Entity      string    `json:"entity" doc:"The topic, the client id, or broker"`
	Field       string    `json:"field" doc:"The field of the payload"`
	Kind        string    `json:"kind" doc:"What is strange, as in an alert"`
	Score       float64   `json:"score" doc:"-log10 of the probability of a false alarm"`
	Value       *float64  `json:"value" doc:"What was seen; null where it is no number, or you may not see values"`
	Expected    *float64  `json:"expected" doc:"What was expected"`
	Low         *float64  `json:"low" doc:"The lower edge of what would not have been strange"`
	High        *float64  `json:"high" doc:"The upper edge"`
	Explanation string    `json:"explanation" doc:"In words"`
	AlertID     *int64    `json:"alert_id" doc:"The incident that it is part of; null where it was not strange enough for one"`
}

// AnomaliesPage is a part of the list of findings.
type AnomaliesPage struct {
	Anomalies  []Anomaly `json:"anomalies" nullable:"false" doc:"The newest first"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last one"`
}

// AnomaliesQuery says which findings are asked for.
type AnomaliesQuery struct {
	Entity, Kind string
	From, To     time.Time
	MinScore     float64
	Alert        int64
	Limit        int
	Cursor       string

	after int64
}

// alertOf shows an incident.
func (s *Service) alertOf(d *detail, values bool) Alert {
	a := Alert{
		ID: d.ID, Status: d.Status, Severity: d.Severity.String(), Kind: string(d.Kind), Rule: d.Rule, Type: d.Type, Entity: d.Entity,
		Field: d.Field, Title: d.Title, Explanation: d.Explanation, Score: round(d.Score), OpenedAt: moment(d.OpenedAt),
		LastSeen: moment(d.LastSeen), Occurrences: d.Occurrences, Members: d.MemberCount, Note: d.Note, Verdict: d.Verdict, Notified: d.Told > 0,
	}
	if d.ClosedAt > 0 {
		at := moment(d.ClosedAt)
		a.ClosedAt = &at
	}
	if d.AcknowledgedAt > 0 {
		at, by := moment(d.AcknowledgedAt), d.AcknowledgedBy
		a.AcknowledgedAt, a.AcknowledgedBy = &at, &by
	}
	if !values {
		a.Title, a.Explanation = d.Discreet(s.words())
	}
	return a
}

func round(x float64) float64 { return float64(int64(x*100+0.5)) / 100 }
