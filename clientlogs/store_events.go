package clientlogs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// part is one of the two tables of events.
type part int64

const (
	eventsPart    part = 1 // everything but publishes
	publishesPart part = 2
)

func parts() []part { return []part{eventsPart, publishesPart} }

func (p part) table() string {
	if p == publishesPart {
		return "publishes"
	}
	return "events"
}

func partOf(k Kind) part {
	if k == Publish {
		return publishesPart
	}
	return eventsPart
}

const eventColumns = 20

// rowsAtOnce is how many events one statement inserts: going through database/sql costs more than a small row.
const rowsAtOnce = 16

// insertEvents is the statement that inserts n events.
func insertEvents(p part, n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + p.table() + " (id, broker, time, until, kind, own, client, username, address, topic, port, " +
		"protocol, keepalive, reason, qos, granted, size, count, flags, note) VALUES ")
	for i := range n * eventColumns {
		switch {
		case i%eventColumns != 0:
			b.WriteString(", $")
		case i == 0:
			b.WriteString("($")
		default:
			b.WriteString("), ($")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(")")
	return b.String()
}

// eventWriter inserts the events of one transaction.
type eventWriter struct {
	s       *storage
	q       store.Queries
	words   *wordUse
	pending [publishesPart + 1][]any // values of the rows that wait for a statement of their own
	spans   [publishesPart + 1]spanGrowth
	devices map[int64]*deviceChange // by the word of the client id
}

// add takes the next event; ids grow.
func (w *eventWriter) add(ctx context.Context, e *Event) error {
	p, ms := partOf(e.Kind), e.Time.UnixMilli()
	row, client, err := w.row(ctx, e, ms)
	if err != nil {
		return err
	}
	w.pending[p] = append(w.pending[p], row...)
	if len(w.pending[p]) == rowsAtOnce*eventColumns {
		if err := w.flush(ctx, p); err != nil {
			return err
		}
	}
	if client != 0 {
		w.touch(client, e, ms)
	}
	return w.spans[p].add(ctx, w.q, e.ID, ms)
}

// row is an event as the database has it, and the word of its client id, 0 where there is none.
func (w *eventWriter) row(ctx context.Context, e *Event, ms int64) (row []any, client int64, err error) {
	day := dayOf(ms)
	if e.ClientID != "" {
		if client, err = w.words.id(ctx, e.ClientID, day); err != nil {
			return nil, 0, err
		}
	}
	username, err := w.words.optional(ctx, e.Username, day, e.HasUser || e.Username != "")
	if err != nil {
		return nil, 0, err
	}
	address, err := w.words.optional(ctx, e.Address, day, e.Address != "")
	if err != nil {
		return nil, 0, err
	}
	var topic, note any
	if e.Kind == Control {
		note = e.Topic
	} else {
		if e.Raw != "" {
			note = e.Raw
		}
		if topic, err = w.words.optional(ctx, e.Topic, day, e.Topic != ""); err != nil {
			return nil, 0, err
		}
	}
	reason, known := w.s.codes.reason[e.Reason]
	if !known {
		id, err := w.words.id(ctx, string(e.Reason), day)
		if err != nil {
			return nil, 0, err
		}
		reason = -id
	}
	until := int64(0)
	if !e.Until.IsZero() {
		until = e.Until.UnixMilli() - ms
	}
	return []any{
		e.ID, w.s.broker, ms, until, int64(e.Kind), oneIf(e.Own), nullIfZero(client), username, address, topic, int64(e.Port),
		w.s.codes.protocol[e.Protocol], int64(e.KeepaliveSeconds), reason, int64(e.QoS), int64(e.GrantedQoS), e.Size,
		int64(e.Count), flagsOf(e), note,
	}, client, nil
}

// flush inserts the rows that wait.
func (w *eventWriter) flush(ctx context.Context, p part) error {
	values := w.pending[p]
	w.pending[p] = values[:0]
	for len(values) > 0 {
		// Only two lengths, so that two statements per table are prepared.
		n := 1
		if len(values) == rowsAtOnce*eventColumns {
			n = rowsAtOnce
		}
		if _, err := w.q.Exec(ctx, w.s.inserts[p][n], values[:n*eventColumns]...); err != nil {
			return fmt.Errorf("storing %s: %w", p.table(), err)
		}
		values = values[n*eventColumns:]
	}
	return nil
}

// tellsMore tells the events whose line says more than the fields do. The line of all others could be written anew from
// the fields, and is not kept: it would take two thirds of the room.
func tellsMore(e *Event) bool {
	switch e.Kind {
	case AuthFailure, Dropped, Recording:
		return true
	case Disconnect:
		return e.Reason != ClientDisconnected && e.Reason != KeepaliveTimeout && e.Reason != Kicked
	default:
		return false
	}
}

// dayOf is the day of a time in epoch milliseconds, counted from 1970.
func dayOf(ms int64) int64 {
	const day = int64(24 * time.Hour / time.Millisecond)
	return ms / day
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func nullIfZero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
