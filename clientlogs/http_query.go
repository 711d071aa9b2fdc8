package clientlogs

import (
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/query"
)

// EventQuery is the part of a query that all lists of events take.
type EventQuery struct {
	Username string `query:"username" maxLength:"65535" doc:"Only events of this user"`
	Event    string `query:"event" maxLength:"200" doc:"Only events of these kinds, separated by commas: connect, disconnect, subscribe, unsubscribe, publish, auth_failure, denied, takeover, expired, dropped, control, recording"`
	Address  string `query:"address" maxLength:"200" doc:"Only events from this IP address"`
	From     string `query:"from" maxLength:"64" doc:"Only events from then on: RFC 3339, or a duration back from now as in 15m, 24h or 7d"`
	To       string `query:"to" maxLength:"64" doc:"Only events before then"`
	Own      bool   `query:"own" doc:"BunkerM's own sessions as well"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Cursor   string `query:"cursor" maxLength:"100" doc:"next_cursor of the page before"`
}

// filter reads the query. Its errors are faults about the place that is wrong.
func (in *EventQuery) filter(now time.Time) (Filter, error) {
	f := Filter{Username: in.Username, Address: in.Address, Own: in.Own}
	var err error
	if f.Kinds, err = kindsOf(in.Event); err != nil {
		return f, err
	}
	if f.From, err = moment("query.from", in.From, now); err != nil {
		return f, err
	}
	if f.To, err = moment("query.to", in.To, now); err == nil && !f.To.IsZero() && f.To.Before(f.From) {
		err = notAcceptable("query.to", "is before from")
	}
	return f, err
}

func kindsOf(list string) (KindSet, error) {
	if list == "" {
		return 0, nil
	}
	var kinds []Kind
	names := kindNames()
	for name := range strings.SplitSeq(list, ",") {
		k := slices.Index(names, strings.TrimSpace(name))
		if k <= 0 {
			return 0, notAcceptable("query.event", "names a kind of event that does not exist; there are "+strings.Join(names[1:], ", "))
		}
		kinds = append(kinds, Kind(k))
	}
	return setOf(kinds...), nil
}

// moment reads a time. Empty is the zero time.
func moment(at, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, ok := query.Moment(text, now)
	if !ok {
		return time.Time{}, notAcceptable(at, "is neither a time as in 2026-11-23T20:46:11Z nor a duration as in 15m, 24h or 7d")
	}
	// Events have whole milliseconds; the next one begins and ends what a fraction does.
	return t.Add(time.Millisecond - 1).Truncate(time.Millisecond), nil
}

// notAcceptable is the fault of a request that was understood and is not acceptable at one place.
func notAcceptable(location, message string) *fault.Error {
	return fault.New(fault.Invalid, "the request is not acceptable").At(location, message)
}
