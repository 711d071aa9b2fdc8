package clientlogs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// condition is a filter as the database understands it. 0 leaves a word out.
type condition struct {
	broker                    int64
	client, username, address int64
	kinds                     int64 // a bit for each
	own                       int64 // 1: our own as well
	from, to                  int64 // epoch milliseconds
}

// lane reads one table from the newest to the oldest, along one index.
type lane struct {
	condition
	codes    *codes
	boundary string // finds where a chunk ends
	rows     string // reads what passes in a chunk
	key      int64  // what is looked for in the index

	ranges    []idRange // to be read, the newest first; empty when everything was
	floor     int64     // everything from here on was looked at
	floorTime int64     // when the event at the floor happened
	moved     bool
	chunk     int
	found     []Event // not returned yet, the newest first
}

func newLane(p part, key laneKey, w condition, c *codes, ranges []idRange) *lane {
	l := &lane{condition: w, codes: c, ranges: slices.Clone(ranges), chunk: firstChunk}
	column := key.column
	switch column {
	case "client":
		l.key = w.client
	case "username":
		l.key = w.username
	case "kind":
		l.key = int64(key.kind)
	default:
		column = "broker" // the table itself: no index leads to it
		l.key = w.broker
	}
	l.floorTime = min(w.to, time.Now().UnixMilli())
	l.boundary, l.rows = boundaryQuery(p, column), rowsQuery(p, column)
	if len(ranges) > 0 {
		l.floor = ranges[0].high
	}
	return l
}

// indexed is the clause that makes SQLite use the lane's index: with an ORDER BY it would rather walk the table, which
// is wrong for whoever has few events. A plus sign keeps a column from being looked for in an index.
func indexed(column string) string {
	if column == "broker" {
		return "+e.broker = $1 AND $2 = $2"
	}
	return "e.broker = $1 AND e." + column + " = $2"
}

func boundaryQuery(p part, column string) string {
	return "SELECT e.id, e.time FROM " + p.table() + " e WHERE " + indexed(column) +
		" AND e.id >= $3 AND e.id < $4 ORDER BY e.id DESC LIMIT 1 OFFSET $5"
}

func rowsQuery(p part, column string) string {
	return "SELECT " + eventFields + " FROM (SELECT * FROM " + p.table() + " e WHERE " + indexed(column) +
		" AND e.id >= $3 AND e.id < $4 AND e.time >= $5 AND e.time < $6 AND (($7 >> e.kind) & 1) = 1 AND e.own <= $8" +
		" AND ($9 = 0 OR e.client = $9) AND ($10 = 0 OR e.username = $10) AND ($11 = 0 OR e.address = $11)" +
		" ORDER BY e.id DESC LIMIT $12) e " + eventJoins + " ORDER BY e.id DESC"
}

// advance looks at the next chunk. want is how many events are of use.
func (l *lane) advance(ctx context.Context, q store.Queries, want int) error {
	l.moved = true
	r := l.ranges[0]
	low, lowTime := r.low, int64(0)
	err := q.QueryRow(ctx, l.boundary, l.broker, l.key, r.low, r.high, l.chunk-1).Scan(&low, &lowTime)
	last := errors.Is(err, sql.ErrNoRows) // there are fewer rows than the chunk has
	if err != nil && !last {
		return fmt.Errorf("looking for events: %w", err)
	}
	if l.found, err = l.read(ctx, q, idRange{low, r.high}, want); err != nil {
		return err
	}
	l.chunk = min(4*l.chunk, mostChunk)
	switch n := len(l.found); {
	case n == want: // there may be more in the chunk
		l.floor, l.floorTime = l.found[n-1].ID, l.found[n-1].Time.UnixMilli()
	case last:
		l.ranges = l.ranges[1:]
		if len(l.ranges) > 0 {
			l.floor = l.ranges[0].high
		}
		return nil
	default:
		l.floor, l.floorTime = low, lowTime
	}
	l.ranges[0].high = l.floor
	return nil
}

// read reads what passes within a range.
func (l *lane) read(ctx context.Context, q store.Queries, ids idRange, want int) ([]Event, error) {
	rows, err := q.Query(ctx, l.rows, l.broker, l.key, ids.low, ids.high, l.from, l.to, l.kinds, l.own,
		l.client, l.username, l.address, want)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scanEvent(rows, l.codes)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	return events, nil
}

// eventFields and eventJoins read an event with its texts. A missing text is NULL.
const (
	eventFields = `e.id, e.time, e.until, e.kind, e.own, c.text, u.text, a.text, t.text, e.port, e.protocol, e.keepalive,
		e.reason, r.text, e.qos, e.granted, e.size, e.count, e.flags, e.note`
	eventJoins = `LEFT JOIN event_words c ON c.id = e.client LEFT JOIN event_words u ON u.id = e.username
		LEFT JOIN event_words a ON a.id = e.address LEFT JOIN event_words t ON t.id = e.topic
		LEFT JOIN event_words r ON r.id = -e.reason`
)

// scanEvent reads a row of eventFields.
func scanEvent(rows *sql.Rows, c *codes) (Event, error) {
	var e Event
	var ms, until, kind, own, protocol, reason, flags int64
	var client, username, address, topic, word, note sql.NullString
	err := rows.Scan(&e.ID, &ms, &until, &kind, &own, &client, &username, &address, &topic, &e.Port, &protocol,
		&e.KeepaliveSeconds, &reason, &word, &e.QoS, &e.GrantedQoS, &e.Size, &e.Count, &flags, &note)
	if err != nil {
		return Event{}, fmt.Errorf("reading an event: %w", err)
	}
	e.Time, e.Kind, e.Own = timeOf(ms), Kind(kind), own != 0
	if until != 0 || e.Count > 1 {
		e.Until = timeOf(ms + until)
	}
	e.ClientID, e.Username, e.HasUser = client.String, username.String, username.Valid
	e.Address, e.Topic, e.Raw = address.String, topic.String, note.String
	if e.Kind == Control {
		e.Topic, e.Raw = note.String, ""
	}
	e.Protocol = codeAt(c.protocols, protocol)
	if e.Reason = Reason(word.String); reason >= 0 {
		e.Reason = codeAt(c.reasons, reason)
	}
	setFlags(&e, flags)
	return e, nil
}
